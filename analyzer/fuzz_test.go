package analyzer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// Conversations that a script may have open at once, its steps, and the octets
// that may be held for all of them.
const (
	scriptConns = 3
	scriptSteps = 400
	scriptHeld  = 96 << 10
)

// phrases are what a script says most of the time: octets chosen at random would
// hardly ever be HTTP.
var phrases = [...]string{
	ask, accept, get, ok2, refuse, hello, masked, goodbye, policy,
	"\x89\x00", "\x8a\x80\x00\x00\x00\x00", "\x82\x7e\x01\x00", "\x82\xfe\x40\x00\x01\x02\x03\x04", "\x01\x02hi",
	"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b; Path=/\r\n\r\n", "5\r\nhello\r\n", "0\r\n\r\n",
	"GET /chat HTTP/1.1\r\nHost: a.test\r\n", "Upgrade: WebSocket\r\nOrigin: http://a.test\r\nSec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\n",
	"\r\n", "\r\n\r\n", "HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
	"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "PRI * HTTP/2.0\r\n\r\n", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", "\x15\x03\x03\x00\x02\x02\x28",
	"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
	"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", nine, hello + hello + "\x81\x05he", "llo", "\x81\x1c{\"a\":1,\"type\":\"disconnect\"}",
	"\xc1\x01a", "\x88\x82\x01\x02\x03\x04\x02\xea", "\x81\x02\xc3\x28", hello + goodbye, hello + "\x8a\x00" + hello,
	"\x88\x81\x01\x02\x03\x04\x02", hello + "HTTP/1.1 200 OK\r\n\r\n",
}

// nine is more frames than are kept.
const nine = "\x81\x011\x81\x012\x81\x013\x81\x014\x81\x015\x81\x016\x81\x017\x81\x018\x81\x019"

// script reads what happens from octets: all of them mean something.
type script struct {
	t     *testing.T
	in    []byte
	a     *Analyzer
	convs [scriptConns]*reassembly.Conversation
	off   [scriptConns][2]uint64
	frame uint64
	now   int64
	opts  Options
	seen  map[ID]bool
	said  []string // of all handshakes
	size  int      // octets of a piece of what a packet carries; 0 = whole
	whole bool     // nothing is lost
	kept  []held   // handed on since the last cut, not decided yet
	lots  []cutLot
	ahead *foreteller // may be nil
	two   *inTwo      // what is said is in HTTP/2; nil = phrases
}

// held is a handshake that is decided when its memory is about to be given back.
type held struct {
	h  *Handshake
	at int // in script.said
}

type cutLot struct {
	lot  *Lot
	kept []held
}

func newScript(t *testing.T, in []byte) *script {
	s := &script{t: t, in: in, now: 1000 * ms, seen: map[ID]bool{}}
	mode := s.next()
	s.opts = Options{Live: mode&1 != 0, Hold: mode&3 == 2, MaxHeld: scriptHeld, LookAheadBytes: 4 << 10}
	return s
}

// play gives what is said of each handshake.
func (s *script) play() []string {
	t := s.t
	if s.a == nil {
		s.a = New(s.take, s.opts)
	}
	for i := 0; i < scriptSteps && len(s.in) > 0; i++ {
		s.step()
		s.two.look(s)
		if most := s.a.opts.MaxHeld; s.a.Held() > most {
			t.Fatalf("%d octets are held", s.a.Held())
		}
	}
	for i := range s.convs {
		s.closeConv(i, reassembly.EndCapture)
	}
	s.a.Finish()
	for s.cut(); len(s.lots) > 0; {
		s.giveBack()
	}
	if l := &s.a.held; l.octets != 0 || l.oldest != nil || l.newest != nil {
		t.Fatalf("%d octets are held in the end", l.octets)
	}
	return s.said
}

func (s *script) next() byte {
	if len(s.in) == 0 {
		return 0
	}
	b := s.in[0]
	s.in = s.in[1:]
	return b
}

func (s *script) ref() capture.Ref {
	s.frame++
	s.now += ms
	s.a.See(s.now)
	return capture.Ref{Frame: s.frame, Time: s.now}
}

func (s *script) step() {
	op := s.next()
	i, from := int(op>>4)%scriptConns, reassembly.Side(op>>3&1)
	c := s.conv(i, op)
	switch op & 7 {
	case 0, 1, 2:
		s.data(i, from, []byte(s.phrase(i, from)))
	case 3:
		n := min(int(s.next()%64), len(s.in))
		s.data(i, from, append([]byte(nil), s.in[:n]...))
		s.in = s.in[n:]
	case 4:
		s.gap(i, from, uint64(s.next())+1)
	case 5:
		s.signal(c, i, from)
	case 6:
		s.closeConv(i, reassembly.End(1+s.next()%5))
	default:
		s.other(c)
	}
}

func (s *script) phrase(i int, from reassembly.Side) string {
	if s.two != nil {
		return s.two.phrase(s.next(), s.off[i][from] == 0, from)
	}
	p := phrases[int(s.next())%len(phrases)]
	if s.whole && strings.Contains(p, "chunked") {
		return ok2 // after broken framing the start of a piece matters
	}
	return p
}

// conv gives a conversation that is open; every fourth begins in its middle.
func (s *script) conv(i int, op byte) *reassembly.Conversation {
	if c := s.convs[i]; c != nil {
		return c
	}
	c := &reassembly.Conversation{
		Stream: int64(s.frame),
		Client: capture.Endpoint{Addr: capture.AddrFrom4([]byte{192, 0, 2, 1}), Port: uint16(50000 + i)},
		Server: capture.Endpoint{Addr: capture.AddrFrom4([]byte{192, 0, 2, 2}), Port: 80},
	}
	c.First = s.ref()
	c.Last = c.First
	if op>>6 != 3 || s.whole {
		c.SYN, c.SYNs = reassembly.Mark{Ref: c.First, Seen: true}, 1+uint32(op>>6)
		c.Halves[client].Packets = 1
	}
	if op>>6 == 0 {
		c.SYNACK = reassembly.Mark{Ref: s.ref(), Seen: true}
		c.Halves[server].Packets = 1
	}
	s.convs[i], s.off[i] = c, [2]uint64{}
	s.a.Opened(c)
	return c
}

func (s *script) data(i int, from reassembly.Side, data []byte) {
	c := s.convs[i]
	ch := reassembly.Chunk{From: from, Offset: s.off[i][from], Data: data, Ref: s.ref(), Acked: s.off[i][from.Other()], HasAck: len(data)%2 == 0}
	s.off[i][from] += uint64(len(data))
	h := &c.Halves[from]
	h.Packets, h.Bytes, h.LastData, c.Last = h.Packets+1, h.Bytes+uint64(len(data)), ch.Ref, ch.Ref
	for n := 0; n < len(data); n += len(ch.Data) {
		ch.Offset, ch.Data = s.off[i][from]-uint64(len(data)-n), data[n:]
		if s.size > 0 {
			ch.Data = ch.Data[:min(s.size, len(ch.Data))]
		}
		if !c.Ignored() {
			s.ahead.data(s.a, c, &ch)
		}
	}
	clear(data) // it is valid during the call only
}

func (s *script) gap(i int, from reassembly.Side, n uint64) {
	c := s.convs[i]
	if s.whole {
		return
	}
	c.Halves[from].Missing += n
	if !c.Ignored() {
		s.a.Data(c, &reassembly.Chunk{From: from, Offset: s.off[i][from], Gap: n, Loss: reassembly.LossNotCaptured, Ref: s.ref()})
	}
	s.off[i][from] += n
}

func (s *script) signal(c *reassembly.Conversation, i int, from reassembly.Side) {
	b := s.next()
	sig := reassembly.Signal{From: from, Kind: reassembly.FIN + reassembly.SignalKind(b&1), Offset: s.off[i][from], Ref: s.ref()}
	if b&6 == 6 {
		sig.Window = reassembly.OutsideWindow
	}
	c.Halves[from].Packets++
	c.Last = sig.Ref
	s.a.Signal(c, &sig)
}

func (s *script) closeConv(i int, end reassembly.End) {
	if c := s.convs[i]; c != nil {
		s.a.Closed(c, end)
		if c.User != nil {
			s.t.Fatal("a closed conversation is still followed")
		}
		s.convs[i] = nil
	}
}

// other is what happens beside the streams.
func (s *script) other(c *reassembly.Conversation) {
	switch b := s.next(); b & 3 {
	case 0:
		s.now += int64(b) * 100 * ms
		if s.opts.Live {
			s.a.Tick(s.now)
		}
	case 1:
		s.a.ICMPError(&capture.ICMPError{Ref: s.ref(), Src: c.Client, Dst: c.Server})
	case 2:
		m := &capture.DNSMessage{Ref: s.ref(), Client: c.Client, Response: b&4 != 0, Name: "a.test", Type: 1}
		if b&8 != 0 {
			m.Addrs = []capture.Addr{c.Server.Addr}
		}
		s.a.DNS(m)
	default:
		s.cut()
	}
}

// cut ends a lot; the one before the last is given back.
func (s *script) cut() {
	if !s.opts.Hold {
		return
	}
	s.lots = append(s.lots, cutLot{s.a.Cut(), s.kept})
	s.kept = nil
	if len(s.lots) > 2 {
		s.giveBack()
	}
}

func (s *script) giveBack() {
	first := s.lots[0]
	s.lots = s.lots[1:]
	for _, k := range first.kept {
		s.said[k.at] = s.decide(k.h)
	}
	s.a.Reuse(first.lot)
}

// take is called with each handshake.
func (s *script) take(h *Handshake) {
	said := ""
	if s.opts.Hold {
		s.kept = append(s.kept, held{h, len(s.said)})
	} else {
		said = s.decide(h)
	}
	s.said = append(s.said, said)
}

// decide gives what is said of a handshake.
func (s *script) decide(h *Handshake) string {
	h.Decide()
	consistent(s.t, h)
	id := h.ID()
	if s.seen[id] && !h.Amends && h.Lookup == nil {
		s.t.Errorf("%s was handed on before", id)
	}
	s.seen[id] = true
	s.two.told(s, h)
	if h.Amends && !s.opts.Live {
		s.t.Errorf("%s amends though nothing is live", id)
	}
	return s.tell(h)
}

// tell writes down what a handshake says.
func (s *script) tell(h *Handshake) string {
	var b strings.Builder
	fmt.Fprintln(&b, h.ID(), h.WebSocket, h.Guessed, h.Dialect, h.Ordinal, h.Outcome, h.EndedBy, h.Ending, h.Have, h.Lost, h.Start, h.Until, h.AtEnd)
	list := append([]*Message{h.Request, h.Response}, h.Interim...)
	if h.Tunnel != nil {
		list = append(list, h.Tunnel.Request, h.Tunnel.Response)
	}
	for _, m := range list {
		if m != nil {
			fmt.Fprintf(&b, "%q %v %v %v %v", m.Raw, m.NumFields(), m.Deviations, m.Why, m.Refs)
			for i := range m.NumFields() {
				fmt.Fprintf(&b, " %v %v", m.Field(i), m.RefsOf(m.Field(i).Line))
			}
			fmt.Fprintln(&b)
		}
	}
	fmt.Fprintln(&b, h.RequestBody, h.Body)
	if two := h.HTTP2; two != nil {
		fmt.Fprintln(&b, two.Stream, two.Settings, two.Enabled, two.Ends, two.Ended, two.Pseudo, two.Lost)
		if two.Reset != nil {
			fmt.Fprintln(&b, *two.Reset)
		}
		if two.GoAway != nil {
			fmt.Fprintln(&b, *two.GoAway)
		}
	}
	if !s.whole { // it ends where a conversation is given up
		fmt.Fprintln(&b, h.Prefix)
	}
	if u := h.Upgraded; u != nil {
		fmt.Fprintln(&b, u.Frames, u.First, u.Events, u.Start, u.After, u.LostSync, u.Watched, u.Last, u.Glued, u.Ping, u.PingFrom)
		if u.Early != nil {
			fmt.Fprintln(&b, u.Early.Ref) // of one packet, however it comes
		}
		for _, p := range u.NotFrames {
			if p != nil {
				fmt.Fprintln(&b, *p)
			}
		}
		for _, c := range u.Closes {
			if c != nil {
				fmt.Fprintln(&b, *c)
			}
		}
	}
	return b.String()
}

// consistent checks what must hold of any handshake.
func consistent(t *testing.T, h *Handshake) {
	t.Helper()
	fail := func(wrong bool, what string, args ...any) {
		if wrong {
			t.Errorf(what, args...)
		}
	}
	id := h.ID()
	fail(id>>(4*idDigits) != 0 || len(id.String()) != idDigits, "id %v", id)
	fail(h.Have&h.Lost != 0, "both captured and lost: %b", h.Have&h.Lost)
	fail(int(h.Outcome) >= len(outcomeNames) || int(h.EndedBy) >= len(partyNames), "outcome %d by %d", h.Outcome, h.EndedBy)
	fail(h.Start > h.Until, "started at %d, watched until %d", h.Start, h.Until)
	fail(h.Objection != nil && h.Outcome != Established, "%v, and an objection", h.Outcome)
	fail((h.Outcome == Rejected || h.Outcome == Redirected) && (h.Response == nil || h.Ending.Status != h.Response.Status || h.Ending.Kind != EndingStatus), "%v by %+v", h.Outcome, h.Ending)
	fail(h.Outcome == NoResponse && h.Response != nil && h.Response.Complete, "no response, but one")
	fail(h.Guessed && h.Upgraded == nil, "guessed without a session")
	for s := range h.Prefix {
		fail(len(h.Prefix[s].Data) > PrefixLimit || len(h.Prefix[s].Data) > 0 && !h.Prefix[s].Ref.Known(), "prefix of %d octets in %v", len(h.Prefix[s].Data), h.Prefix[s].Ref)
	}
	for _, b := range [...]*Body{&h.Body, &h.RequestBody} {
		fail(len(b.Data) > BodyLimit || uint64(len(b.Data)) > b.Length, "body: %d octets of %d", len(b.Data), b.Length)
	}
	consistentMessage(t, h.Request, http1.Request, client)
	consistentMessage(t, h.Response, http1.Response, server)
	for _, m := range h.Interim {
		consistentMessage(t, m, http1.Response, server)
		fail(m.Status/100 != 1, "interim response %d", m.Status)
	}
	if h.Upgraded != nil {
		fail(h.Response == nil || !h.Accepted() || h.HTTP2 != nil && h.Response.Status/100 != 2, "a session without a 101 or 200")
		consistentSession(t, h.Upgraded)
		consistentUsual(t, h)
	}
}

func consistentMessage(t *testing.T, m *Message, kind http1.Kind, from reassembly.Side) {
	t.Helper()
	if m == nil {
		return
	}
	if m.Kind != kind || m.From != from || m.Complete != (m.Why == http1.StopNone) || len(m.Raw) == 0 {
		t.Fatalf("kind %d from %v, complete %v, %v, %d octets", m.Kind, m.From, m.Complete, m.Why, len(m.Raw))
	}
	if len(m.Refs) == 0 || len(m.Refs) > refsKept || m.Refs[0] != m.First || !m.First.Known() || !m.Last.Known() || m.Last.Frame < m.First.Frame {
		t.Errorf("packets %v of a head from %v to %v", m.Refs, m.First, m.Last)
	}
	for i := range m.NumFields() {
		if f := m.Field(i); len(m.RefsOf(f.Line)) == 0 || m.Text(f.Line) == "" {
			t.Errorf("field line %d: %v in %v", i, f, m.RefsOf(f.Line))
		}
		if name := m.Name(i); name != "" && m.Message.First(name) > i {
			t.Errorf("%q is not found", name)
		}
	}
}

func consistentSession(t *testing.T, u *Session) {
	t.Helper()
	if u.Watched == 0 || len(u.Events) > EventsKept {
		t.Errorf("watched %d, %d events", u.Watched, len(u.Events))
	}
	for s := range u.First {
		if n := len(u.First[s]); n > FramesKept || n > u.Frames[s] || u.NotFrames[s] != nil && len(u.NotFrames[s].Data) > PrefixLimit {
			t.Errorf("side %d: %d frames kept of %d", s, n, u.Frames[s])
		}
		for _, f := range u.First[s] {
			if f.Complete && uint64(len(f.Payload)) != min(f.Length, 125) || !f.Ref.Known() {
				t.Errorf("frame %+v", f)
			}
		}
	}
	if n := uint64(len(u.Start.Data)); n > min(startLimit, u.After[server]) {
		t.Errorf("%d octets kept of %d", n, u.After[server])
	}
	if u.Ping != nil && u.Ping.Opcode != 9 {
		t.Errorf("unanswered %v", u.Ping.Opcode)
	}
}

// consistentUsual checks that a session that is known to be usual is so looked at
// frame by frame, too.
func consistentUsual(t *testing.T, h *Handshake) {
	t.Helper()
	u := h.Upgraded
	torn := slices.IndexFunc(u.Events, func(e Event) bool { return e.Kind == EventFIN || e.Kind == EventRST })
	if torn+1 != u.torn {
		t.Errorf("event %d is said to be a FIN or RST; want %d", u.torn, torn+1)
	}
	if u.usual {
		closely, session := *h, *u
		session.usual, closely.Upgraded = false, &session
		if r, ok := closely.Refusal(); ok {
			t.Errorf("a usual session with %+v", r)
		}
	}
}

// scripts are what the fuzz targets begin with.
func scripts() [][]byte {
	return [][]byte{
		{0, 0x00, 0, 0x08, 1, 0x08, 5, 0x00, 6, 0x05, 0, 0x0d, 0, 0x06, 0},
		{1, 0x00, 0, 0x07, 0xfc, 0x08, 4, 0x10, 0, 0x07, 0xfc, 0x18, 1, 0x10, 6, 0x07, 0xfc, 0x07, 0xfc},
		{2, 0x00, 0, 0x08, 4, 0x07, 3, 0x00, 0, 0x08, 1, 0x08, 8, 0x0d, 0, 0x07, 3, 0x06, 0, 0x07, 3},
		{2, 0x00, 14, 0x08, 15, 0x00, 0, 0x08, 4, 0x07, 3, 0x00, 0, 0x08, 1, 0x07, 3, 0x07, 3, 0x06, 0},
		{0, 0x00, 20, 0x00, 21, 0x00, 23, 0x03, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x08, 24, 0x08, 5, 0x0d, 1},
		{0, 0xc0, 0, 0xcc, 9, 0xc8, 1, 0xc4, 3, 0xc8, 5, 0xcd, 0},
		{0, 0x00, 26, 0x00, 28, 0x08, 29, 0x0d, 1, 0x50, 27, 0x06, 2, 0x03, 5, 'h', 'e', 'l', 'l', 'o'},
		{3, 0x47, 1, 0x07, 2, 0x07, 0xfc, 0x07, 0xfc, 0x45, 1, 0x07, 0xfc},
		// What is read when it is over: sessions with a gap, with a Ping, in the memory of
		// an earlier one, an answer with a body whose exchange serves the next, a frame and
		// a gap before a 101, a last frame that is not whole.
		{2, 0x00, 0, 0x08, 1, 0x08, 5, 0x0c, 9, 0x08, 5, 0x05, 0, 0x0d, 0, 0x06, 0, 0x10, 0, 0x18, 1, 0x18, 8, 0x10, 7, 0x15, 0, 0x1d, 0, 0x07, 3, 0x07, 3},
		{2, 0x00, 0, 0x08, 1, 0x08, 9, 0x07, 52, 0x08, 5, 0x00, 10, 0x07, 60, 0x08, 5, 0x05, 0, 0x0d, 0},
		{2, 0x00, 0, 0x08, 1, 0x08, 5, 0x05, 0, 0x0d, 0, 0x06, 0, 7, 3, 7, 3, 7, 3, 7, 3, 0x00, 0, 0x08, 1, 0x00, 6, 0x05, 0, 0x0d, 0},
		{2, 0x00, 0, 0x08, 4, 0x05, 0, 0x0d, 0, 0x06, 0, 0x10, 0, 0x18, 3},
		{2, 0x00, 0, 0x00, 6, 0x04, 5, 0x08, 1, 0x00, 6, 0x05, 0, 0x0d, 0},
		{2, 0x00, 0, 0x08, 1, 0x00, 6, 0x08, 11, 0x05, 0, 0x0d, 0, 0x10, 0, 0x18, 1, 0x18, 3, 0x18, 3, 0x15, 1},
		// Short frames that wait: masked ones, many in one packet, some that go on in the
		// next, those that are not followed, and what is no ordinary message.
		{2, 0x00, 0, 0x08, 1, 0x08, 40, 0x00, 32, 0x00, 38, 0x08, 8, 0x0d, 0, 0x05, 0},
		{2, 0x00, 0, 0x08, 1, 0x08, 33, 0x00, 32, 0x08, 33, 0x08, 8, 0x00, 32, 0x0d, 0, 0x05, 0},
		{2, 0x00, 0, 0x08, 1, 0x08, 34, 0x08, 35, 0x00, 32, 0x08, 5, 0x0d, 0, 0x05, 0},
		{2, 0x00, 0, 0x08, 1, 0x08, 36, 0x00, 42, 0x08, 8, 0x08, 5, 0x0d, 0, 0x05, 0},
		{2, 0x00, 0, 0x08, 1, 0x08, 37, 0x08, 39, 0x08, 41, 0x08, 43, 0x00, 32, 0x0d, 1},
		{2, 0xc8, 1, 0xc8, 5, 0xc0, 32, 0xcd, 0, 0xc5, 0},
		{2, 0x00, 20, 0x00, 21, 0x00, 23, 0x08, 24, 0x00, 32, 0x08, 5, 0x0d, 0, 0x05, 0},
	}
}

// FuzzScript lets anything happen on some connections at once: nothing panics,
// what is handed on makes sense and stays as it is, what is held is bounded and
// given back.
func FuzzScript(f *testing.F) {
	for _, in := range scripts() {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		s := newScript(t, in)
		said := s.play()
		if s.opts.Hold { // where nothing is held, all is decided when it is handed on
			now := newScript(t, in)
			now.opts.Hold = false
			if d := cmp.Diff(now.play(), said); d != "" {
				t.Errorf("handshakes decided when handed on, and later (-now +later):\n%s", d)
			}
		}
		ahead := newScript(t, in)
		ahead.ahead = new(foreteller)
		if d := cmp.Diff(said, ahead.play()); d != "" {
			t.Errorf("with heads that were read ahead (-without +with):\n%s", d)
		}
	})
}

// FuzzPieces plays a script without losses twice, the second time with what each
// packet carries in pieces: the handshakes are the same.
func FuzzPieces(f *testing.F) {
	for i, in := range scripts() {
		f.Add(in, uint8(i))
	}
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		whole, cut := newScript(t, in), newScript(t, in)
		for _, s := range [...]*script{whole, cut} {
			s.whole, s.opts.MaxHeld, s.opts.LookAheadBytes = true, 0, 0
		}
		cut.size = 1 + int(size)
		if d := cmp.Diff(whole.play(), cut.play()); d != "" {
			t.Errorf("in pieces of %d octets (-whole +pieces):\n%s", cut.size, d)
		}
	})
}
