package analyzer

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2/hpack"

	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/reassembly"
)

// inTwo makes a script one of connections in HTTP/2.
type inTwo struct {
	*sayings
	asked map[attempt2]bool // attempts that were seen to be followed
	given map[attempt2]bool // those that were handed on
}

// sayings are what sides of a connection in HTTP/2 say, by Side.
type sayings struct {
	list     [2][]string
	greeting [2]string // what each begins with
}

// attempt2 is an attempt of a conversation.
type attempt2 struct {
	stream  int64
	ordinal int
}

// lone gives a field block that no other one changes, and that changes none.
func lone(pairs ...string) string {
	var b strings.Builder
	enc := hpack.NewEncoder(&b)
	for i := 0; i < len(pairs); i += 2 {
		_ = enc.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1], Sensitive: true}) // into a strings.Builder
	}
	return b.String()
}

func heads(stream uint32, ends bool, block string) string {
	return frameOf(http2.Headers, http2.FlagEndHeaders|flagOf(ends), stream, block)
}

// broken is a field that no table has.
const broken = "\xfe"

func newSayings() *sayings {
	two := new(sayings)
	two.greeting = [2]string{http2.Preface + settings(), settings(8, 1)}
	get := append(slices.Clone(gets), "sec-websocket-key", "x")
	for _, id := range []uint32{1, 3, 5} {
		two.list[client] = append(two.list[client],
			heads(id, false, lone(connects...)), heads(id, true, lone(connects...)), heads(id, true, lone(gets...)), heads(id, false, lone(get...)),
			heads(id, true, lone("x-sum", "1")), heads(id, false, lone(connects[:6]...)+broken),
			frameOf(http2.Headers, 0, id, lone(connects[:6]...)), frameOf(http2.Continuation, http2.FlagEndHeaders, id, lone(connects[6:]...)),
		)
		for _, status := range []string{"200", "403", "302", "101", "103", "", "20"} {
			two.list[server] = append(two.list[server], heads(id, false, lone(":status", status, "set-cookie", "a=1")), heads(id, true, lone(":status", status)))
		}
		two.list[server] = append(two.list[server], heads(id, true, lone("x-sum", "1")), heads(id, false, lone(":status", "200")+broken),
			frameOf(http2.PushPromise, http2.FlagEndHeaders, id, "\x00\x00\x00\x02"+lone(connects...)))
		for s := range two.list {
			two.list[s] = append(two.list[s], body(id, hello, false), body(id, masked, false), body(id, policy, false), body(id, "x", true), body(id, "", true),
				body(id, nine, false), body(id, hello[:3], false), body(id, hello[3:], false), resets(id, http2.Cancel), resets(id, http2.NoError),
				frameOf(http2.Data, http2.FlagPadded, id, "\x02"+masked+"\x00\x00"), frameOf(http2.Data, http2.FlagPadded|http2.FlagEndStream, id, "\x02"),
				body(id, strings.Repeat("\x82\x7e\x01\x00"+strings.Repeat("x", 256), 3), false),
				body(id, strings.Repeat("y", 200), false)[:50], // what follows is read as the rest
			)
		}
	}
	for _, id := range []uint32{1, 3} { // tunnels
		two.list[client] = append(two.list[client], heads(id, false, lone(tunnels...)), body(id, ask, false), body(id, ask[:40], false), body(id, ask[40:], true))
		two.list[server] = append(two.list[server], body(id, accept, false), body(id, refuse, true), body(id, accept[:9], false))
	}
	for s := range two.list {
		two.list[s] = append(two.list[s], settings(8, 1), settings(8, 0, 8, 1), goesAway(1, http2.NoError, ""), goesAway(0, http2.EnhanceYourCalm, "calm"),
			frameOf(http2.Settings, http2.FlagACK, 0, ""), frameOf(http2.Ping, 0, 0, "12345678"), frameOf(0x42, 0, 7, "unknown"), "\x00\x00", "\xff\xff\xff\x04\x00\x00\x00\x00\x00", http2.Preface,
			"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nSec-WebSocket-Accept: x\r\n\r\nno", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", ask)
	}
	return two
}

// phrase gives what a side says next: as a rule it begins as it has to.
func (two *sayings) phrase(b byte, first bool, from reassembly.Side) string {
	p := two.list[from][int(b)%len(two.list[from])]
	if first && b < 248 {
		return two.greeting[from] + p
	}
	return p
}

// look notes the attempts that are being followed; two may be nil.
func (two *inTwo) look(s *script) {
	if two == nil {
		return
	}
	for _, c := range s.convs {
		if c == nil {
			continue
		}
		x, ok := c.User.(*conn)
		if !ok || x.mux == nil {
			continue
		}
		for _, x := range x.mux.streams {
			for _, ex := range x.queue {
				if x.stream.tunnel.is {
					continue // what is asked in a tunnel has a number of its own there
				}
				two.asked[attempt2{c.Stream, ex.ordinal}] = true
			}
		}
	}
}

// told notes that a handshake was handed on; two may be nil.
func (two *inTwo) told(s *script, h *Handshake) {
	if two == nil || h.HTTP2 == nil || h.Amends {
		return
	}
	at := attempt2{h.Conn.Stream, h.Ordinal}
	if two.given[at] {
		s.t.Errorf("attempt %+v is handed on twice", at)
	}
	two.given[at] = true
}

// settled checks that all attempts were handed on, and what is in the pool.
func (two *inTwo) settled(s *script) {
	for at := range two.asked {
		if !two.given[at] {
			s.t.Errorf("attempt %+v is not handed on", at)
		}
	}
	p := &s.a.pool
	once(s.t, "handshake", &p.hands)
	once(s.t, "connection", &p.conns)
	once(s.t, "exchange", &p.exchanges)
	once(s.t, "message", &p.messages)
	once(s.t, "watch", &p.watches)
}

// once checks that nothing waits twice to be used again.
func once[T any](t *testing.T, what string, l *freeList[T]) {
	seen := map[*T]bool{}
	for _, x := range l.free[:l.n] {
		if seen[x] {
			t.Errorf("a %s is in the pool twice", what)
		}
		seen[x] = true
	}
}

// play plays a script in HTTP/2, on an analyzer that played before if a is not nil.
func (two *sayings) play(t *testing.T, in []byte, a *Analyzer, change func(*script)) *script {
	s := newScript(t, in)
	s.two = &inTwo{two, map[attempt2]bool{}, map[attempt2]bool{}}
	change(s)
	if s.a = a; a != nil {
		fresh(a)
		a.emit = s.take
	}
	s.said = s.play()
	s.two.settled(s)
	return s
}

// fresh makes an analyzer forget all but its memory.
func fresh(a *Analyzer) {
	a.now, a.ahead, a.ticked = 0, false, 0
	a.names, a.errors, a.jars, a.stats, a.opened, a.idle = names{}, icmpErrors{}, cookies{}, Stats{}, opened{}, idleHTTP2{}
}

// scriptsTwo are what FuzzMultiplex begins with.
func scriptsTwo() [][]byte {
	say := func(mode byte, list ...byte) []byte { return append([]byte{mode}, list...) }
	return [][]byte{
		say(0, 0x00, 0, 0x08, 0, 0x08, 17, 0x00, 9),
		say(0, 0x00, 0, 0x00, 22, 0x08, 2, 0x08, 20, 0x05, 0, 0x0d, 0),
		say(1, 0x00, 0, 0x00, 22, 0x07, 0xfc, 0x08, 0, 0x08, 17, 0x07, 0xfc, 0x07, 0xfc),
		say(2, 0x00, 0, 0x08, 0, 0x08, 17, 0x07, 3, 0x00, 22, 0x08, 33, 0x07, 3, 0x07, 3, 0x06, 0, 0x07, 3),
		say(0, 0x00, 0, 0x08, 0, 0x0c, 9, 0x08, 17, 0x04, 9, 0x06, 0),
		say(0, 0x00, 6, 0x00, 7, 0x08, 251, 0x0d, 0),
		say(3, 0x00, 0, 0x08, 250, 0x07, 0xfc, 0x00, 16),
		say(2, 0x00, 8, 0x00, 18, 0x08, 0, 0x08, 29, 0x0c, 60, 0x08, 30),
	}
}

// FuzzMultiplex lets anything happen on some connections in HTTP/2: nothing panics, each
// attempt is handed on once, what is held is bounded and given back, and what is used again
// shows nothing of what it was used for. Cut in pieces, what is said says the same.
func FuzzMultiplex(f *testing.F) {
	for i, in := range scriptsTwo() {
		f.Add(in, uint8(i))
	}
	two := newSayings()
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		if len(in) > 2*scriptSteps {
			return
		}
		as := func(*script) {}
		first := two.play(t, in, nil, as)
		again := two.play(t, in, first.a, as)
		if d := cmp.Diff(first.said, again.said); d != "" {
			t.Errorf("handshakes in memory that was used before (-new +used):\n%s", d)
		}
		if first.opts.Hold {
			now := two.play(t, in, nil, func(s *script) { s.opts.Hold = false })
			if d := cmp.Diff(now.said, first.said); d != "" {
				t.Errorf("handshakes decided when handed on, and later (-now +later):\n%s", d)
			}
		}
		whole := func(s *script) { s.whole, s.opts.MaxHeld, s.opts.LookAheadBytes = true, 0, 0 }
		want := two.play(t, in, nil, whole)
		got := two.play(t, in, nil, func(s *script) { whole(s); s.size = 1 + int(size) })
		if d := cmp.Diff(want.said, got.said); d != "" {
			t.Errorf("in pieces of %d octets (-whole +pieces):\n%s", 1+int(size), d)
		}
	})
}
