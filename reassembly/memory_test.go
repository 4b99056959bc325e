package reassembly

import (
	"runtime"
	"testing"

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
