package reassembly

import "github.com/handshark/handshark/capture"

// release obeys Ignore: it frees what c holds and signals what waited. Each side
// goes on from the furthest byte seen.
func (a *Assembler) release(c *conn) {
	c.released = true
	a.freeHeld(c)
	a.letGo(c)
}

// freeHeld gives back the memory of what waits and of the histories.
func (a *Assembler) freeHeld(c *conn) {
	a.holds.unlink(c)
	a.waiters.unlink(c)
	c.held = hold{}
	for side := Client; side <= Server; side++ {
		h := &c.half[side]
		for len(h.items) > 0 {
			a.buffers.put(a.pop(h).data)
		}
		h.trim(maxSpareItems)
		a.forget(&h.history)
	}
}

// maxSpareItems is how long an item list may be to be kept for later use.
const maxSpareItems = 64

// trim drops an empty list of items that has room for more than most.
func (h *half) trim(most int) {
	if len(h.items) == 0 && cap(h.store) > most {
		h.items, h.store = nil, nil
	}
}

// letGo fixes the offsets of both sides and signals what is pending.
func (a *Assembler) letGo(c *conn) {
	for side := Client; side <= Server; side++ {
		h := &c.half[side]
		if h.phase == anchored {
			h.start(h.nextSeq)
		}
		if h.phase == started && h.seenEnd > h.next {
			h.advance(h.seenEnd - h.next)
			c.Halves[side].Bytes = uint64(h.next)
		}
		a.signalPending(c, side)
	}
}

func (a *Assembler) signalPending(c *conn, side Side) {
	if c.half[side].fin.state == controlPending {
		a.emitFIN(c, side)
	}
	if c.half[side].rst.state == controlPending {
		a.emitRST(c, side)
	}
}

// pass takes a segment of a conversation that is ignored, if it is the usual one:
// it continues its side and came the usual way. It does what follow does, for a
// quarter of the price, and reports whether it did. It may close c.
func (a *Assembler) pass(c *conn, side Side, s *capture.Segment) bool {
	side &= 1
	h, o := &c.half[side], &c.half[side^1]
	behind := o.nextSeq + o.over - s.Ack
	switch {
	case s.Seq != h.nextSeq+h.over, behind > maxBehind, !o.hasAck, s.Window == 0, h.over != 0 && s.Wire > 0,
		s.Flags&(capture.FIN|capture.SYN|capture.RST|capture.ACK) != capture.ACK,
		s.Interface != c.Interface, s.Path != c.Path:
		return false
	}
	hs := &c.Halves[side]
	bump(&hs.Packets)
	c.Last, hs.Last = s.Ref, s.Ref
	if s.Wire > 0 {
		a.stats.Ignored += uint64(s.Wire)
		hs.noteData(s.Ref)
		start := h.next
		h.next += int64(s.Wire)
		h.nextSeq += uint32(s.Wire)
		h.seenEnd, hs.Bytes = h.next, uint64(h.next)
		if s.Wire <= MaxSmall {
			hs.keepSmall(s, start)
		}
		hs.BeyondAck = hs.BeyondAck && (h.lost || h.acked > h.seenEnd+1)
	}
	off := o.next + int64(o.over) - int64(behind)
	if off > o.acked { // but not beyond what was seen
		o.acked = off
		os := &c.Halves[side^1]
		os.Acked, os.BeyondAck = uint64(max(min(off, o.next), 0)), o.lost
	}
	o.ackLow = min(o.ackLow, off)
	if h.over&o.over != 0 {
		a.conclude(c)
	}
	return true
}

// bypass takes a segment of a conversation that is ignored.
func (a *Assembler) bypass(c *conn, f *flow, side Side, s *capture.Segment) {
	a.follow(c, side, s)
	a.findWay(c, f)
}

// follow is bypass for any segment. It may close c.
func (a *Assembler) follow(c *conn, side Side, s *capture.Segment) {
	if !c.released {
		a.release(c)
	}
	h, hs := &c.half[side], &c.Halves[side]
	if h.phase == unseen {
		h.start(s.Seq)
	}
	old := h.offset(s.Seq)+int64(s.Wire) <= h.next
	if s.Interface != c.Interface || s.Path != c.Path {
		c.seenOn(s)
		if old && s.Wire > 0 {
			bump(&c.Copies)
			a.stats.Copies++
			return
		}
	}
	c.note(side, s)
	c.acknowledged(side, s)
	a.passed(c, side, s, old)
	if s.Flags&(capture.FIN|capture.RST) != 0 {
		a.control(c, side, s)
		a.signalPending(c, side)
	}
	hs.Bytes = uint64(h.next)
	c.measure()
	a.conclude(c)
}

// passed follows the sequence numbers of a segment.
func (a *Assembler) passed(c *conn, side Side, s *capture.Segment, old bool) {
	h, hs := &c.half[side], &c.Halves[side]
	switch {
	case h.isProbe(s):
		bump(&hs.KeepAlives)
		return
	case s.Wire == 0:
		return
	}
	a.stats.Ignored += uint64(s.Wire)
	hs.noteData(s.Ref)
	start := h.offset(s.Seq)
	switch {
	case old:
		bump(&hs.Retransmissions)
		a.stats.Retransmissions++
	case h.fin.state != controlNone:
		bump(&hs.AfterFIN)
	default:
		h.advance(start + int64(s.Wire) - h.next)
	}
	hs.keepSmall(s, start)
}

// keepSmall copies a short segment; see Half.LastSmall.
func (hs *Half) keepSmall(s *capture.Segment, start int64) {
	if s.Wire > MaxSmall || len(s.Payload) < s.Wire {
		return
	}
	if hs.LastSmall == nil {
		hs.LastSmall = &Small{}
	}
	m := hs.LastSmall
	if cap(m.Data) < s.Wire {
		m.Data = make([]byte, 0, classSize(s.Wire))
	}
	m.Ref, m.Offset = s.Ref, uint64(max(start, 0))
	m.Data = append(m.Data[:0], s.Payload[:s.Wire]...)
}
