package reassembly

import "github.com/handshark/handshark/capture"

// bump counts, without wrapping.
func bump(n *uint32) {
	if *n != 1<<32-1 {
		*n++
	}
}

// arrive takes a segment of an open conversation.
func (a *Assembler) arrive(c *conn, f *flow, d direction, s *capture.Segment) {
	side := f.side(d)
	if c.late(side, s) {
		a.stats.Late++
		return
	}
	if a.copied(c, side, s) {
		return
	}
	if s.Flags.Has(capture.SYN) {
		a.handshake(c, f, d, s)
		side = f.side(d)
	}
	if c.ignored {
		a.bypass(c, f, side, s)
		return
	}
	c.note(side, s)
	if f.list == opening && (s.Wire > 0 || c.HandshakeACK.Known()) {
		a.enlist(c.flow, establishedID)
		a.submerge(c)
	}
	c.acknowledged(side, s)
	c.half[side].position(s)
	c.ahead(side, s)
	if s.Wire == 0 && c.half[side].isProbe(s) {
		bump(&c.Halves[side].KeepAlives)
	}
	a.absent(c, side.Other(), s)
	if s.Wire > 0 && !c.ignored {
		a.offer(c, side, s)
	}
	if !c.ignored && s.Flags&(capture.FIN|capture.RST) != 0 {
		a.control(c, side, s)
	}
	a.settle(c)
	a.findWay(c, f)
}

// lateReach is how near in bytes to the end of the epoch before a segment must
// lie to be a straggler of it.
const lateReach = 64 << 10

// late reports whether s is a straggler of the epoch before this one.
func (c *conn) late(side Side, s *capture.Segment) bool {
	if !c.hasPrior || s.Flags.Has(capture.SYN) {
		return false
	}
	old := c.prior[side]
	if min(s.Seq-old, old-s.Seq) > lateReach {
		return false
	}
	h := &c.half[side]
	return h.phase == unseen || min(s.Seq-h.nextSeq, h.nextSeq-s.Seq) > foreignDistance
}

// copied notes where s was captured and reports whether it is a second copy.
// A segment with nothing new that came another way than its side's first packet
// is one too, however late.
func (a *Assembler) copied(c *conn, side Side, s *capture.Segment) bool {
	elsewhere := s.Interface != c.Interface || s.Path != c.Path
	if elsewhere {
		c.seenOn(s)
	}
	if s.Ref.Capture != c.First.Capture {
		c.StreamExact = false
	}
	p := fingerprintOf(s, side)
	h := &c.half[side]
	off := h.offset(s.Seq)
	old := s.Wire == 0 || h.phase != unseen && h.has(off, s)
	pureACK := s.Wire == 0 && s.Flags&(capture.SYN|capture.FIN|capture.RST) == 0
	if h.home == 0 {
		h.home = p.via | 1
	}
	again := c.recent.holds(&p, pureACK) || s.Wire > 0 && p.via|1 != h.home
	if old && again && !h.differs(off, s.Payload) {
		bump(&c.Copies)
		a.stats.Copies++
		return true
	}
	c.recent.add(p.seq, p.ack, p.length, s.Ref.Time, p.window, p.via)
	return false
}

// has reports whether the bytes of s, which begin at offset start, were all
// handed on or are waiting. Cut bytes are not had where s has them.
func (h *half) has(start int64, s *capture.Segment) bool {
	captured, end := start+int64(len(s.Payload)), start+int64(s.Wire)
	if h.phase == started {
		start = max(start, h.next)
	}
	for i := 0; i < len(h.items) && start < end; i++ {
		it := &h.items[i]
		if it.end() <= start {
			continue
		}
		if it.start > start || it.data == nil && start < captured {
			break
		}
		start = it.end()
	}
	return start >= end
}

// differs reports whether data at offset start contradicts what was seen there.
func (h *half) differs(start int64, data []byte) bool {
	if len(data) == 0 {
		return false
	}
	if h.history.conflicts(start, data) {
		return true
	}
	for i := range h.items {
		it := &h.items[i]
		lo, hi := max(start, it.start), min(start+int64(len(data)), it.start+int64(len(it.data)))
		if lo < hi && string(it.data[lo-it.start:hi-it.start]) != string(data[lo-start:hi-start]) {
			return true
		}
	}
	return false
}

// note counts a packet.
func (c *conn) note(side Side, s *capture.Segment) {
	hs := &c.Halves[side]
	bump(&hs.Packets)
	c.Last, hs.Last = s.Ref, s.Ref
	if s.Window == 0 && s.Flags&(capture.SYN|capture.FIN|capture.RST) == 0 {
		bump(&hs.ZeroWindows)
	}
	if side == Client && c.SYNACK.Seen && !c.HandshakeACK.Known() &&
		s.Flags&(capture.SYN|capture.RST|capture.ACK) == capture.ACK {
		c.HandshakeACK = s.Ref
	}
}

// acknowledged takes the acknowledgment of s. That of an RST is not believed: it
// is the field that middleboxes get wrong.
func (c *conn) acknowledged(side Side, s *capture.Segment) {
	o := &c.half[side.Other()]
	switch {
	case s.Flags&(capture.ACK|capture.RST) != capture.ACK, c.own:
	case s.Flags.Has(capture.SYN) && (o.phase != started || o.offset(s.Ack) > o.seenEnd):
		// It answers a SYN of another epoch.
	default:
		o.acknowledge(s.Ack)
	}
}

// absent hands on at once what was acknowledged of a side that the capture does
// not hold at all, once a first hold window has passed in vain.
func (a *Assembler) absent(c *conn, side Side, s *capture.Segment) {
	h := &c.half[side]
	if h.lost && c.Halves[side].Packets == 0 && h.owed() {
		a.advanceTo(c, side, h.due(h.acked), LossNotCaptured, &origin{ref: s.Ref})
	}
}

// position takes the sequence number of a pure ACK: bytes between it and what the
// other side acknowledged exist, though the start of the stream is not known yet.
func (h *half) position(s *capture.Segment) {
	if h.phase != anchored || !h.hasAck || s.Wire > 0 || s.Flags.Has(capture.RST) {
		return
	}
	if off := h.offset(s.Seq); off < h.ackLow && h.ackLow-off <= adoptReach {
		h.ackLow = off
	}
}

// ahead takes the sequence number of a pure ACK: bytes before it were sent.
func (c *conn) ahead(side Side, s *capture.Segment) {
	h := &c.half[side]
	switch {
	case s.Wire > 0:
		c.Ahead[side] = false
	case h.phase == started && s.Flags&(capture.SYN|capture.FIN|capture.RST|capture.ACK) == capture.ACK:
		off := h.offset(s.Seq) - h.seenEnd
		c.Ahead[side] = c.Ahead[side] || off > 1 && off <= maxAhead
	}
}

// isProbe reports whether s is a keep-alive or a zero-window probe: 0 or 1 byte
// just before the next one (RFC 9293 section 3.8.4).
func (h *half) isProbe(s *capture.Segment) bool {
	if s.Wire > 1 || s.Flags&(capture.SYN|capture.FIN|capture.RST) != 0 || h.phase == unseen || h.finished() {
		return false
	}
	return h.seenEnd > 0 && h.offset(s.Seq) == h.seenEnd-1
}

// measure brings the facts of both sides up to date.
func (c *conn) measure() {
	for i := range c.half {
		h, hs := &c.half[i], &c.Halves[i]
		if !h.hasAck {
			continue
		}
		acked := h.acked
		if h.fin.state != controlNone {
			acked = min(acked, h.fin.off)
		}
		hs.Acked = uint64(max(acked, 0))
		hs.BeyondAck = h.lost || acked > h.seenEnd+1
	}
}

// originOf gives what an item remembers of s.
func originOf(s *capture.Segment) origin {
	return origin{ref: s.Ref, ack: s.Ack, hasAck: s.Flags.Has(capture.ACK)}
}
