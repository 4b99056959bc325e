package reassembly

import (
	"testing"
	"unsafe"

	"github.com/handshark/handshark/capture"
)

// ignorer loses interest after the first bytes of both sides.
type ignorer struct{ counter }

func (ignorer) Data(c *Conversation, k *Chunk) {
	if k.From == Server {
		c.Ignore()
	}
}

// bulk gives a conversation that is open, and its next data segment.
func bulk(h Handler) (*Assembler, *capture.Segment) {
	a := New(h, Options{})
	p := newPlan(100, 500, text(10, 'a'), text(10, 'b'))
	p.packet(Client, capture.ACK, 0, 0, 10)
	p.packet(Server, capture.ACK, 0, 10, 10)
	for i := range p.segs {
		a.Segment(&p.segs[i])
	}
	p.packet(Server, capture.ACK, 10, 10, 0)
	s := p.segs[len(p.segs)-1]
	s.Payload = make([]byte, 1400)
	s.Wire = 1400
	return a, &s
}

func TestNoAllocationPerPacket(t *testing.T) {
	for name, h := range map[string]Handler{"followed": counter{}, "ignored": ignorer{}} {
		a, s := bulk(h)
		n := testing.AllocsPerRun(1000, func() {
			s.Seq += 1400
			s.Ref.Time += 1e4
			a.Segment(s)
		})
		if n != 0 {
			t.Errorf("%s: %.2f allocations per packet", name, n)
		}
	}
	a, s := bulk(counter{})
	n := testing.AllocsPerRun(1000, func() {
		s.Seq += 2800
		a.Segment(s)
		s.Seq -= 1400
		a.Segment(s)
		s.Seq += 1400
	})
	if n != 0 {
		t.Errorf("out of order: %.2f allocations per packet", n)
	}
}

func BenchmarkInOrder(b *testing.B) {
	a, s := bulk(counter{})
	for b.Loop() {
		s.Seq += 1400
		s.Ref.Time += 1e4
		a.Segment(s)
	}
}

func BenchmarkIgnored(b *testing.B) {
	a, s := bulk(ignorer{})
	for b.Loop() {
		s.Seq += 1400
		s.Ref.Time += 1e4
		a.Segment(s)
	}
}

// BenchmarkHandshakes is whole connections: SYN to FIN, ten packets each.
func BenchmarkHandshakes(b *testing.B) {
	a := New(counter{}, Options{})
	p := newPlan(100, 500, text(400, 'a'), text(300, 'b'))
	p.packet(Client, capture.ACK, 0, 0, 400)
	p.packet(Server, capture.ACK, 0, 400, 0)
	p.packet(Server, capture.ACK, 0, 400, 300)
	p.packet(Client, capture.ACK, 400, 300, 0)
	p.packet(Client, capture.ACK|capture.FIN, 400, 300, 0)
	p.packet(Server, capture.ACK|capture.FIN, 300, 401, 0)
	p.packet(Client, capture.ACK, 401, 301, 0)
	n := 0
	for b.Loop() {
		for i := range p.segs {
			s := p.segs[i]
			renumber(&s, n)
			a.Segment(&s)
		}
		n++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(p.segs)), "ns/segment")
}

// renumber moves s to the n-th five-tuple.
func renumber(s *capture.Segment, n int) {
	if s.Src.Port == 80 {
		s.Dst.Addr.Lo += uint64(n)
		return
	}
	s.Src.Addr.Lo += uint64(n)
}

func TestSizes(t *testing.T) {
	if n := unsafe.Sizeof(flow{}); n != 64 {
		t.Errorf("flow has %d bytes", n)
	}
	if n := unsafe.Sizeof(early{}); n > 64 {
		t.Errorf("early has %d bytes", n)
	}
}
