package reassembly

import (
	"bytes"
	"math/rand"
	"testing"

	"github.com/handshark/handshark/capture"
)

// sent is what the plain model knows of one side: all its bytes, and its ISN.
type sent struct {
	isn  uint32
	data []byte
}

// plan is a list of packets of one connection with the bytes they carry.
type plan struct {
	sides [2]sent
	segs  []capture.Segment
	now   int64
}

func newPlan(isnC, isnS uint32, client, server []byte) *plan {
	p := &plan{sides: [2]sent{{isnC, client}, {isnS, server}}, now: epoch}
	p.packet(Client, capture.SYN, -1, -1, 0)
	p.packet(Server, capture.SYN|capture.ACK, -1, 0, 0)
	p.packet(Client, capture.ACK, 0, 0, 0)
	return p
}

// packet adds a packet of n bytes from offset off; -1 is the SYN.
func (p *plan) packet(side Side, f capture.Flags, off, ack, n int) {
	p.now += 1e5
	me, you := &p.sides[side], &p.sides[side.Other()]
	s := capture.Segment{Flags: f, Seq: me.isn + 1 + uint32(off), Window: 500, Scale: -1}
	s.Src, s.Dst = endpoint(9, 50000), endpoint(1, 80)
	if side == Server {
		s.Src, s.Dst = s.Dst, s.Src
	}
	if f.Has(capture.ACK) {
		s.Ack = you.isn + 1 + uint32(ack)
	}
	if n > 0 {
		s.Payload = me.data[off : off+n]
		s.Wire = n
	}
	s.Ref = capture.Ref{Frame: uint64(len(p.segs) + 1), Time: p.now}
	p.segs = append(p.segs, s)
}

// streams collects what is delivered; bytes in gaps are '?'.
type streams struct {
	side   [2]bytes.Buffer
	closed int
	fins   int
	order  []byte // 'c' and 's' in the order of their first bytes
}

func (r *streams) Opened(*Conversation) {}
func (r *streams) Data(_ *Conversation, k *Chunk) {
	b := &r.side[k.From]
	if b.Len() == 0 {
		r.order = append(r.order, k.From.String()[0])
	}
	b.Write(k.Data)
	b.Write(bytes.Repeat([]byte{'?'}, int(min(k.Gap, 1<<16))))
}
func (r *streams) Signal(_ *Conversation, s *Signal) { r.fins++ }
func (r *streams) Closed(*Conversation, End)         { r.closed++ }

func text(n int, from byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i*7+i/13)%26
	}
	return b
}

// talk makes request, response, FINs, with random segment sizes.
func talk(r *rand.Rand, isnC, isnS uint32, split int) *plan {
	p := newPlan(isnC, isnS, text(1+r.Intn(300), 'A'), text(1+r.Intn(600), 'a'))
	for side := Client; side <= Server; side++ {
		other := 0
		if side == Server {
			other = len(p.sides[Client].data)
		}
		for off := 0; off < len(p.sides[side].data); {
			n := min(1+r.Intn(split), len(p.sides[side].data)-off)
			p.packet(side, capture.ACK, off, other, n)
			off += n
		}
	}
	nc, ns := len(p.sides[0].data), len(p.sides[1].data)
	p.packet(Client, capture.ACK, nc, ns, 0)
	p.packet(Server, capture.ACK|capture.FIN, ns, nc, 0)
	p.packet(Client, capture.ACK|capture.FIN, nc, ns+1, 0)
	p.packet(Server, capture.ACK, ns+1, nc+1, 0)
	return p
}

// shake swaps packets within a window, and doubles some. Times stay in order.
func shake(r *rand.Rand, segs []capture.Segment, window int, double float64) []capture.Segment {
	out := append([]capture.Segment(nil), segs...)
	for i := 0; i+1 < len(out); i += window {
		w := out[i:min(i+window, len(out))]
		r.Shuffle(len(w), func(a, b int) { w[a], w[b] = w[b], w[a] })
	}
	var twice []capture.Segment
	for i, s := range out {
		s.Ref = capture.Ref{Frame: uint64(len(twice) + 1), Time: epoch + int64(i)*1e5}
		twice = append(twice, s)
		if r.Float64() < double {
			s.Ref.Frame++
			twice = append(twice, s)
		}
	}
	return twice
}

func TestReorderedAndDoubledStreamsAreEqual(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for round := range 3000 {
		isn := []uint32{1, 1<<32 - 1, 1<<32 - 50, r.Uint32()}[round%4]
		p := talk(r, isn, isn-uint32(round), 1+r.Intn(60))
		segs := shake(r, p.segs, 1+r.Intn(6), []float64{0, .3, 1}[round%3])
		got := &streams{}
		a := New(got, Options{})
		for i := range segs {
			a.Segment(&segs[i])
			check(t, a)
		}
		a.Finish()
		checkEmpty(t, a)
		for side := range p.sides {
			if !bytes.Equal(got.side[side].Bytes(), p.sides[side].data) {
				t.Fatalf("round %d: %s: got %q\nwant %q", round, Side(side), got.side[side].Bytes(), p.sides[side].data)
			}
		}
		if string(got.order) != "cs" || got.closed != 1 || got.fins != 2 {
			for _, s := range segs[:min(12, len(segs))] {
				t.Logf("%v %05b seq %d ack %d len %d", s.Src.Port, s.Flags, s.Seq-p.sides[map[uint16]Side{80: 1}[s.Src.Port]].isn, s.Ack-p.sides[map[uint16]Side{50000: 1}[s.Src.Port]].isn, s.Wire)
			}
			t.Fatalf("round %d: order %q, closed %d, FINs %d", round, got.order, got.closed, got.fins)
		}
	}
}

func TestSplitIntoBytes(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for range 100 {
		p := talk(r, 1<<32-20, 7, 1)
		got := &streams{}
		a := New(got, Options{})
		for _, s := range shake(r, p.segs, 4, .5) {
			a.Segment(&s)
		}
		a.Finish()
		for side := range p.sides {
			if !bytes.Equal(got.side[side].Bytes(), p.sides[side].data) {
				t.Fatalf("%s: got %q\nwant %q", Side(side), got.side[side].Bytes(), p.sides[side].data)
			}
		}
	}
}

// model orders one side plainly: the first copy of each byte that can be
// delivered wins, and nothing is delivered after a missing byte.
type model struct {
	have map[int]byte
}

func (m *model) take(off int, data []byte) {
	for i, b := range data {
		if _, ok := m.have[off+i]; !ok {
			m.have[off+i] = b
		}
	}
}

func (m *model) prefix() []byte {
	var out []byte
	for {
		b, ok := m.have[len(out)]
		if !ok {
			return out
		}
		out = append(out, b)
	}
}

// FuzzModel: three bytes of input are one client segment: offset, length, and
// content. Nothing is acknowledged, so no hole is given up before the end, and
// what is delivered before Finish must be the model's prefix.
func FuzzModel(f *testing.F) {
	f.Add([]byte{0, 4, 1, 8, 4, 2, 2, 8, 3, 0, 20, 4}, uint32(5))
	f.Add([]byte{10, 4, 1, 0, 10, 2, 5, 12, 3}, uint32(1<<32-4))
	f.Add([]byte{0, 1, 1, 0, 1, 2, 1, 1, 1}, uint32(1<<32-1))
	f.Fuzz(func(t *testing.T, ops []byte, isn uint32) {
		got := &streams{}
		a := New(got, Options{})
		p := newPlan(isn, 1, bytes.Repeat([]byte{'x'}, 600), nil)
		for i := range p.segs {
			a.Segment(&p.segs[i])
		}
		m := model{have: map[int]byte{}}
		end := 0
		ops = ops[:min(len(ops), 300)]
		for ; len(ops) >= 3; ops = ops[3:] {
			off, n := int(ops[0]), int(ops[1])
			data := bytes.Repeat([]byte{ops[2]%26 + 'a'}, n)
			s := p.segs[2]
			s.Seq, s.Payload, s.Wire = isn+1+uint32(off), data, n
			s.Ref.Frame++
			s.Ref.Time += 1e7
			probe := n == 1 && off == end-1
			if !probe {
				m.take(off, data)
				if n > 0 {
					end = max(end, off+n)
				}
			}
			a.Segment(&s)
			check(t, a)
			if want := m.prefix(); !bytes.Equal(got.side[0].Bytes(), want) {
				t.Fatalf("got %q\nwant %q", got.side[0].Bytes(), want)
			}
		}
		a.Finish()
		checkEmpty(t, a)
	})
}

// FuzzAssembler: eight bytes of input are one packet of any kind on one of four
// five-tuples. Whatever comes: no panic, bounded memory, streams without holes in
// their offsets, each conversation closed once.
func FuzzAssembler(f *testing.F) {
	f.Add([]byte{0, 2, 10, 0, 0, 0, 0, 0, 1, 18, 50, 11, 0, 0, 0, 0, 0, 16, 11, 51, 9, 0, 0, 0})
	f.Add([]byte{0, 16, 10, 50, 9, 3, 1, 0, 1, 17, 59, 22, 4, 0, 0, 9, 0, 4, 10, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, ops []byte) {
		r := &recorder{t: t}
		r.ignore = func(c *Conversation) bool { return c.Halves[0].Packets%7 == 6 }
		a := New(r, Options{MaxSide: 2000, MaxWaiting: 5000, MaxFlows: 3, MaxOpen: 2, MaxHistory: 1000, Idle: 1e12})
		now := int64(0)
		ops = ops[:min(len(ops), 2000)]
		for n := uint64(1); len(ops) >= 8; ops, n = ops[8:], n+1 {
			s := fuzzSegment(ops[:8])
			now += int64(ops[7])*int64(ops[7])*1e6 - int64(ops[6]&0x80)*1e12
			s.Ref = capture.Ref{Frame: n, Time: now}
			a.Segment(&s)
			check(t, a)
			if a.stats.Waiting > 5000 || a.stats.History > 1000 {
				t.Fatalf("unbounded: %+v", a.Stats())
			}
		}
		a.Tick(now + 1e9)
		a.Finish()
		checkEmpty(t, a)
		if len(r.next) != 0 {
			t.Fatalf("%d conversations not closed", len(r.next))
		}
	})
}

func fuzzSegment(op []byte) capture.Segment {
	s := capture.Segment{Flags: capture.Flags(op[1] & 0x1f), Window: uint16(op[6] & 3), Scale: -1}
	s.Src, s.Dst = endpoint(9, 50000+uint16(op[0]>>1&3)), endpoint(1, 80)
	if op[0]&8 != 0 {
		s.Src = s.Dst
	}
	if op[0]&1 != 0 {
		s.Src, s.Dst = s.Dst, s.Src
	}
	s.Seq, s.Ack = uint32(op[2]), uint32(op[3])
	if op[0]&16 != 0 {
		s.Seq, s.Ack = s.Seq*0x01010101, s.Ack*0x01010101
	}
	s.Payload = bytes.Repeat([]byte{op[4]}, int(op[5]&0x3f)*(1+int(op[0]>>5)))
	s.Wire = len(s.Payload)
	if op[6]&0x40 != 0 {
		s.Wire += int(op[5])
	}
	s.Interface = uint32(op[6] >> 2 & 1)
	return s
}
