package reassembly

import (
	"bytes"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/capture"
)

// witness writes down every call but Opened with all that is known of the conversation.
type witness struct {
	lines  []string
	chunks map[*Conversation]int
	ignore int // data chunks after which a conversation is ignored
	stop   int // data chunks after which a conversation is not compared
	unkept int // every so manieth data chunk is not kept for comparing; 0 = none
	fins   int // FINs after which a conversation is ignored
	// Every outside-th call ignores the conversation of the call before.
	outside int
	before  *Conversation
}

// meddle ignores a conversation at a call for another.
func (w *witness) meddle(c *Conversation) {
	if w.before != nil && w.before != c && w.outside > 0 && len(w.lines)%w.outside == 0 {
		w.before.Ignore()
	}
	w.before = c
}

func (w *witness) note(c *Conversation, call string, what any) {
	known := *c
	known.User = nil
	line := fmt.Sprintf("%s %+v %+v", call, what, known)
	for side := range c.Halves {
		if small := c.Halves[side].LastSmall; small != nil {
			known.Halves[side].LastSmall = nil
			line = fmt.Sprintf("%s %+v %+v small %+v", call, what, known, *small)
		}
	}
	w.lines = append(w.lines, line)
}

// Opened may come later in a quick way.
func (w *witness) Opened(c *Conversation) { w.chunks[c] = 0 }

func (w *witness) Data(c *Conversation, k *Chunk) {
	w.note(c, "data", *k)
	w.meddle(c)
	k.Unkept = w.unkept > 0 && w.chunks[c]%w.unkept == 0
	if w.chunks[c]++; w.chunks[c] >= w.ignore {
		c.Ignore()
	}
	if w.chunks[c] >= w.stop {
		c.StopComparing()
	}
}

func (w *witness) Signal(c *Conversation, s *Signal) {
	w.note(c, "signal", *s)
	w.meddle(c)
	if n := c.Halves[Client].FIN.Seen != c.Halves[Server].FIN.Seen; w.fins == 1 && n || w.fins == 2 && !n {
		c.Ignore()
	}
}

func (w *witness) Closed(c *Conversation, e End) {
	w.note(c, "closed", e)
	if w.before == c {
		w.before = nil
	}
}

// chatter makes connections on two five-tuples, with losses, repetitions,
// probes, zero windows, swaps and every way to end.
func chatter(r *rand.Rand) []capture.Segment {
	var all []capture.Segment
	for n := range 3 {
		p := newPlan(r.Uint32()|0xffffff00*uint32(n&1), r.Uint32(), text(1<<16, 'A'), text(1<<16, 'a'))
		var at [2]int
		for range r.Intn(40) {
			babble(r, p, &at)
		}
		for _, f := range [...]capture.Flags{capture.FIN | capture.ACK, capture.RST, capture.RST | capture.ACK, capture.ACK} {
			for side := Client; side <= Server; side++ {
				if r.Intn(2) == 0 {
					p.packet(side, f, at[side], at[side.Other()]+r.Intn(2), r.Intn(2))
				}
			}
		}
		for i := range p.segs {
			for _, e := range [...]*capture.Endpoint{&p.segs[i].Src, &p.segs[i].Dst} {
				e.Port += uint16(n & 1)
			}
		}
		all = append(all, p.segs[r.Intn(2)*r.Intn(3):]...)
	}
	for i := range all {
		if j := min(i+r.Intn(20), len(all)-1); r.Intn(8) == 0 {
			all[i], all[j] = all[j], all[i]
		}
	}
	return all
}

// babble adds a packet of either side.
func babble(r *rand.Rand, p *plan, at *[2]int) {
	side := Side(r.Intn(2))
	n, off := r.Intn(400), at[side]
	switch r.Intn(10) {
	case 0:
		n = 0
	case 1: // a probe
		n, off = r.Intn(2), max(off-1, 0)
	case 2: // again
		off = max(off-n, 0)
	case 3: // lost
		at[side] += n
	}
	p.packet(side, capture.ACK, off, max(at[side.Other()]-r.Intn(30)/28*r.Intn(90), 0), n)
	at[side] = max(at[side], off+n)
	last := &p.segs[len(p.segs)-1]
	last.Window = uint16(r.Intn(20))
	if n > 4 && r.Intn(30) == 0 {
		last.Payload = bytes.Clone(last.Payload[:n/2])
	}
	if r.Intn(30) == 0 {
		last.Interface, last.Path = uint32(r.Intn(2)), capture.PathID(r.Intn(2))
	}
}

// disturb leaves out part of the beginning, lets the connection lead to itself, or
// puts a SYN of another one in between.
func disturb(r *rand.Rand, p *plan) {
	switch at := r.Intn(len(p.segs)); r.Intn(12) {
	case 0:
		p.segs = slices.Delete(p.segs, 1, 2)
	case 1:
		p.segs = slices.Delete(p.segs, 1, 3)
		p.segs[1].Flags &^= capture.ACK
	case 2:
		p.segs = p.segs[3:]
	case 3:
		for i := range p.segs {
			p.segs[i].Src, p.segs[i].Dst = endpoint(9, 50000), endpoint(9, 50000)
		}
	case 4, 5:
		rival := p.segs[0]
		rival.Seq += 1 << 20
		p.segs = slices.Insert(p.segs, at, rival)
	}
}

// smooth makes connections side by side, with hardly anything out of the ordinary.
func smooth(r *rand.Rand) []capture.Segment {
	var all []capture.Segment
	for n := range 4 {
		p := talk(r, r.Uint32(), r.Uint32(), 1+r.Intn(200))
		disturb(r, p)
		if last := &p.segs[len(p.segs)-1]; r.Intn(4) == 0 { // goes on behind its FIN
			last.Flags |= capture.Flags(r.Intn(2))
			last.Wire = r.Intn(3)
			last.Payload = text(last.Wire, 'x')
			p.segs = append(p.segs, *last)
		}
		for i := range p.segs {
			for _, e := range [...]*capture.Endpoint{&p.segs[i].Src, &p.segs[i].Dst} {
				e.Port += uint16(n)
			}
		}
		for i := range p.segs { // among those before, in order
			at := r.Intn(3) + i*2
			all = slices.Insert(all, min(at, len(all)), p.segs[i])
		}
	}
	for i := range all {
		switch j := min(i+r.Intn(4), len(all)-1); r.Intn(60) {
		case 0:
			all[i], all[j] = all[j], all[i]
		case 1:
			all = slices.Insert(all, j, all[i])
		case 2:
			all[i].Window = 0
		case 3:
			all[i].Ack += uint32(r.Intn(3)) - 1
		case 4:
			all[i].Flags ^= 1 << r.Intn(5)
		case 5:
			all[i].Payload = all[i].Payload[:len(all[i].Payload)/2]
		}
	}
	return all
}

// alike holds the flows and conversations of two assemblers against each other, in
// the order of their lists.
func alike(t *testing.T, x, y *Assembler) {
	t.Helper()
	for id := range x.lists {
		i, j := x.lists[id].head, y.lists[id].head
		for ; i != 0 && j != 0; i, j = x.flows.flow(i).next, y.flows.flow(j).next {
			if a, b := flowFacts(x, i), flowFacts(y, j); a != b {
				t.Fatalf("list %d:\nquick %+v\nlong  %+v", id, a, b)
			}
			f, g := x.flows.flow(i), y.flows.flow(j)
			if f.state != open || g.state != open {
				continue
			}
			if a, b := bare(x.conns[f.ref]), bare(y.conns[g.ref]); !reflect.DeepEqual(a, b) {
				t.Fatalf("conversation of %+v:\nquick %+v\nlong  %+v", flowFacts(x, i).key, a, b)
			}
		}
		if i != 0 || j != 0 {
			t.Fatalf("list %d: not equally long", id)
		}
	}
}

// flowFacts tells what a flow is, apart from what hangs on whether it was opened.
func flowFacts(a *Assembler, i uint32) (facts struct {
	key                  key
	last, queued, stream uint32
	flags                flowFlags
	numbers              numbers
}) {
	f := a.flows.flow(i)
	facts.key, facts.last, facts.queued, facts.stream, facts.flags = f.key(), f.last, f.queued, f.stream, f.flags&^ended
	for d, base := range a.flows.numbers(i).base {
		if f.known(direction(d)) {
			facts.numbers.base[d] = base
		}
	}
	if f.state == closed {
		facts.numbers.end = a.flows.numbers(i).end
	}
	return facts
}

// bare gives a copy of c without what two assemblers may do differently.
func bare(c *conn) conn {
	x := *c
	x.User, x.way, x.flow, x.index = nil, long, 0, 0
	for i := range x.links {
		x.links[i].prev, x.links[i].next = 0, 0
	}
	x.rival = min(x.rival, 1)
	for side := range x.half {
		h := &x.half[side]
		b := *h.backlog
		b.store, b.shared = nil, false
		if b.fin.state == controlDone {
			b.fin = control{state: controlDone, off: b.fin.off}
		}
		if len(b.items) == 0 {
			b.items = nil
		}
		if len(h.history.buf) == 0 {
			h.history.buf = nil
		}
		h.over, h.backlog = 0, &b
	}
	return x
}

// bothWays gives segments to an assembler with quick ways and to one without. They
// must say the same, and leave the same behind after each segment.
func bothWays(t *testing.T, w witness, o Options, segs []capture.Segment) {
	t.Helper()
	got := [2]witness{w, w}
	var as [2]*Assembler
	for i := range as {
		got[i].chunks = map[*Conversation]int{}
		as[i] = New(&got[i], o)
	}
	as[1].careful, as[1].due = true, -never
	for i := range segs {
		for _, a := range as {
			a.Segment(&segs[i])
			check(t, a)
		}
		alike(t, as[0], as[1])
	}
	for _, a := range as {
		a.Finish()
		checkEmpty(t, a)
	}
	if !slices.Equal(got[0].lines, got[1].lines) {
		t.Fatalf("-long +quick:\n%s", cmp.Diff(got[1].lines, got[0].lines))
	}
	if diff := cmp.Diff(as[1].Stats(), as[0].Stats()); diff != "" {
		t.Fatalf("statistics (-long +quick):\n%s", diff)
	}
}

func TestQuickWays(t *testing.T) {
	options := []Options{{Idle: 1e12}, {Idle: 2e9, OpeningIdle: 3e9}, {Idle: 1e12, MaxHistory: 300}}
	for seed := range int64(400) {
		r := rand.New(rand.NewSource(seed))
		packets := chatter
		if seed%2 == 1 {
			packets = smooth
		}
		segs, now, file := packets(r), epoch, uint32(0)
		for n := range segs {
			now += int64(r.Intn(4)) * 1e5 * int64(1+r.Intn(20)/19*5000)
			file += uint32(r.Intn(400) / 399)
			segs[n].Ref = capture.Ref{Capture: file, Frame: uint64(n + 1), Time: now}
		}
		w := witness{ignore: []int{2, 4, 1 << 30}[seed%3], stop: []int{1 << 30, 3, 1}[seed/3%3], fins: int(seed/9) % 3, outside: int(seed/27) % 3 * 5, unkept: int(seed) % 4}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { bothWays(t, w, options[seed/2%3], segs) })
	}
}

// What hardly ever happens by chance.
func TestQuickWaysOddly(t *testing.T) {
	for name, script := range map[string]string{
		"ACK first on another interface":    hello + `c:A:101,501="GET" s:A:501,104="OK" s:A:503,104|i2 s:A:503,104`,
		"ACK first on another path":         hello + `c:A:101,501="GET" s:A:501,104="OK" s:A:503,104|p7 s:A:503,104`,
		"first answer on another interface": `c:S:100 s:SA:500,101|i2 c:A:101,501 c:A:101,501="GET" s:A:501,104="OK" s:A:503,104="!"`,
		"SYN sent again":                    `c:S:100 @1000 c:S:100 s:SA:500,101 c:A:101,501 c:A:101,501="GET"`,
		"FIN of a server that began anew":   `c:S:100 s:SA:500,101 s:FA:901,101 s:SA:900,101 c:A:101,901 s:FA:901,101 c:A:101,901 s:FA:901,101`,
		"FIN and no SYN-ACK":                `c:S:100 s:FA:501,101 @300 c:A:101,502 c:A:101,502="GET"`,
		"FIN with waiting bytes beyond":     hello + `s:A:520,101="x" s:FA:501,101 @300 c:A:101,502 c:A:101,502="GET" s:A:502,104`,
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, witness{ignore: 1 << 30, stop: 1 << 30}, Options{}, segments(t, script))
		})
	}
}

func TestIsLevel(t *testing.T) {
	for state, want := range map[controlState]bool{controlNone: true, controlPending: false, controlDone: true} {
		h := half{phase: started, next: 5, seenEnd: 5, backlog: &backlog{fin: control{state: state, off: 5}}}
		if h.isLevel() != want || (h.over == 1) != (state != controlNone) {
			t.Errorf("FIN %d: level %v, over %d", state, h.isLevel(), h.over)
		}
	}
}
