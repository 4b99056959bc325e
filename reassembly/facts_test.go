package reassembly

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/capture"
)

// facts gives the counters of a side in words; zero ones are left out.
func facts(h *Half) string {
	var b strings.Builder
	add := func(name string, n uint64) {
		if n != 0 {
			fmt.Fprintf(&b, "%s %d ", name, n)
		}
	}
	add("packets", uint64(h.Packets))
	add("data", uint64(h.DataPackets))
	add("bytes", h.Bytes)
	add("missing", h.Missing)
	add("cut", h.Cut)
	add("acked", h.Acked)
	if h.BeyondAck {
		b.WriteString("beyond ")
	}
	add("retransmissions", uint64(h.Retransmissions))
	add("keepalives", uint64(h.KeepAlives))
	add("zerowindows", uint64(h.ZeroWindows))
	add("outoforder", uint64(h.OutOfOrder))
	add("afterfin", uint64(h.AfterFIN))
	add("conflicts", uint64(h.Conflicts))
	add("conflict@", h.Conflict.Frame)
	add("fin@", h.FIN.Ref.Frame)
	add("rst@", h.RST.Ref.Frame)
	return strings.TrimSpace(b.String())
}

func TestFacts(t *testing.T) {
	tests := []struct {
		name, script   string
		client, server string
		copies         uint32
	}{
		{
			"plain", hello + `c:A:101,501="GET" s:A:501,104="OK" c:A:104,503`,
			"packets 4 data 1 bytes 3 acked 3", "packets 2 data 1 bytes 2 acked 2", 0,
		},
		{
			"retransmission", hello + `c:A:101,501="GET" @300 c:A:101,501="GET"`,
			"packets 4 data 2 bytes 3 retransmissions 1", "packets 1", 0,
		},
		{
			"copy on another interface", hello + `c:A:101,501="GET" c:A:101,501="GET"|i2 s:A:501,104 s:A:501,104|i2`,
			"packets 3 data 1 bytes 3 acked 3", "packets 2", 2,
		},
		{
			"copy on the same interface at once", hello + `c:A:101,501="GET" c:A:101,501="GET"|t63`,
			"packets 3 data 1 bytes 3", "packets 1", 1,
		},
		{
			"everything twice, in a tunnel and out of it", `c:S:100 c:S:100|p7 s:SA:500,101 s:SA:500,101|p7 c:A:101,501="GET" c:A:101,501="GET"|p7 c:FA:104,501 c:FA:104,501|p7`,
			"packets 3 data 1 bytes 3 fin@ 7", "packets 1", 4,
		},
		{
			"keep-alives and probes", hello + `c:A:101,501="GET" s:A:501,104|w0 @5000 c:A:103,501 s:A:501,104|w0 @5000 c:A:103,501="T"`,
			"packets 5 data 1 bytes 3 acked 3 keepalives 2", "packets 3 zerowindows 2", 0,
		},
		{
			"out of order", hello + `c:A:103,501="T" c:A:101,501="GE"`,
			"packets 4 data 2 bytes 3 outoforder 1", "packets 1", 0,
		},
		{
			"conflict with delivered bytes", hello + `c:A:101,501="GET" @300 c:A:101,501="PUT_/"`,
			"packets 4 data 2 bytes 5 outoforder 1 conflicts 1 conflict@ 5", "packets 1", 0,
		},
		{
			"conflict with waiting bytes", hello + `c:A:103,501="T" c:A:102,501="Ex" c:A:101,501="G"`,
			"packets 5 data 3 bytes 3 outoforder 2 conflicts 1 conflict@ 5", "packets 1", 0,
		},
		{
			"no conflict behind a gap", hello + `c:A:101,501="GET" c:A:106,501="/xy" s:A:501,109 @300 x:A:1,1 c:A:101,501="GET"`,
			"packets 5 data 3 bytes 8 missing 2 acked 8 beyond retransmissions 1", "packets 2", 0,
		},
		{
			"conflicting copy is no copy", hello + `c:A:101,501="GET" c:A:101,501="PUT"|i2`,
			"packets 4 data 2 bytes 3 retransmissions 1 conflicts 1 conflict@ 5", "packets 1", 0,
		},
		{
			"beyond what was seen", hello + `c:A:101,501="GET" s:A:501,204 @300 x:A:1,1`,
			"packets 3 data 1 bytes 103 missing 100 acked 103 beyond", "packets 2", 0,
		},
		{
			"cut", hello + `c:A:101,501="GET"+10 s:A:501,114`,
			"packets 3 data 1 bytes 13 cut 10 acked 13", "packets 2", 0,
		},
		{
			"FIN is not beyond", hello + `c:FA:101,501="GET" s:A:501,105 c:A:104,501="XX"`,
			"packets 4 data 2 bytes 3 acked 3 afterfin 1 fin@ 4", "packets 2", 0,
		},
		{
			"refused", `c:S:100 s:RA:0,101`,
			"packets 1", "packets 1 rst@ 2", 0,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := play(t, Options{}, tt.script)
			c := &r.convs[0]
			for i, want := range []string{tt.client, tt.server} {
				if got := facts(&c.Halves[i]); got != want {
					t.Errorf("%s: got %q\nwant %q", Side(i), got, want)
				}
			}
			if c.Copies != tt.copies {
				t.Errorf("Copies = %d, want %d", c.Copies, tt.copies)
			}
		})
	}
}

func TestHandshakeFacts(t *testing.T) {
	r := play(t, Options{}, `c:S:100 @1000 c:S:100 s:SA:500,101 @1000 s:SA:500,101 c:A:101,501 c:A:101,501="G"`)
	c := r.convs[0]
	if c.SYN.Ref.Frame != 1 || c.SYNs != 2 || c.LastSYN.Frame != 2 || c.SYNACK.Ref.Frame != 3 || c.SYNACKs != 2 || c.HandshakeACK.Frame != 5 {
		t.Errorf("got %+v", c)
	}
	if c.Halves[Client].ISN != 100 || c.Halves[Server].ISN != 500 || c.Roles != RolesBySYN || c.Client != endpoint(9, 50000) {
		t.Errorf("got %+v", c)
	}
	if c.First.Frame != 1 || c.Last.Frame != 6 {
		t.Errorf("first %d, last %d", c.First.Frame, c.Last.Frame)
	}
	if c.Halves[Client].Retransmissions != 0 {
		t.Error("a SYN counts as a retransmission")
	}
}

func TestSeenOn(t *testing.T) {
	r := play(t, Options{}, hello+`c:A:101,501="GET" c:A:101,501="GET"|i2|p7 c:A:104,501="x"|i3`)
	c := r.convs[0]
	if d := cmp.Diff([]uint32{2, 3}, c.Interfaces); d != "" || len(c.Paths) != 1 || c.Paths[0] != 7 {
		t.Errorf("interfaces %v, paths %v", c.Interfaces, c.Paths)
	}
}

func TestRoles(t *testing.T) {
	tests := []struct {
		name, script string
		client       uint16
		by           RoleSource
	}{
		{"SYN", `s:S:1 c:A:1,2="GET_/_"`, 80, RolesBySYN},
		{"SYN-ACK", `c:SA:1,9 c:A:2,9="GET_/_"`, 80, RolesBySYN},
		{"request line from the lower port", `s:A:1,9="GET_/_HTTP"`, 80, RolesByContent},
		{"status line from the higher port", `c:A:1,9="HTTP/1.1_101"`, 80, RolesByContent},
		{"PRI", `s:A:1,9="PRI_*_HTTP/2.0"`, 80, RolesByContent},
		{"PROXY", `s:A:1,9="PROXY_TCP4"`, 80, RolesByContent},
		{"ClientHello", "s:A:1,9=\"\x16\x03\x01\x02\x00\x01\x00\"", 80, RolesByContent},
		{"ServerHello", "c:A:1,9=\"\x16\x03\x03\x02\x00\x02\x00\"", 80, RolesByContent},
		{"request line in single bytes", `s:A:1,9="P" s:A:2,9="O" s:A:3,9="S" s:A:4,9="T" s:A:5,9="_" s:A:6,9="/"`, 80, RolesByContent},
		{"port", `s:A:1,9="\x81\x02hi"`, 50000, RolesByPort},
		{"shouting is no request line", `s:A:1,9="HELLO_there"`, 50000, RolesByPort},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := play(t, Options{}, tt.script).convs[0]
			if c.Client.Port != tt.client || c.Roles != tt.by {
				t.Errorf("client %s by %d, want port %d by %d", c.Client, c.Roles, tt.client, tt.by)
			}
		})
	}
}

func TestSelfConnect(t *testing.T) {
	r := &recorder{t: t}
	a := New(r, Options{})
	for _, s := range segments(t, `c:S:100 c:SA:100,101 c:A:101,101="abc" c:A:104,104 c:FA:104,104`) {
		s.Dst = s.Src
		a.Segment(&s)
		check(t, a)
	}
	a.Finish()
	if d := cmp.Diff([]string{`0 c "abc" 3`, "0 c FIN 3", "0 end"}, r.calls()); d != "" {
		t.Error(d)
	}
}

func TestLongStream(t *testing.T) {
	a := New(counter{}, Options{})
	s := capture.Segment{Src: endpoint(9, 5), Dst: endpoint(1, 80), Flags: capture.SYN, Seq: 1<<32 - 1}
	a.Segment(&s)
	s.Flags, s.Payload, s.Wire = capture.ACK, make([]byte, 1<<20), 1<<20
	s.Seq = 0
	var last *conn
	for i := range 5000 {
		s.Ref.Time += 1e6
		a.Segment(&s)
		last = a.conns[1]
		if want := uint64(i+1) << 20; last.Halves[Client].Bytes != want {
			t.Fatalf("Bytes = %d, want %d", last.Halves[Client].Bytes, want)
		}
		s.Seq += 1 << 20
	}
	if last.Halves[Client].Missing != 0 {
		t.Errorf("Missing = %d", last.Halves[Client].Missing)
	}
}

// counter is a handler that does nothing.
type counter struct{}

func (counter) Opened(*Conversation)          {}
func (counter) Data(*Conversation, *Chunk)    {}
func (counter) Signal(*Conversation, *Signal) {}
func (counter) Closed(*Conversation, End)     {}

func TestMemoryLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString(hello)
	for i := range 100 {
		fmt.Fprintf(&b, `c:A:%d,501="0123456789" `, 111+10*i)
	}
	r := play(t, Options{MaxSide: 2000}, b.String())
	c := r.convs[0]
	if got := c.Halves[Client]; got.Missing != 10 || got.Bytes != 1010 {
		t.Errorf("one side: %+v", got)
	}
	if !strings.Contains(strings.Join(r.lines, "\n"), "c gap 10 evicted") {
		t.Errorf("no eviction in %v", r.lines[:3])
	}
	r = play(t, Options{MaxWaiting: 2000}, b.String())
	if got := r.convs[0].Halves[Client]; got.Missing != 10 || got.Bytes != 1010 {
		t.Errorf("in total: %+v", got)
	}
}

func TestEviction(t *testing.T) {
	r := &recorder{t: t}
	a := New(r, Options{MaxFlows: 2})
	for _, s := range segments(t, `c:S:100 s:SA:500,101 c:A:101,501="a" @2000 x:S:1 y:SA:1,2 @2000 c:A:102,501="b"`) {
		a.Segment(&s)
	}
	third := segments(t, `c:S:7`)[0]
	third.Src.Port = 9
	third.Ref.Time = epoch + 9e9
	a.Segment(&third)
	if d := cmp.Diff([]string{`0 c "a" 3`, `0 c "b" 6`, "1 evicted"}, r.calls()); d != "" {
		t.Error(d)
	}
	a.Finish()
	if st := a.Stats(); st.Evicted != 1 {
		t.Errorf("%+v", st)
	}
	if got := r.convs[2]; got.StreamExact {
		t.Error("numbers are not sure after an eviction")
	}
}

// TestHalfOpenEviction answers many SYNs whose clients never come back: MaxOpen
// holds for them too, and what is established and busy stays.
func TestHalfOpenEviction(t *testing.T) {
	const most = 10
	r := &recorder{t: t}
	a := New(r, Options{MaxOpen: most})
	for _, s := range segments(t, hello) {
		a.Segment(&s)
	}
	pair := segments(t, `c:S:100 s:SA:500,101`)
	busy := segments(t, `c:A:101,501="x"`)[0]
	for n := range uint16(1000) {
		at := epoch + int64(n)*1e9
		syn, answer := pair[0], pair[1]
		syn.Src.Port, answer.Dst.Port = 1000+n, 1000+n
		busy.Ref.Time, syn.Ref.Time, answer.Ref.Time = at, at, at
		for _, s := range []*capture.Segment{&busy, &syn, &answer} {
			a.Segment(s)
		}
		busy.Seq++
		if open := len(a.conns) - 1 - len(a.freeConns); open > most {
			t.Fatalf("%d open; want at most %d", open, most)
		}
	}
	if st := a.Stats(); st.Evicted != 1001-most {
		t.Errorf("%d evicted; want %d", st.Evicted, 1001-most)
	}
	for _, c := range r.convs {
		if c.Client.Port == 50000 {
			t.Error("the established conversation was closed")
		}
	}
	a.Finish()
}

func TestIdle(t *testing.T) {
	r := play(t, Options{}, `c:S:100 @700000 x:A:1,1`)
	if d := cmp.Diff([]string{"0 idle"}, r.calls()); d != "" {
		t.Error(d)
	}
	r = play(t, Options{Idle: time.Minute}, hello+`c:A:101,501="a" @70000 x:A:1,1 c:A:102,501="b" s:A:501,103`)
	if d := cmp.Diff([]string{`0 c "a" 4`, "0 idle", `0 c "b" 6`, "0 end"}, r.calls()); d != "" {
		t.Error(d)
	}
}

func TestTick(t *testing.T) {
	r := &recorder{t: t}
	a := New(r, Options{})
	for _, s := range segments(t, hello+`s:A:501,104="OK"`) {
		a.Segment(&s)
	}
	a.Tick(epoch + 1e8)
	if len(r.calls()) != 0 {
		t.Errorf("too early: %v", r.calls())
	}
	a.Tick(epoch + 3e8)
	if d := cmp.Diff([]string{"0 c gap 3 lost", `0 s "OK" 4`}, r.calls()); d != "" {
		t.Error(d)
	}
}

// TestOneSided: once a hold window passed in vain, what a side never seen sent is
// a gap at once.
func TestOneSided(t *testing.T) {
	r := &recorder{t: t}
	a := New(r, Options{})
	for _, s := range segments(t, `c:S:100 c:A:101,501="a" c:A:102,601="b" @300 x:A:1,1 c:A:103,701="c"`) {
		a.Segment(&s)
		check(t, a)
	}
	want := []string{`0 c "a" 2`, "0 s gap 100 lost", `0 c "b" 3`, "0 s gap 100 lost", `0 c "c" 5`}
	if d := cmp.Diff(want, r.calls()); d != "" {
		t.Error(d)
	}
}

func TestOneSidedHole(t *testing.T) {
	r := &recorder{t: t}
	a := New(r, Options{})
	for _, s := range segments(t, `c:S:100 c:A:101,501="G" c:A:103,501="T" @2900 x:A:1,1`) {
		a.Segment(&s)
	}
	if d := cmp.Diff([]string{`0 c "G" 2`}, r.calls()); d != "" {
		t.Error(d)
	}
	a.Tick(epoch + 4e9)
	if d := cmp.Diff([]string{`0 c "G" 2`, "0 c gap 1 lost", `0 c "T" 3`}, r.calls()); d != "" {
		t.Error(d)
	}
}

func TestSecondCaptureIsNotExact(t *testing.T) {
	r := &recorder{t: t}
	a := New(r, Options{})
	for i, s := range segments(t, `c:S:1 x:S:1 x:S:9`) {
		s.Ref.Capture = uint32(i / 2)
		a.Segment(&s)
	}
	a.Finish()
	if !r.convs[0].StreamExact || r.convs[2].StreamExact {
		t.Errorf("exact: %v, %v", r.convs[0].StreamExact, r.convs[2].StreamExact)
	}
}

func TestClockGoesBack(t *testing.T) {
	var k clock
	year := int64(365 * 24 * time.Hour)
	k.observe(10 * year)
	for _, step := range []struct{ at, want int64 }{
		{10*year + 5, 10*year + 5},
		{10*year + 3, 10*year + 5},
		{9 * year, 10*year + 5},
		{9*year + 7, 10*year + 12},
		{math.MinInt64 / 4, 10*year + 12},
		{math.MinInt64/4 + 1, 10*year + 13},
	} {
		if k.observe(step.at); k.now != step.want {
			t.Errorf("at %d: now %d, want %d", step.at, k.now, step.want)
		}
	}
	r := play(t, Options{}, `c:S:100 @-2000000000 c:S:100 @1000 s:SA:500,101 c:A:101,501="a"`)
	if d := cmp.Diff([]string{`0 c "a" 4`, "0 end"}, r.calls()); d != "" {
		t.Error(d)
	}
}

func TestIgnore(t *testing.T) {
	r := &recorder{t: t, ignore: func(*Conversation) bool { return true }}
	a := New(r, Options{})
	for _, s := range segments(t, hello+`c:A:104,501="/" c:A:101,501="GET" c:A:105,501="xx" s:A:501,107="pong" c:FA:107,505="bye" s:FA:505,111 c:A:111,506`) {
		a.Segment(&s)
		check(t, a)
	}
	want := []string{`0 c "GET" 5`, "0 c FIN 9", "0 s FIN 4", "0 finished"}
	if d := cmp.Diff(want, r.calls()); d != "" {
		t.Error(d)
	}
	c := r.convs[0]
	if m := c.Halves[Client].LastSmall; m == nil || string(m.Data) != "bye" || m.Ref.Frame != 8 || m.Offset != 6 || m.Ref != c.Halves[Client].LastData {
		t.Errorf("client's last: %+v", m)
	}
	if m := c.Halves[Server].LastSmall; m == nil || string(m.Data) != "pong" {
		t.Errorf("server's last: %+v", m)
	}
	if a.stats.History != 0 || a.stats.Waiting != 0 {
		t.Errorf("memory is held: %+v", a.stats)
	}
}

func TestTable(t *testing.T) {
	tb := newTable()
	keys := map[key]uint32{}
	for i := range 5000 {
		k, _ := keyOf(&capture.Segment{Src: endpoint(byte(i), uint16(i)), Dst: endpoint(3, 80)})
		h := tb.hash(&k)
		if tb.find(&k, h) == 0 {
			keys[k] = tb.add(&k, h)
		}
		if i%3 == 0 {
			for k, n := range keys {
				tb.remove(n)
				delete(keys, k)
				break
			}
		}
	}
	for k, n := range keys {
		if got := tb.find(&k, tb.hash(&k)); got != n {
			t.Fatalf("find = %d, want %d", got, n)
		}
	}
	if tb.used != len(keys) {
		t.Errorf("used %d, want %d", tb.used, len(keys))
	}
}

// TestAhead: whether packets without bytes say that a side sent more than was seen.
func TestAhead(t *testing.T) {
	const asked = hello + `c:A:101,501="GET" s:A:501,104 `
	tests := []struct {
		name, script string
		want         [2]bool
	}{
		{"all seen", asked + `s:A:501,104="OK" c:A:104,503 s:A:503,104`, [2]bool{}},
		{"of the server", asked + `c:FA:104,501 s:A:520,105`, [2]bool{Server: true}},
		{"of the client", hello + `c:A:130,501`, [2]bool{Client: true}},
		{"it stays", asked + `s:A:520,104 s:A:501,104`, [2]bool{Server: true}},
		{"late bytes", asked + `s:A:503,104 s:A:501,104="OK"`, [2]bool{}},
		{"late bytes, in order after that", asked + `s:A:503,104 s:A:501,104="OK" c:A:104,503="more" s:A:503,108="yes"`, [2]bool{}},
		{"a FIN that was not seen", asked + `s:A:502,104`, [2]bool{}},
		{"an RST", asked + `s:R:520`, [2]bool{}},
		{"beyond belief", asked + `s:A:200000000,104`, [2]bool{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := play(t, Options{}, tt.script).convs[0].Ahead; got != tt.want {
				t.Errorf("Ahead = %v; want %v", got, tt.want)
			}
		})
	}
}
