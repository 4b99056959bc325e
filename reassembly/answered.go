package reassembly

import "github.com/handshark/handshark/capture"

// note is a packet without payload that came on the way of the SYN that it
// belongs to: 32 bytes without pointers. What follows from its place (acknowledged
// the SYN, or the SYN-ACK) is not repeated.
type note struct {
	frame  uint64
	time   int64
	seq    uint32
	next   uint32 // note after it, or in the free list
	window uint16
	mss    uint16
	ttl    uint8
	flags  capture.Flags
}

// notes is a slab of notes; index 0 is never used.
type notes struct {
	slabs []*[slabSize]note
	free  uint32
	size  uint32
}

func (t *notes) at(i uint32) *note { return &t.slabs[i/slabSize][i%slabSize] }

func (t *notes) add(s *capture.Segment) uint32 {
	i := t.free
	if i != 0 {
		t.free = t.at(i).next
	} else {
		t.size = max(t.size, 1)
		if int(t.size) >= len(t.slabs)*slabSize {
			t.slabs = append(t.slabs, new([slabSize]note))
		}
		i = t.size
		t.size++
	}
	n := t.at(i)
	n.frame, n.time, n.seq, n.next = s.Ref.Frame, s.Ref.Time, s.Seq, 0
	n.window, n.mss, n.ttl, n.flags = s.Window, s.MSS, s.TTL, s.Flags
	return i
}

func (t *notes) remove(i uint32) {
	t.at(i).next = t.free
	t.free = i
}

// postpone remembers the SYN-ACK of a lone SYN and the ACK after it, as they
// usually are, in place of a conversation: millions of them may be all that is
// ever seen. It reports whether it did.
func (a *Assembler) postpone(i uint32, f *flow, d direction, s *capture.Segment) bool {
	e := a.earlies.at(f.ref)
	if a.careful || a.opt.Surface || a.opt.MaxOpen > 0 || s.Wire > 0 || s.Interface != e.iface || s.Path != e.path || s.Ref.Capture != e.capture {
		return false
	}
	switch {
	case f.state == lone && d != e.dir && s.Flags == capture.SYN|capture.ACK && s.Ack == e.isn+1:
		f.state = answered
		e.next = a.notes.add(s)
		a.enlist(i, opening)
		return true
	case f.state == answered && d == e.dir && s.Flags == capture.ACK && s.Seq == e.isn+1:
		synACK := a.notes.at(e.next)
		if synACK.next != 0 || s.Ack != synACK.seq+1 {
			return false
		}
		synACK.next = a.notes.add(s)
		a.enlist(i, establishedID)
		return true
	}
	return false
}

// replay gives c the packets that were postponed after its SYN.
func (a *Assembler) replay(c *conn, f *flow, e *early) {
	s := capture.Segment{Interface: e.iface, Path: e.path, Scale: -1}
	d, ack := e.dir^1, e.isn+1
	for i := e.next; i != 0; {
		n := a.notes.at(i)
		s.Ref = capture.Ref{Capture: e.capture, Frame: n.frame, Time: n.time}
		s.Seq, s.Ack, s.Flags, s.Window, s.TTL, s.MSS = n.seq, ack, n.flags, n.window, n.ttl, n.mss
		next := n.next
		a.notes.remove(i)
		a.arrive(c, f, d, &s)
		i, d, ack = next, d^1, s.Seq+1
	}
}

// establish is replay for a SYN-ACK and an ACK of a conversation that is as new as
// can be: what they leave behind is written down. It reports whether it did.
func (a *Assembler) establish(c *conn, e *early) bool {
	x := a.notes.at(e.next)
	if x.next == 0 || c.ignored {
		return false
	}
	y, home := a.notes.at(x.next), viaOf(e.iface, e.path)<<1|1
	if y.window == 0 {
		return false
	}
	first := capture.Ref{Capture: e.capture, Frame: x.frame, Time: x.time}
	second := capture.Ref{Capture: e.capture, Frame: y.frame, Time: y.time}
	c.SYNACKs, c.SYNACK.Ref, c.SYNACK.TTL, c.SYNACK.Seen = 1, first, x.ttl, true
	c.HandshakeACK, c.Last = second, second
	hs := &c.Halves[Client]
	hs.Packets, hs.Last = hs.Packets+1, second
	hs = &c.Halves[Server]
	hs.ISN, hs.ISNKnown, hs.MSS, hs.Packets, hs.Last = x.seq, true, x.mss, 1, first
	h := &c.half[Client]
	h.hasAck, h.home = true, home
	h = &c.half[Server]
	h.phase, h.nextSeq, h.hasAck, h.home = started, x.seq+1, true, home
	c.recent.add(x.seq, e.isn+1, uint32(x.flags)<<24, x.time, x.window, home)
	c.recent.add(y.seq, x.seq+1, uint32(y.flags)<<24, y.time, y.window, home&^1)
	a.notes.remove(x.next)
	a.notes.remove(e.next)
	c.way = straight // established, both sides level, nothing else seen
	return true
}
