package reassembly

import "github.com/handshark/handshark/capture"

// way is the short way that the next segment of a conversation may take.
type way uint8

const (
	long     way = iota // none
	straight            // of one that is followed, see Assembler.straight
	passing             // of one that is ignored, see Assembler.pass
)

// findWay looks which short way is open to c after a packet that took none.
func (a *Assembler) findWay(c *conn, f *flow) {
	c.way = long
	switch {
	case a.careful || c.rival != 0 || c.SYNACK.Seen && !c.HandshakeACK.Known() || f.flags&knownBoth != knownBoth,
		!c.half[Client].isLevel(), !c.half[Server].isLevel():
	case c.released:
		c.way = passing
	case f.list == establishedID && c.isUsual():
		c.way = straight
	}
}

// isLevel reports whether all that was seen of h was handed on, its FIN included:
// nothing of it waits. It sets over.
func (h *half) isLevel() bool {
	if h.phase != started || h.seenEnd != h.next || h.rst.state != controlNone {
		return false
	}
	h.over = 0
	if h.fin.state != controlNone {
		h.over = 1
		return h.fin.state == controlDone && h.fin.off == h.next
	}
	return true
}

// isUsual reports whether of c, with both sides level, nothing else was acknowledged
// or is known to have been sent, and both came the same way.
func (c *conn) isUsual() bool {
	home := viaOf(c.Interface, c.Path)<<1 | 1
	for side := range c.half {
		if h := &c.half[side]; c.Ahead[side] || !h.hasAck || h.acked > h.next+int64(h.over) || h.home != home {
			return false
		}
	}
	return true
}

// straight takes a segment of a conversation that is followed, if it is the usual
// one: it continues its side, perhaps to its FIN, acknowledges nothing ahead of the
// other, and came the usual way. It does what arrive does, for a fifth of the price,
// and reports whether it did. It is one function because it is run for nearly every
// packet: calls would cost more than what they do.
//
// New bytes are no second copy, nor is a pure ACK unless another way was seen.
func (a *Assembler) straight(c *conn, side Side, s *capture.Segment) bool {
	side &= 1
	h, o := &c.half[side], &c.half[side^1]
	behind := o.nextSeq + o.over - s.Ack
	switch {
	case c.ignored, s.Seq != h.nextSeq+h.over, behind > maxBehind, len(s.Payload) < s.Wire, s.Window == 0,
		s.Flags&(capture.SYN|capture.RST|capture.ACK) != capture.ACK,
		h.over != 0 && (s.Wire > 0 || s.Flags&capture.FIN != 0),
		s.Interface != c.Interface, s.Path != c.Path, s.Ref.Capture != c.First.Capture:
		return false
	}
	if s.Wire == 0 && (s.Flags&capture.FIN != 0 || c.Interfaces != nil || c.Paths != nil) && c.repeats(side, s) {
		return false
	}
	r := &c.recent
	p := &r.packets[r.at%8]
	p.seq, p.ack, p.length, p.window, p.via = s.Seq, s.Ack, lengthOf(s), s.Window, h.home&^1|uint16(side)
	p.time = uint32(s.Ref.Time / 1000)
	r.at++
	hs := &c.Halves[side]
	bump(&hs.Packets)
	c.Last, hs.Last = s.Ref, s.Ref
	off := o.next + int64(o.over) - int64(behind)
	if off > o.acked {
		o.acked = off
		c.Halves[side^1].Acked = uint64(max(min(off, o.next), 0))
	}
	o.ackLow = min(o.ackLow, off)
	if s.Wire > 0 {
		hs.noteData(s.Ref)
		data, start := s.Payload[:s.Wire], h.next
		h.next += int64(len(data))
		h.nextSeq += uint32(len(data))
		h.seenEnd, hs.Bytes = h.next, uint64(h.next)
		x := &a.chunk // field by field: a literal is made elsewhere and copied
		x.From, x.Offset, x.Data, x.Gap, x.Loss = side, uint64(start), data, 0, LossNone
		x.Ref, x.Acked, x.HasAck, x.Unkept = s.Ref, uint64(max(min(off, o.next), 0)), true, false
		a.handler.Data(&c.Conversation, x)
		x.Data = nil
		a.retain(c, h, data)
	}
	if s.Flags&capture.FIN != 0 && !c.ignored {
		a.last(c, side, s)
	}
	if c.ignored {
		a.dismiss(c)
	}
	if h.over&o.over != 0 {
		a.conclude(c)
	}
	return true
}

// repeats reports whether s, which has no payload, is a second copy.
func (c *conn) repeats(side Side, s *capture.Segment) bool {
	p := fingerprintOf(s, side)
	return c.recent.holds(&p, s.Flags&capture.FIN == 0)
}

// dismiss is release for a conversation on the straight way: nothing of it waits.
func (a *Assembler) dismiss(c *conn) {
	c.released, c.way = true, passing
	for side := range c.half {
		a.forget(&c.half[side].history)
		c.half[side].trim(maxSpareItems)
	}
}

// last signals the FIN of a segment that took the straight way.
func (a *Assembler) last(c *conn, side Side, s *capture.Segment) {
	side &= 1
	h, hs := &c.half[side], &c.Halves[side]
	a.own(h)
	h.fin.state, h.fin.off, h.over = controlDone, h.next, 1
	m, x := &hs.FIN, &a.signal
	m.Ref, m.Offset, m.TTL, m.Seen = s.Ref, uint64(max(h.next, 0)), s.TTL, true
	x.From, x.Kind, x.Offset, x.Ref, x.TTL, x.Window = side, FIN, m.Offset, s.Ref, s.TTL, InWindow
	a.handler.Signal(&c.Conversation, x)
}
