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

// Whole connections, one after the other on a five-tuple: after the first ones
// everything that a connection takes was given back by another.
func TestNoAllocationPerConnection(t *testing.T) {
	for name, h := range map[string]Handler{"followed": counter{}, "ignored": ignorer{}} {
		a, segs, n := New(h, Options{}), handshakePackets(), 0
		connect := func() {
			n++
			for i := range segs {
				s := segs[i]
				s.Seq, s.Ack = s.Seq+uint32(n)<<20, s.Ack+uint32(n)<<20
				s.Ref.Frame, s.Ref.Time = uint64(n*len(segs)+i), s.Ref.Time+int64(n)*1e7
				if s.Flags == capture.SYN {
					s.Ack = 0
				}
				a.Segment(&s)
			}
		}
		for range 10 {
			connect()
		}
		if n := testing.AllocsPerRun(200, connect); n != 0 {
			t.Errorf("%s: %.2f allocations per connection", name, n)
		}
		if st := a.Stats(); st.Conversations != 211 || st.Late != 0 || st.Open != 0 {
			t.Errorf("%s: %+v", name, st)
		}
	}
}

// handshakePackets are those of a whole connection.
func handshakePackets() []capture.Segment {
	p := newPlan(100, 500, text(400, 'a'), text(300, 'b'))
	p.packet(Client, capture.ACK, 0, 0, 400)
	p.packet(Server, capture.ACK, 0, 400, 0)
	p.packet(Server, capture.ACK, 0, 400, 300)
	p.packet(Client, capture.ACK, 400, 300, 0)
	p.packet(Client, capture.ACK|capture.FIN, 400, 300, 0)
	p.packet(Server, capture.ACK|capture.FIN, 300, 401, 0)
	p.packet(Client, capture.ACK, 401, 301, 0)
	return p.segs
}

// BenchmarkHandshakes is whole connections: SYN to FIN, ten packets each.
func BenchmarkHandshakes(b *testing.B) {
	a := New(counter{}, Options{})
	segs := handshakePackets()
	n := 0
	for b.Loop() {
		for i := range segs {
			s := segs[i]
			renumber(&s, n)
			a.Segment(&s)
		}
		n++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(segs)), "ns/segment")
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
	var c conn
	const line = 64
	if n := unsafe.Sizeof(c) * connsAtOnce; n > 32<<10 {
		t.Errorf("%d conns take %d bytes, more than their size class", connsAtOnce, n)
	}
	for what, n := range map[string]uintptr{
		"size of a conn": unsafe.Sizeof(c), "Halves": unsafe.Offsetof(c.Halves), "half": unsafe.Offsetof(c.half),
		"a Half": unsafe.Sizeof(Half{}), "what follows the hot part of a Half": unsafe.Offsetof(c.Halves[0].Acked),
	} {
		if n%line != 0 {
			t.Errorf("%s: %d, within a cache line", what, n)
		}
	}
	if n := unsafe.Sizeof(early{}); n > 64 {
		t.Errorf("early has %d bytes", n)
	}
}
