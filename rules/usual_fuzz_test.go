package rules

import (
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// talk reads from octets what both sides say after a 101: all octets mean something.
type talk struct {
	in  []byte
	a   *analyzer.Analyzer
	c   *reassembly.Conversation
	off [2]uint64
	n   uint64
}

func (x *talk) next() byte {
	if len(x.in) == 0 {
		return 0
	}
	b := x.in[0]
	x.in = x.in[1:]
	return b
}

func (x *talk) ref() capture.Ref {
	x.n++
	x.c.Last = ref(x.n)
	x.a.See(x.c.Last.Time)
	return x.c.Last
}

func (x *talk) say(s reassembly.Side, data []byte) {
	ch := reassembly.Chunk{From: s, Offset: x.off[s], Data: data, Ref: x.ref()}
	x.off[s] += uint64(len(data))
	x.c.Halves[s].Packets++
	if len(data) > 0 && !x.c.Ignored() {
		x.a.Data(x.c, &ch)
	}
}

// openings are first octets of frames, those of a usual session and others.
var openings = [...]byte{0x81, 0x82, 0x81, 0x82, 0x81, 0x81, 0x81, 0x88, 0x01, 0x80, 0xC1, 0x89, 0x8A, 0x83, 0x08, 0x91}

// payloads are what a frame carries, if not octets of any kind.
var payloads = [...]string{
	"hello", "see you at noon", `{"type":"message","text":"reconnect"}`, `{"type":"disconnect"}`, `{"type":"connection_error"}`, "44{}", "40",
	`["1","1","t","phx_reply",{}]`, "ERROR\n", `a["ERROR\n`, " \x02\x00\x05", "Invalid Host/Origin header", "say: Invalid Host/Origin header",
	"\xc3\xa4", "\xc3(", "\x03\xe8", "\x03\xf0no", "", "I am Invalid Host/Origin",
}

// frame makes a frame of a side, most of the time masked as it should be.
func (x *talk) frame(s reassembly.Side, b byte) []byte {
	payload := []byte(payloads[int(x.next())%len(payloads)])
	masked := (s == reassembly.Client) != (b&0x70 == 0x70)
	data := []byte{openings[b&15], byte(len(payload))}
	if !masked {
		return append(data, payload...)
	}
	mask := [4]byte{1, 2, 3, x.next()}
	data[1] |= 0x80
	data = append(data, mask[:]...)
	for i, c := range payload {
		data = append(data, c^mask[i&3])
	}
	return data
}

// run gives the handshake.
func (x *talk) run() *analyzer.Handshake {
	var h *analyzer.Handshake
	x.a = analyzer.New(func(got *analyzer.Handshake) { h = got }, analyzer.Options{Hold: true})
	x.c = &reassembly.Conversation{SYN: reassembly.Mark{Ref: ref(1), Seen: true}, First: ref(1), SYNs: 1}
	x.a.Opened(x.c)
	x.say(reassembly.Client, []byte("GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: a\r\n\r\n"))
	x.say(reassembly.Server, []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: b\r\n\r\n"))
	for len(x.in) > 0 {
		b := x.next()
		s := reassembly.Side(b >> 7)
		if b&0x7F == 0x7F {
			x.a.Signal(x.c, &reassembly.Signal{From: s, Kind: reassembly.FIN, Offset: x.off[s], Ref: x.ref()})
			continue
		}
		data := x.frame(s, b)
		if b&0x60 == 0x20 {
			data = append(data, x.frame(s, x.next())...)
		}
		x.say(s, data)
	}
	x.a.Closed(x.c, reassembly.EndFinished)
	h.Decide()
	return h
}

// FuzzUsual: a session that is said to be usual has none of the marks that a look at
// each of its frames gives, but that of how it ended.
func FuzzUsual(f *testing.F) {
	f.Add([]byte{0x80, 0, 0x00, 0, 1, 0x00, 1, 2, 0x87, 15, 0x07, 15, 3, 0xFF, 0x7F})
	f.Add([]byte{0xA0, 2, 0, 1, 0x01, 13, 5, 0x07, 15, 3, 0x87, 17, 0x7F})
	f.Add([]byte{0x00, 0, 1, 0x00, 17, 2, 0x00, 0, 1, 0xFF}) // an empty one between two with the same key
	for i := range payloads {
		for j := range openings { // each kind of frame of each side, and the frame behind it
			f.Add([]byte{0x80 | byte(j), byte(i), 0x80, 0, byte(j), byte(i), 1, 0x00, 0, 2, 0x00, 1, 3, 0xFF})
			f.Add([]byte{0x00, byte(i), 2, 0x00, byte(i), byte(j)})
			f.Add([]byte{0x87, 15, 0x80 | byte(j), byte(i), 0x07, 15, 1, byte(j), byte(i), 2})
			f.Add([]byte{0xF0 | byte(j), byte(i), 1, 0x70 | byte(j), byte(i)})
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		h := (&talk{in: in}).run()
		if !h.Upgraded.Usual() {
			return
		}
		var m, want Marks
		m.frames(h.Upgraded)
		want.put(TornDown, h.Upgraded.Torn())
		if m != want {
			t.Errorf("marks %b of a usual session; want %b", m, want)
		}
	})
}

// TestUsual: what is usual is known to be.
func TestUsual(t *testing.T) {
	for name, tt := range map[string]struct {
		in   []byte
		want bool
	}{
		"messages and Close frames": {[]byte{0x80, 0, 0x00, 0, 1, 0x00, 1, 2, 0x87, 15, 0x07, 15, 3, 0xFF, 0x7F}, true},
		"no frames":                 {[]byte{0xFF, 0x7F}, true},
		"a refusal":                 {[]byte{0x80, 3, 0xFF}, false},
		"not ASCII":                 {[]byte{0x80, 13, 0xFF}, false},
		"the same key again":        {[]byte{0x00, 0, 1, 0x00, 0, 1, 0xFF}, false},
	} {
		if got := (&talk{in: tt.in}).run().Upgraded.Usual(); got != tt.want {
			t.Errorf("%s: usual = %t; want %t", name, got, tt.want)
		}
	}
}
