package reassembly

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/capture"
)

// The scripts of these tests have one packet per word:
//
//	c:S:100            client, flags (S F R A P), sequence number
//	s:SA:500,101       sequence number, acknowledgment number
//	c:A:101,501="GET"  payload
//	c:A:101,501="GE"+5 payload, 5 more bytes cut
//	@50                50 ms later
//	|i2 |w0 |t3 |p7    options behind a word: interface, window, TTL, path
//	x:…, y:…           like c and s on another five-tuple
var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()

func endpoint(last byte, port uint16) capture.Endpoint {
	return capture.Endpoint{Addr: capture.AddrFrom4([]byte{192, 0, 2, last}), Port: port}
}

func segments(t testing.TB, script string) []capture.Segment {
	t.Helper()
	var out []capture.Segment
	now, frame := epoch, uint64(0)
	for _, w := range strings.Fields(script) {
		if at, ok := strings.CutPrefix(w, "@"); ok {
			ms, err := strconv.Atoi(at)
			if err != nil {
				t.Fatal(err)
			}
			now += int64(ms) * 1e6
			continue
		}
		frame++
		s := segment(t, w)
		s.Ref = capture.Ref{Frame: frame, Time: now}
		out = append(out, s)
		now += 1e4
	}
	return out
}

func segment(t testing.TB, w string) capture.Segment {
	t.Helper()
	s := capture.Segment{Window: 1000, TTL: 64, Scale: -1}
	w, opts, _ := strings.Cut(w, "|")
	w, payload, _ := strings.Cut(w, "=")
	payload, cut, _ := strings.Cut(payload, "+")
	s.Payload = []byte(strings.ReplaceAll(strings.Trim(payload, `"`), "_", " "))
	extra, _ := strconv.Atoi(cut)
	s.Wire = len(s.Payload) + extra
	part := strings.Split(w, ":")
	if len(part) != 3 {
		t.Fatalf("script: %q", w)
	}
	a, b := endpoint(9, 50000), endpoint(1, 80)
	if part[0] == "x" || part[0] == "y" {
		a = endpoint(9, 50001)
	}
	if part[0] == "s" || part[0] == "y" {
		a, b = b, a
	}
	s.Src, s.Dst = a, b
	for i, f := range "FSRPAU" {
		if strings.ContainsRune(part[1], f) {
			s.Flags |= 1 << i
		}
	}
	seq, ack, _ := strings.Cut(part[2], ",")
	n, _ := strconv.ParseUint(seq, 10, 32)
	m, _ := strconv.ParseUint(ack, 10, 32)
	s.Seq, s.Ack = uint32(n), uint32(m)
	for _, o := range strings.Split(opts, "|") {
		if o == "" {
			continue
		}
		v, _ := strconv.Atoi(o[1:])
		switch o[0] {
		case 'i':
			s.Interface = uint32(v)
		case 'w':
			s.Window = uint16(v)
		case 't':
			s.TTL = uint8(v)
		case 'p':
			s.Path = capture.PathID(v)
		}
	}
	return s
}

// recorder notes what an Assembler calls, one line each.
type recorder struct {
	t      testing.TB
	lines  []string
	next   map[*Conversation]*[2]uint64
	convs  []Conversation
	ignore func(*Conversation) bool
	unkept bool // no bytes are kept for comparing
}

func (r *recorder) Opened(c *Conversation) {
	if r.next == nil {
		r.next = map[*Conversation]*[2]uint64{}
	}
	if r.next[c] != nil {
		r.t.Errorf("opened twice")
	}
	r.next[c] = &[2]uint64{}
	r.add(c, "open")
}

func (r *recorder) Data(c *Conversation, k *Chunk) {
	n := r.next[c]
	if n[k.From] != k.Offset {
		r.t.Errorf("%s data at offset %d, want %d", k.From, k.Offset, n[k.From])
	}
	if (len(k.Data) == 0) == (k.Gap == 0) || (k.Gap > 0) != (k.Loss != LossNone) {
		r.t.Errorf("chunk is not either data or gap: %+v", k)
	}
	n[k.From] += uint64(len(k.Data)) + k.Gap
	k.Unkept = r.unkept
	if c.Halves[k.From].Bytes != n[k.From] {
		r.t.Errorf("Bytes = %d, want %d", c.Halves[k.From].Bytes, n[k.From])
	}
	if k.Gap > 0 {
		r.add(c, fmt.Sprintf("%c gap %d %s", k.From.String()[0], k.Gap, [...]string{"", "lost", "cut", "evicted"}[k.Loss]))
	} else {
		r.add(c, fmt.Sprintf("%c %q %d", k.From.String()[0], k.Data, k.Ref.Frame))
	}
	if r.ignore != nil && r.ignore(c) {
		c.Ignore()
	}
}

func (r *recorder) Signal(c *Conversation, s *Signal) {
	if r.next[c] == nil {
		r.t.Errorf("signal for a conversation that is not open")
	}
	w := ""
	if s.Window == OutsideWindow {
		w = " outside"
	}
	r.add(c, fmt.Sprintf("%c %s %d%s", s.From.String()[0], [...]string{"", "FIN", "RST"}[s.Kind], s.Offset, w))
}

func (r *recorder) Closed(c *Conversation, e End) {
	if r.next[c] == nil {
		r.t.Errorf("closed but not open")
	}
	delete(r.next, c)
	r.convs = append(r.convs, *c)
	r.add(c, [...]string{"", "finished", "reused", "idle", "evicted", "end"}[e])
}

func (r *recorder) add(c *Conversation, s string) {
	r.lines = append(r.lines, fmt.Sprintf("%d %s", c.Stream, s))
}

// play feeds a script and gives what was called, without the opened lines.
func play(t testing.TB, o Options, script string) *recorder {
	t.Helper()
	return playWith(t, &recorder{t: t}, o, script)
}

func playWith(t testing.TB, r *recorder, o Options, script string) *recorder {
	t.Helper()
	a := New(r, o)
	for _, s := range segments(t, script) {
		a.Segment(&s)
		check(t, a)
	}
	a.Finish()
	checkEmpty(t, a)
	return r
}

func (r *recorder) calls() []string {
	var out []string
	for _, l := range r.lines {
		if !strings.HasSuffix(l, " open") {
			out = append(out, l)
		}
	}
	return out
}

// check looks for broken invariants.
func check(t testing.TB, a *Assembler) {
	t.Helper()
	waiting := 0
	for _, c := range a.conns[1:] {
		for i := range c.half {
			h := &c.half[i]
			held := 0
			for j, it := range h.items {
				held += itemCost + cap(it.data)
				if j > 0 && it.start < h.items[j-1].end() || h.phase == started && it.start < h.next || it.end() <= it.start {
					t.Fatalf("items out of order: %+v", h.items)
				}
			}
			if held != h.held {
				t.Fatalf("held = %d, want %d", h.held, held)
			}
			waiting += held
		}
	}
	if !reflect.DeepEqual(a.none, backlog{shared: true}) {
		t.Fatalf("the shared backlog was written: %+v", a.none)
	}
	if waiting != a.stats.Waiting {
		t.Fatalf("waiting = %d, want %d", a.stats.Waiting, waiting)
	}
}

func checkEmpty(t testing.TB, a *Assembler) {
	t.Helper()
	st := a.Stats()
	if st.Open != 0 || st.Waiting != 0 || st.History != 0 || a.holds.length != 0 || a.waiters.length != 0 || a.lingers.length != 0 {
		t.Errorf("after Finish: %+v, holds %d, waiters %d, lingers %d", st, a.holds.length, a.waiters.length, a.lingers.length)
	}
}

const hello = "c:S:100 s:SA:500,101 c:A:101,501 "

func TestCalls(t *testing.T) {
	tests := []struct {
		name, script string
		want         []string
	}{
		{"in order", hello + `c:A:101,501="GET" s:A:501,104="OK"`, []string{`0 c "GET" 4`, `0 s "OK" 5`, "0 end"}},
		{"two segments swapped", hello + `c:A:103,501="T" c:A:101,501="GE"`, []string{`0 c "GE" 5`, `0 c "T" 4`, "0 end"}},
		{"SYN-ACK first", `s:SA:500,101 c:S:100 c:A:101,501="GET" s:A:501,104="OK"`, []string{`0 c "GET" 3`, `0 s "OK" 4`, "0 end"}},
		{"response before request", hello + `s:A:501,104="OK" c:A:101,501="GET"`, []string{`0 c "GET" 5`, `0 s "OK" 4`, "0 end"}},
		{"data before SYN", `c:A:101,501="GET" c:S:100 s:SA:500,101 s:A:501,104="OK"`, []string{`0 c "GET" 1`, `0 s "OK" 4`, "0 end"}},
		{"ACK before data is no gap", hello + `c:A:101,501="GET" c:A:104,503 s:A:501,104="OK"`, []string{`0 c "GET" 4`, `0 s "OK" 6`, "0 end"}},
		{"lost request, after the window", hello + `s:A:501,104="OK" @300 s:A:503,104="!"`, []string{"0 c gap 3 lost", `0 s "OK" 4`, `0 s "!" 5`, "0 end"}},
		{"lost request, at the end", hello + `s:A:501,104="OK"`, []string{"0 c gap 3 lost", `0 s "OK" 4`, "0 end"}},
		{"hole acknowledged", hello + `c:A:101,501="GE" c:A:104,501="/" s:A:501,105 @300 x:A:1,1`, []string{`0 c "GE" 4`, "0 c gap 1 lost", `0 c "/" 5`, "0 end"}},
		{"hole not acknowledged waits", hello + `c:A:101,501="GE" c:A:104,501="/" s:A:501,103 @5000 c:A:103,501="T"`, []string{`0 c "GE" 4`, `0 c "T" 7`, `0 c "/" 5`, "0 end"}},
		{"full retransmission", hello + `c:A:101,501="GET" @300 c:A:101,501="GET" c:A:104,501="!"`, []string{`0 c "GET" 4`, `0 c "!" 6`, "0 end"}},
		{"extended retransmission", hello + `c:A:101,501="GET" c:A:101,501="GET_/"`, []string{`0 c "GET" 4`, `0 c " /" 5`, "0 end"}},
		{"overlap, first copy wins", hello + `c:A:103,501="CD" c:A:105,501="EF" c:A:101,501="abcdefgh"`, []string{`0 c "ab" 6`, `0 c "CD" 4`, `0 c "EF" 5`, `0 c "gh" 6`, "0 end"}},
		{"wrap", `c:S:4294967294 s:SA:500,4294967295 c:A:4294967295,501="GE" c:A:1,501="T" s:A:501,2="OK"`, []string{`0 c "GE" 3`, `0 c "T" 4`, `0 s "OK" 5`, "0 end"}},
		{"wrap in a segment", `c:S:4294967294 s:SA:500,4294967295 c:A:1,501="/x" c:A:4294967295,501="GE" s:A:501,3="OK"`, []string{`0 c "GE" 4`, `0 c "/x" 3`, `0 s "OK" 5`, "0 end"}},
		{"cut", hello + `c:A:101,501="GET"+10 s:A:501,114="OK"`, []string{`0 c "GET" 4`, "0 c gap 10 cut", `0 s "OK" 5`, "0 end"}},
		{"cut filled while waiting", hello + `c:A:103,501="T"+3 c:A:104,501="abc" c:A:101,501="GE"`, []string{`0 c "GE" 6`, `0 c "T" 4`, `0 c "abc" 5`, "0 end"}},
		{"cut filled in the middle", hello + `c:A:103,501=""+5 c:A:105,501="x" c:A:101,501="GE"`, []string{`0 c "GE" 6`, "0 c gap 2 cut", `0 c "x" 5`, "0 c gap 2 cut", "0 end"}},
		{"no SYN", `c:A:1000,9="GET_/_H" s:A:9,1007="HTTP/1.1"`, []string{`0 c "GET / H" 1`, `0 s "HTTP/1.1" 2`, "0 end"}},
		{"no SYN, server first", `s:A:9,1007="HTTP/1.1" c:A:1000,9="GET_/_H"`, []string{`0 c "GET / H" 2`, `0 s "HTTP/1.1" 1`, "0 end"}},
		{"no SYN, first two swapped", `c:A:1003,9="_/_" c:A:1000,9="GET" s:A:9,1006="HTTP/1.1"`, []string{`0 c "GET" 2`, `0 c " / " 1`, `0 s "HTTP/1.1" 3`, "0 end"}},
		{"no SYN, window ends", `c:A:1003,9="b" @300 c:A:1004,9="c"`, []string{`0 c "b" 1`, `0 c "c" 2`, "0 end"}},
		{"SYN-ACK lost, first bytes lost", `c:S:100 c:A:101,501="GET" s:A:503,104="K"  @300 x:A:1,1`, []string{`0 c "GET" 2`, "0 s gap 2 lost", `0 s "K" 3`, "0 end"}},
		{"client only", `c:S:100 c:A:101,501="GET" c:A:104,601="GET"`, []string{`0 c "GET" 2`, "0 s gap 100 lost", `0 c "GET" 3`, "0 end"}},
		{"server only", `s:SA:500,101 s:A:501,104="OK" s:A:503,104="OK"`, []string{"0 c gap 3 lost", `0 s "OK" 2`, `0 s "OK" 3`, "0 end"}},
		{"FIN both", hello + `c:A:101,501="G" s:FA:501,102 c:FA:102,502 s:A:502,103 c:A:103,502 s:A:502,103`, []string{`0 c "G" 4`, "0 s FIN 0", "0 c FIN 1", "0 finished"}},
		{"FIN before its data", hello + `c:FA:104,501 c:A:101,501="GET"`, []string{`0 c "GET" 5`, "0 c FIN 3", "0 end"}},
		{"half close", hello + `c:FA:101,501="GET" s:A:501,105="OK" @9000 s:FA:503,105="!" c:A:105,505`, []string{`0 c "GET" 4`, "0 c FIN 3", `0 s "OK" 5`, `0 s "!" 6`, "0 s FIN 3", "0 finished"}},
		{"data after FIN", hello + `c:FA:101,501="GET" c:A:104,501="XX" c:FA:104,501`, []string{`0 c "GET" 4`, "0 c FIN 3", "0 end"}},
		{"refused", `c:S:100 s:RA:0,101`, []string{"0 s RST 0", "0 end"}},
		{"refused twice, same ISN", `c:S:100 s:RA:0,101 @500 c:S:100 s:RA:0,101 @2000 x:A:1,1`, []string{"0 s RST 0", "0 finished"}},
		{"RST before the SYN", `s:RA:0,101 c:S:100 @300 x:A:1,1`, []string{"0 s RST 0", "0 end"}},
		{"RST before data", hello + `s:RA:503,101 s:A:501,101="OK"`, []string{`0 s "OK" 5`, "0 s RST 2", "0 end"}},
		{"RST with a hole", hello + `s:A:503,101="K" s:RA:504,101 @300 x:A:1,1`, []string{"0 s gap 2 lost", `0 s "K" 4`, "0 s RST 3", "0 end"}},
		{"wild RST", hello + `s:R:900000000 c:A:101,501="GET" @5000 c:A:104,501="x"`, []string{"0 s RST 899999499 outside", `0 c "GET" 5`, `0 c "x" 6`, "0 end"}},
		{"RST outlived by data", hello + `s:R:501 @100 s:A:501,101="OK" @5000 s:A:503,101="!"`, []string{"0 s RST 0", `0 s "OK" 5`, `0 s "!" 6`, "0 end"}},
		{"RST ends after a while", hello + `s:R:501 @2000 x:A:1,1 @10 c:A:101,501="late"`, []string{"0 s RST 0", "0 finished"}},
		{"RST with an old number ends too", hello + `s:A:501,101="OK" s:R:501 @2000 x:A:1,1`, []string{`0 s "OK" 4`, "0 s RST 0", "0 finished"}},
		{"reuse after RST", hello + `s:R:501 c:S:9000 s:SA:777,9001 c:A:9001,778="GET" c:A:101,501`, []string{"0 s RST 0", "0 reused", `1 c "GET" 7`, "1 end"}},
		{"reuse without close", hello + `c:A:101,501="old" c:S:9000 s:SA:777,9001 c:A:9001,778="GET"`, []string{`0 c "old" 4`, "0 reused", `1 c "GET" 7`, "1 end"}},
		{"reuse, straggler of the old one", hello + `c:A:101,501="old" c:FA:104,501 c:S:3000000000 s:SA:777,3000000001 c:A:104,501="zz" c:A:3000000001,778="GET"`, []string{`0 c "old" 4`, "0 c FIN 3", "0 reused", `1 c "GET" 9`, "1 end"}},
		{"old duplicate SYN", hello + `c:A:101,501="a" c:S:77 s:A:501,102="b" c:A:102,502="c" c:A:103,502="d"`, []string{`0 c "a" 4`, `0 s "b" 6`, `0 c "c" 7`, `0 c "d" 8`, "0 end"}},
		{"last ACK opens nothing", hello + `c:FA:101,501 s:FA:501,102 c:A:102,502 c:A:102,502 s:FA:501,102`, []string{"0 c FIN 0", "0 s FIN 0", "0 finished"}},
		{"reuse after FIN, SYN not captured", hello + `c:FA:101,501 s:FA:501,102 c:A:102,502 c:A:3000000000,7="GET_/_" s:A:7,3000000006="HTTP/1.1"`, []string{"0 c FIN 0", "0 s FIN 0", "0 finished", `0 c "GET / " 7`, `0 s "HTTP/1.1" 8`, "0 end"}},
		{"lone SYN", `c:S:100 @1000 c:S:100`, []string{"0 end"}},
		{"lone SYN, reused", `c:S:100 @1000 c:S:200`, []string{"0 reused", "1 end"}},
		{"pure ACKs open nothing", `c:A:1,1 s:A:1,1`, nil},
		{"simultaneous open", `c:S:100 s:S:500 c:SA:100,501 s:SA:500,101 c:A:101,501="a" s:A:501,102="b"`, []string{`0 c "a" 5`, `0 s "b" 6`, "0 end"}},
		{"TFO", `c:S:100="GET" s:SA:500,104 c:A:104,501 s:A:501,104="OK"`, []string{`0 c "GET" 1`, `0 s "OK" 4`, "0 end"}},
		{"TFO refused", `c:S:100="GET" s:SA:500,101 c:A:101,501="GET" s:A:501,104="OK"`, []string{`0 c "GET" 1`, `0 s "OK" 4`, "0 end"}},
		{"keep-alive", hello + `c:A:101,501="GET" c:A:103,501 c:A:103,501="x" c:A:104,501="!"`, []string{`0 c "GET" 4`, `0 c "!" 7`, "0 end"}},
		{"FIN not captured is no gap", hello + `c:A:101,501="GET" s:A:501,105="OK" @300 s:A:503,105="!"`, []string{`0 c "GET" 4`, `0 s "OK" 5`, `0 s "!" 6`, "0 end"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := play(t, Options{}, tt.script).calls()
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("calls differ (-want +got):\n%s", d)
			}
		})
	}
}
