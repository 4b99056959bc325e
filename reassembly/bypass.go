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
	c.held = holding{}
	for side := Client; side <= Server; side++ {
		h := &c.half[side]
		for len(h.items) > 0 {
			a.buffers.put(a.pop(h).data)
		}
		if cap(h.store) > maxSpareItems {
			h.items, h.store = nil, nil
		}
		a.forget(&h.history)
	}
}

// maxSpareItems is how long an item list may be to be kept for later use.
const maxSpareItems = 64

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
// it continues its side, acknowledges nothing ahead of the other, and came the
// usual way. It does what bypass does, for a quarter of the price, and reports
// whether it did.
func (a *Assembler) pass(c *conn, side Side, s *capture.Segment) bool {
	h, o := &c.half[side], &c.half[side.Other()]
	behind := o.nextSeq - s.Ack
	switch {
	case !c.plain || s.Seq != h.nextSeq || behind > maxBehind || !o.hasAck,
		s.Flags&(capture.FIN|capture.SYN|capture.RST|capture.ACK) != capture.ACK,
		s.Window == 0, s.Interface != c.Interface, s.Path != c.Path:
		return false
	}
	if off := o.next - int64(behind); off > o.acked {
		o.acked = off
	} else if off < o.ackLow {
		return false
	}
	hs, os := &c.Halves[side], &c.Halves[side.Other()]
	bump(&hs.Packets)
	c.Last, hs.Last = s.Ref, s.Ref
	if s.Wire > 0 {
		a.stats.Ignored += uint64(s.Wire)
		c.noteData(side, s.Ref)
		start := h.next
		h.next += int64(s.Wire)
		h.nextSeq += uint32(s.Wire)
		h.seenEnd, hs.Bytes = h.next, uint64(h.next)
		hs.keepSmall(s, start)
		hs.BeyondAck = h.lost || h.hasAck && h.acked > h.seenEnd+1
	}
	os.Acked = uint64(max(o.acked, 0))
	os.BeyondAck = o.lost || o.acked > o.seenEnd+1
	return true
}

// isPlain reports whether pass may take segments of c: the offsets of both sides
// are fixed, nothing ended and nothing lies ahead.
func (c *conn) isPlain() bool {
	for side := range c.half {
		h := &c.half[side]
		if h.phase != started || h.seenEnd != h.next || h.fin.state != controlNone || h.rst.state != controlNone {
			return false
		}
	}
	return !c.linger.in && c.HandshakeACK.Known() == c.SYNACK.Seen && !c.own
}

// bypass takes a segment of a conversation that is ignored.
func (a *Assembler) bypass(c *conn, side Side, s *capture.Segment) {
	if a.pass(c, side, s) {
		return
	}
	a.follow(c, side, s)
	c.plain = !a.careful && c.isPlain()
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
	c.noteData(side, s.Ref)
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
