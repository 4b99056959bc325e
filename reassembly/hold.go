package reassembly

import "time"

// What waits, and until when:
//
//	what                                            until
//	the start of a stream without SYN               an acknowledgment stands right before the first
//	                                                byte held, or the hold window ends: then the
//	                                                lowest offset
//	a hole that the other side acknowledged         the hole is filled, or the hold window ends
//	a packet that acknowledges unseen bytes         they come, or the hold window ends
//	a hole that was not acknowledged                filled, acknowledged, memory, RST, end
//	the same, no packet of the other side at all    3 s
//
// The hold window ends after HoldTime, HoldSegments packets of the conversation
// or HoldBytes on one side, whichever is first.

// oneSidedWait is how long a hole is kept open that nobody can acknowledge
// because only one direction was captured: time for a retransmission.
const oneSidedWait = int64(3 * time.Second)

// settle does what a packet, or a wait that ended, made possible. It may close c.
func (a *Assembler) settle(c *conn) {
	if !c.ignored && !a.careful && c.calm() {
		c.measure()
		a.conclude(c)
		return
	}
	a.work(c)
}

// calm reports whether settle has nothing to do for c but to look whether it is
// over: nothing waits, nothing did, nothing is awaited.
func (c *conn) calm() bool {
	return c.half[Client].calm() && c.half[Server].calm() && !c.links[holding].in && c.held.first == 0 && !c.links[waiting].in
}

func (h *half) calm() bool {
	return len(h.items) == 0 && h.fin.state != controlPending && h.rst.state != controlPending &&
		h.phase != anchored && !h.owed()
}

// work is settle for any conversation.
func (a *Assembler) work(c *conn) {
	if !c.ignored && c.hasWork() {
		a.begun(c)
		a.drain(c)
		a.readyRST(c)
		a.patience(c)
		a.squeeze(c)
	}
	if c.ignored && !c.released {
		a.release(c)
	}
	c.measure()
	a.arm(c)
	a.conclude(c)
	for a.awaited() > a.opt.MaxWaiting && a.waiters.head != nil {
		a.relieve(a.waiters.head)
	}
}

// relieve hands on everything that c holds, and the room that it took: memory is
// short, and c may stay open for long without anything that waits.
func (a *Assembler) relieve(c *conn) {
	a.flush(c, LossEvicted)
	c.half[Client].trim(0)
	c.half[Server].trim(0)
}

// waiterCost is what a conversation takes of which something waits, in bytes: its
// conn and its backlog. Where each holds one segment that is as much as what waits.
const waiterCost = 1792

// awaited gives the bytes that wait, and what is open for their sake.
func (a *Assembler) awaited() int { return a.stats.Waiting + a.waiters.length*waiterCost }

// hasWork reports whether anything of c waits.
func (c *conn) hasWork() bool {
	for side := range c.half {
		h := &c.half[side]
		if len(h.items) > 0 || h.fin.state == controlPending || h.rst.state == controlPending || h.owed() {
			return true
		}
	}
	return c.links[holding].in
}

// begun starts the sides whose first byte is proven.
func (a *Assembler) begun(c *conn) {
	if !c.provenStart(Client) && !c.provenStart(Server) {
		return
	}
	a.settleRoles(c)
	for side := Client; side <= Server; side++ {
		if c.provenStart(side) {
			c.begin(side)
		}
	}
}

// provenStart reports whether the first byte of an anchored side is known: the
// lowest acknowledgment of the other side stands right before it, or that side's
// SYN was seen, so that its lowest acknowledgment is the beginning.
func (c *conn) provenStart(side Side) bool {
	h := &c.half[side]
	if h.phase != anchored || len(h.items) == 0 || !h.hasAck {
		return false
	}
	return h.ackLow == h.items[0].start || c.Halves[side.Other()].ISNKnown
}

// begin starts a side at the lowest offset known: of the bytes held and, if the
// other side's SYN was seen, of what that side acknowledged.
func (c *conn) begin(side Side) {
	h := &c.half[side]
	first := int64(0)
	switch {
	case len(h.items) > 0:
		first = h.items[0].start
	case h.fin.state != controlNone:
		first = h.fin.off
	case h.hasAck:
		first = h.ackLow
	}
	if h.hasAck && (c.Halves[side.Other()].ISNKnown || len(h.items) == 0) {
		first = min(first, h.ackLow)
	}
	h.start(h.nextSeq + uint32(first))
}

// awaits reports whether c waits for something that the hold window bounds.
func (c *conn) awaits() bool {
	for side := Client; side <= Server; side++ {
		h := &c.half[side]
		switch {
		case h.rst.state == controlPending, h.owed():
			return true
		case h.phase == anchored && (len(h.items) > 0 || h.fin.state == controlPending):
			return true
		case h.phase == anchored && h.hasAck && h.acked > h.ackLow+1:
			return true
		case len(h.items) > 0 && c.Halves[side.Other()].Packets == 0:
			return true
		}
	}
	return false
}

// arm puts c on the clock, or takes it off.
func (a *Assembler) arm(c *conn) {
	if len(c.half[Client].items)+len(c.half[Server].items) == 0 {
		a.waiters.unlink(c)
	}
	wants := !c.ignored && c.awaits()
	switch {
	case !wants:
		a.holds.unlink(c)
		if c.held.first != 0 || c.held.since != 0 {
			c.held = hold{}
		}
	case !c.links[holding].in:
		a.holds.push(c)
		c.held.since, c.held.segments, c.held.oneSided = a.clock.now, 0, false
		a.expect(a.clock.now, int64(a.opt.HoldTime))
		if c.held.first == 0 {
			c.held.first = a.clock.now
		}
	}
}

// patience ends a hold window by packets or bytes.
func (a *Assembler) patience(c *conn) {
	if !c.links[holding].in || c.ignored {
		return
	}
	c.held.segments++
	if int(c.held.segments) < a.opt.HoldSegments && c.half[Client].held < a.opt.HoldBytes && c.half[Server].held < a.opt.HoldBytes {
		return
	}
	c.held.segments = 0
	a.resolve(c, proven, LossNotCaptured)
}

// overdue ends a hold window by time.
func (a *Assembler) overdue(c *conn) {
	first := c.held.first
	a.holds.unlink(c)
	c.held = hold{first: first, oneSided: a.clock.now-first >= oneSidedWait}
	a.resolve(c, proven, LossNotCaptured)
	a.settle(c)
}

// giveUp says which holes are given up.
type giveUp uint8

const (
	proven giveUp = iota // those that the other side acknowledged, or nobody can
	all
)

// resolve stops waiting: it hands on what is held, in the order of the packets,
// with gaps for what is missing.
func (a *Assembler) resolve(c *conn, how giveUp, loss Loss) {
	a.beginAll(c)
	a.drain(c)
	for !c.ignored && a.force(c, how, loss) {
		a.drain(c)
	}
	a.resolveRST(c, how)
}

// beginAll starts every side of which anything is known.
func (a *Assembler) beginAll(c *conn) {
	a.settleRoles(c)
	for side := Client; side <= Server; side++ {
		h := &c.half[side]
		if h.phase == anchored && (len(h.items) > 0 || h.fin.state == controlPending || h.hasAck && h.acked > h.ackLow+1) {
			c.begin(side)
		}
	}
}

// force makes one step: the earliest thing that waits and may be forced, else a
// gap at the end of a stream whose last bytes were acknowledged. It reports false
// if there is none.
func (a *Assembler) force(c *conn, how giveUp, loss Loss) bool {
	if side, ok := c.stuck(how); ok {
		h := &c.half[side]
		seg, at, _, _ := h.head()
		from := *seg
		a.advanceTo(c, side, at, loss, &from)
		if from.hasAck && c.half[side.Other()].phase == started {
			a.advanceTo(c, side.Other(), c.half[side.Other()].need(from.ack), loss, &from)
		}
		if !c.ignored {
			a.handOn(c, side)
		}
		return true
	}
	for side := Client; side <= Server; side++ {
		if h := &c.half[side]; h.owed() {
			a.advanceTo(c, side, h.due(h.acked), loss, &origin{ref: c.Halves[side.Other()].Last})
			return true
		}
	}
	return false
}

// stuck gives the side whose head came first of those that may be forced.
func (c *conn) stuck(how giveUp) (Side, bool) {
	best, order, found := Client, uint64(0), false
	for side := Client; side <= Server; side++ {
		h := &c.half[side]
		_, at, ord, ok := h.head()
		if !ok || h.phase != started || !c.mayForce(side, at, how) {
			continue
		}
		if !found || ord < order {
			best, order, found = side, ord, true
		}
	}
	return best, found
}

// mayForce reports whether the hole of a side before offset at is given up.
func (c *conn) mayForce(side Side, at int64, how giveUp) bool {
	h := &c.half[side]
	return how == all || at <= h.next || h.hasAck && h.due(h.acked) >= at ||
		c.Halves[side.Other()].Packets == 0 && c.held.oneSided
}

// advanceTo moves a side's next offset up to to, handing on items on the way and
// gaps between them. A single byte missing at the very end is the number of a FIN
// that was not captured: it is waived, not delivered.
func (a *Assembler) advanceTo(c *conn, side Side, to int64, loss Loss, seg *origin) {
	h := &c.half[side]
	for !c.ignored && h.next < to {
		if len(h.items) > 0 && h.items[0].start <= h.next {
			a.handOn(c, side)
			continue
		}
		end := to
		if len(h.items) > 0 {
			end = min(end, h.items[0].start)
		} else if end == h.next+1 && h.next >= h.seenEnd && h.fin.state == controlNone {
			h.waived = end
			return
		}
		a.gap(c, side, end-h.next, loss, seg)
	}
}

// squeeze keeps each side within MaxSide.
func (a *Assembler) squeeze(c *conn) {
	for side := Client; side <= Server; side++ {
		h := &c.half[side]
		if h.held <= a.opt.MaxSide || c.ignored {
			continue
		}
		a.beginAll(c)
		h = &c.half[side]
		for !c.ignored && h.held > a.opt.MaxSide {
			a.advanceTo(c, side, h.items[0].end(), LossEvicted, &h.items[0].seg)
		}
	}
}

// flush hands on everything that c holds.
func (a *Assembler) flush(c *conn, loss Loss) {
	if !c.ignored {
		a.resolve(c, all, loss)
	}
	if c.ignored && !c.released {
		a.release(c)
	}
	a.waiters.unlink(c)
}
