package reassembly

import (
	"bytes"
	"fmt"
	"math/rand"
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
	if w.chunks[c]++; w.chunks[c] >= w.ignore {
		c.Ignore()
	}
}

func (w *witness) Signal(c *Conversation, s *Signal) { w.note(c, "signal", *s) }
func (w *witness) Closed(c *Conversation, e End)     { w.note(c, "closed", e) }

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

// The quick ways must say the same as the long ones.
func TestQuickWays(t *testing.T) {
	for seed := range int64(400) {
		r := rand.New(rand.NewSource(seed))
		var got [2]witness
		var as [2]*Assembler
		for i := range as {
			got[i] = witness{chunks: map[*Conversation]int{}, ignore: []int{2, 4, 1 << 30}[seed%3]}
			as[i] = New(&got[i], Options{Idle: 1e12})
			as[i].careful = i == 1
		}
		now := epoch
		for n, s := range chatter(r) {
			now += int64(r.Intn(4)) * 1e5 * int64(1+r.Intn(20)/19*5000)
			s.Ref = capture.Ref{Frame: uint64(n + 1), Time: now}
			for _, a := range as {
				a.Segment(&s)
				check(t, a)
			}
		}
		for _, a := range as {
			a.Finish()
			checkEmpty(t, a)
		}
		if !slices.Equal(got[0].lines, got[1].lines) {
			t.Fatalf("seed %d (-long +quick):\n%s", seed, cmp.Diff(got[1].lines, got[0].lines))
		}
		if diff := cmp.Diff(as[1].Stats(), as[0].Stats()); diff != "" {
			t.Fatalf("seed %d: statistics (-long +quick):\n%s", seed, diff)
		}
	}
}
