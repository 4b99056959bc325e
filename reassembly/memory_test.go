package reassembly

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/handshark/handshark/capture"
)

// stage is how far a connection came, and what it may cost in bytes.
type stage struct {
	name    string
	packets []capture.Segment
	handler Handler
	conns   int
	most    float64
}

func stages() []stage {
	p := newPlan(100, 500, text(400, 'a'), text(300, 'b'))
	shaken := len(p.segs)
	p.packet(Client, capture.ACK, 0, 0, 60)
	head := len(p.segs)
	p.packet(Client, capture.ACK, 60, 0, 340)
	p.packet(Server, capture.ACK, 0, 400, 300)
	return []stage{
		{"SYN", p.segs[:1], counter{}, 250_000, 180},
		{"SYN and SYN-ACK", p.segs[:2], counter{}, 250_000, 220},
		{"established, idle", p.segs[:shaken], counter{}, 250_000, 250},
		{"in the middle of a head", p.segs[:head], counter{}, 30_000, 1600},
		{"followed no further", p.segs, ignorer{}, 30_000, 1540},
	}
}

// cost gives the bytes that one connection takes in an Assembler.
func (g *stage) cost() float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	a := New(g.handler, Options{})
	for i := range g.conns {
		for _, s := range g.packets {
			renumber(&s, i)
			s.Ref.Time += int64(i)
			a.Segment(&s)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(a)
	return float64(after.HeapAlloc-before.HeapAlloc) / float64(g.conns)
}

func TestBytesPerOpenConnection(t *testing.T) {
	for _, g := range stages() {
		got := g.cost()
		t.Logf("%-24s %5.0f bytes", g.name, got)
		if got > g.most {
			t.Errorf("%s: %.0f bytes, want at most %.0f", g.name, got, g.most)
		}
	}
}

// A conversation that is ignored gives a long list of waiting items back, not to
// others.
func TestLongListIsNotKept(t *testing.T) {
	a := New(ignorer{}, Options{})
	p := newPlan(100, 500, text(400, 'a'), text(10, 'b'))
	for at := 1; at < 400; at += 2 {
		p.packet(Client, capture.ACK, at, 0, 1)
	}
	p.packet(Client, capture.ACK, 0, 0, 400)
	p.packet(Server, capture.ACK, 0, 400, 10)
	for i := range p.segs {
		a.Segment(&p.segs[i])
	}
	if n := cap(a.conns[1].half[Client].store); n > maxSpareItems {
		t.Errorf("ignored: room for %d items", n)
	}
	a.Finish()
	for _, b := range a.backlogs {
		if cap(b.store) > maxSpareItems {
			t.Errorf("closed: room for %d items", cap(b.store))
		}
	}
}

// wanting gives n conversations of which something waits: so many octets, each apart.
func wanting(a *Assembler, n, octets int) {
	p := newPlan(100, 500, text(400, 'a'), text(10, 'b'))
	for at := range octets {
		p.packet(Client, capture.ACK, 1+2*at, 0, 1)
	}
	for i := range n {
		for _, s := range p.segs {
			renumber(&s, i)
			a.Segment(&s)
		}
	}
}

// What is open for the sake of a single octet that waits counts, too: else there were
// as many conversations as octets fit.
func TestWaitersAreBounded(t *testing.T) {
	if n := unsafe.Sizeof(conn{}) + unsafe.Sizeof(backlog{}) + 2*unsafe.Sizeof(item{}); n > waiterCost {
		t.Errorf("one takes %d bytes, %d are counted", n, waiterCost)
	}
	const most = 100
	a := New(counter{}, Options{MaxWaiting: most * waiterCost})
	wanting(a, 10*most, 1)
	if n := a.waiters.length; n > most || n < most*9/10 {
		t.Errorf("%d wait; want about %d", n, most)
	}
}

// A conversation whose items were handed on for want of memory keeps no list.
func TestNoListAfterEviction(t *testing.T) {
	a := New(counter{}, Options{MaxWaiting: 8 << 10})
	wanting(a, 10, 20)
	if h := &a.conns[1].half[Client]; len(h.items) > 0 || cap(h.store) > 0 {
		t.Errorf("%d items, room for %d", len(h.items), cap(h.store))
	}
}

// Of what served thousands of conversations at once little is kept.
func TestSpareBacklogsAreBounded(t *testing.T) {
	a := New(counter{}, Options{})
	wanting(a, 5000, 20)
	a.Finish()
	kept := uintptr(0)
	for _, b := range a.backlogs {
		kept += unsafe.Sizeof(*b) + uintptr(cap(b.store))*unsafe.Sizeof(item{})
	}
	if kept == 0 || kept > maxSpare {
		t.Errorf("%d bytes kept; want at most %d", kept, maxSpare)
	}
	for len(a.backlogs) > 0 {
		a.own(&half{backlog: &a.none})
	}
	if a.spare != 0 {
		t.Errorf("%d bytes kept once all are lent", a.spare)
	}
}
