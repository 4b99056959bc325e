package analyzer

import (
	"testing"

	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/reassembly"
)

// feeder gives what was said to an analyzer, again and again.
type feeder struct {
	a    *Analyzer
	c    *reassembly.Conversation
	off  [2]uint64
	refs rig // for the packets
}

func newFeeder(b *testing.B) *feeder {
	a := New(func(*Handshake) {}, Options{LookAheadTime: 1 << 62, LookAheadBytes: 1 << 62})
	f := &feeder{a: a}
	f.refs = rig{a: a}
	f.refs.mid()
	f.c = f.refs.c
	f.c.SYN.Seen, f.c.SYNACK.Seen = true, true
	b.Cleanup(func() { a.Closed(f.c, reassembly.EndCapture) })
	return f
}

func (f *feeder) say(s reassembly.Side, data []byte) {
	f.a.Data(f.c, &reassembly.Chunk{From: s, Offset: f.off[s], Data: data, Ref: f.refs.ref()})
	f.off[s] += uint64(len(data))
}

// BenchmarkHTTP2Pages reads pages, each of a request, an answer and two DATA frames, on a
// connection without any WebSocket.
func BenchmarkHTTP2Pages(b *testing.B) {
	f, h := newFeeder(b), newSpoken(&rig{})
	f.say(client, []byte(http2.Preface+settings()))
	f.say(server, []byte(settings(8, 1)))
	more := []string{"user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "accept", "text/html", "cookie", "a=b; c=d"}
	ask := []byte(h.head(client, 1, true, append(gets, more...)...))
	again := []byte(h.head(client, 1, true, append(gets, more...)...))
	ok := []byte(h.answer(1, false, "200", "content-type", "text/html", "date", "now", "server", "x") + body(1, string(make([]byte, 1200)), false))
	ok2 := []byte(h.answer(1, false, "200", "content-type", "text/html", "date", "now", "server", "x") + body(1, string(make([]byte, 1200)), false))
	last := []byte(body(1, string(make([]byte, 1200)), true))
	f.say(client, ask)
	f.say(server, ok)
	f.say(server, last)
	for b.Loop() {
		f.say(client, again)
		f.say(server, ok2)
		f.say(server, last)
	}
}

// BenchmarkHTTP2Sessions reads frames of 256 WebSockets of one connection in turns.
func BenchmarkHTTP2Sessions(b *testing.B) {
	f, h := newFeeder(b), newSpoken(&rig{})
	f.say(client, []byte(http2.Preface+settings()))
	f.say(server, []byte(settings(8, 1)))
	var frames [][]byte
	for i := range uint32(streamsKept) {
		f.say(client, []byte(h.asks(2*i+1)))
		f.say(server, []byte(h.answer(2*i+1, false, "200")))
		frames = append(frames, []byte(body(2*i+1, hello, false)))
	}
	i := 0
	for b.Loop() {
		f.say(server, frames[i%len(frames)])
		i++
	}
}
