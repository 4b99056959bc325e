package reassembly

import "github.com/handshark/handshark/capture"

// control takes the FIN and RST of a segment.
func (a *Assembler) control(c *conn, side Side, s *capture.Segment) {
	h := &c.half[side]
	h.anchor(s.Seq)
	off := h.offset(s.Seq) + int64(s.Wire)
	k := control{state: controlPending, ttl: s.TTL, off: off, order: a.stats.Segments, seg: originOf(s)}
	if s.Flags.Has(capture.SYN) {
		k.off = 0 // nobody sends both but to probe
	}
	a.own(h)
	if s.Flags.Has(capture.RST) {
		k.window = c.place(side, s)
		if h.rst.state == controlNone || h.rst.window == OutsideWindow && k.window == InWindow {
			h.rst = k
		}
		return
	}
	if h.fin.state == controlNone && (h.phase != started || off >= h.next) {
		h.fin = k
	}
}

// rstReach is how far in bytes from the next one an RST may lie to be taken for
// one of the connection.
const rstReach = 1 << 20

// place tells whether the receiver of an RST would look at it. One that answers
// a SYN carries no number of its own (RFC 9293 section 3.10.7.1).
func (c *conn) place(side Side, s *capture.Segment) Window {
	h, o := &c.half[side], &c.half[side.Other()]
	near := func(h *half, seq uint32) bool {
		return h.phase == unseen || min(seq-h.nextSeq, h.nextSeq-seq) <= rstReach+uint32(min(max(h.seenEnd-h.next, 0), maxAhead))
	}
	if h.phase == unseen && s.Flags.Has(capture.ACK) && !near(o, s.Ack) || h.phase != unseen && !near(h, s.Seq) {
		return OutsideWindow
	}
	return InWindow
}

// emitFIN signals the FIN of a side. What waits beyond it is dropped.
func (a *Assembler) emitFIN(c *conn, side Side) {
	h, hs := &c.half[side], &c.Halves[side]
	h.fin.state = controlDone
	for len(h.items) > 0 {
		a.buffers.put(a.pop(h).data)
		bump(&hs.AfterFIN)
	}
	hs.FIN = Mark{Ref: h.fin.seg.ref, Offset: uint64(max(h.fin.off, 0)), TTL: h.fin.ttl, Seen: true}
	a.emit(c, Signal{From: side, Kind: FIN, Offset: hs.FIN.Offset, Ref: hs.FIN.Ref, TTL: hs.FIN.TTL})
}

// emitRST signals the RST of a side.
func (a *Assembler) emitRST(c *conn, side Side) {
	h, hs := &c.half[side], &c.Halves[side]
	h.rst.state = controlDone
	hs.RST = Mark{Ref: h.rst.seg.ref, Offset: uint64(max(h.rst.off, 0)), TTL: h.rst.ttl, Window: h.rst.window, Seen: true}
	h.rst.off = max(h.rst.off, h.seenEnd)
	a.emit(c, Signal{
		From: side, Kind: RST, Offset: hs.RST.Offset, Ref: hs.RST.Ref,
		TTL: hs.RST.TTL, Window: hs.RST.Window,
	})
	if h.rst.window == InWindow {
		a.linger(c)
	}
}

func (a *Assembler) emit(c *conn, s Signal) {
	a.settleRoles(c)
	c.measure()
	a.signal = s
	a.handler.Signal(&c.Conversation, &a.signal)
}

// readyRST signals an RST that nothing is missing before.
func (a *Assembler) readyRST(c *conn) {
	for side := Client; side <= Server; side++ {
		h := &c.half[side]
		if h.rst.state != controlPending || c.ignored || !c.settled {
			continue
		}
		if h.rst.window == OutsideWindow {
			a.emitRST(c, side)
			continue
		}
		behind := h.phase == started && h.rst.off > h.next
		if !behind && !c.waits(side, &h.rst.seg) && len(c.half[0].items)+len(c.half[1].items) == 0 {
			a.emitRST(c, side)
		}
	}
}

// resolveRST signals an RST that waited long enough, after everything held.
func (a *Assembler) resolveRST(c *conn, how giveUp) {
	for side := Client; side <= Server; side++ {
		if c.half[side].rst.state != controlPending {
			continue
		}
		if how == proven && !c.ignored {
			a.resolve(c, all, LossNotCaptured)
			return
		}
		a.emitRST(c, side)
	}
}

// linger lets c wait for stragglers before it is closed.
func (a *Assembler) linger(c *conn) {
	if !c.links[lingering].in {
		a.lingers.push(c)
		c.ended = a.clock.now
		a.expectEnd(a.lingers.head)
	}
}

// conclude closes c once both FINs were handed on and acknowledged, and lets it
// linger while an acknowledgment is missing. An RST that its sender went on
// after was none of its own.
func (a *Assembler) conclude(c *conn) {
	x, y := &c.half[Client], &c.half[Server]
	if x.finished() && y.finished() {
		if x.acked > x.fin.off && y.acked > y.fin.off && x.hasAck && y.hasAck {
			a.close(c, EndFinished)
			return
		}
		a.linger(c)
		return
	}
	if c.links[lingering].in && (x.outlived() || y.outlived()) {
		a.lingers.unlink(c)
		c.ended = 0
	}
}

// outlived reports whether bytes were seen that follow the RST of a side and all
// that was seen before it.
func (h *half) outlived() bool {
	return h.rst.state == controlDone && h.phase == started && h.seenEnd > h.rst.off
}

// close ends c: everything held is handed on, the handler is told, the memory is
// given back.
func (a *Assembler) close(c *conn, why End) {
	if c.way == long { // else nothing waits, and all is measured
		a.flush(c, LossNotCaptured)
		a.settleRoles(c)
		c.measure()
	}
	a.retire(c, why)
	a.handler.Closed(&c.Conversation, why)
	a.freeConn(c)
}

// Drop closes a conversation that was abandoned, with EndEvicted. What still comes
// on its five-tuple counts as late until another connection begins there. It does
// nothing for one that was closed since. It must not be called by the handler.
func (a *Assembler) Drop(c *Conversation) {
	if !c.abandoned {
		return
	}
	i, f, _ := a.flows.locate(&capture.Segment{Src: c.Client, Dst: c.Server})
	if i == 0 || f.state != open {
		return
	}
	x := a.conns[f.ref]
	if &x.Conversation != c {
		return
	}
	a.flush(x, LossNotCaptured)
	a.retire(x, EndFinished) // to know what is late
	a.handler.Closed(c, EndEvicted)
	a.freeConn(x)
}

// retire leaves of c what its flow remembers.
func (a *Assembler) retire(c *conn, why End) {
	f, ends := a.flows.flow(c.flow), &a.flows.numbers(c.flow).end
	for side := range c.half {
		h := &c.half[side]
		d := f.client ^ direction(side)
		ends[d] = h.nextSeq
		if h.fin.state != controlNone {
			ends[d]++
		}
	}
	f.flags &^= ended
	if why == EndFinished || why == EndReused {
		f.flags |= ended
	}
	a.stats.Open--
	f.ref = 0
	f.state = silent
	if why == EndFinished {
		f.state = closed
	}
	a.enlist(c.flow, forgettable)
	switch {
	case c.rival == 0:
	case c.wentOn():
		a.stats.StraySYNs++
		a.earlies.remove(c.rival)
	default:
		a.enthrone(c.flow, c.rival)
	}
	c.rival = 0
}

// connsAtOnce is how many conns are made at once: one by one they would take a
// tenth more.
const connsAtOnce = 24

// newConn makes a conn for flow i.
func (a *Assembler) newConn(i uint32, f *flow) *conn {
	if n := len(a.freeConns); n > 0 {
		c := a.conns[a.freeConns[n-1]]
		a.freeConns = a.freeConns[:n-1]
		c.flow, c.Stream, c.StreamExact = i, int64(f.stream), f.stream < a.unsure
		return c
	}
	if len(a.fresh) == 0 {
		a.fresh = make([]conn, connsAtOnce)
	}
	c := &a.fresh[0]
	a.fresh = a.fresh[1:]
	c.flow, c.index = i, uint32(len(a.conns))
	c.half[Client].backlog, c.half[Server].backlog = &a.none, &a.none
	c.Stream, c.StreamExact = int64(f.stream), f.stream < a.unsure
	a.conns = append(a.conns, c)
	return c
}

// freeConn gives the memory of c back.
func (a *Assembler) freeConn(c *conn) {
	if !c.released { // else nothing is held since
		a.freeHeld(c)
	}
	a.submerge(c)
	a.lingers.unlink(c)
	for side := range c.half {
		a.disown(&c.half[side])
	}
	i := c.index
	*c = conn{}
	c.index = i
	c.half[Client].backlog, c.half[Server].backlog = &a.none, &a.none
	a.freeConns = append(a.freeConns, i)
}
