package reassembly

// deliver hands on bytes at the side's next offset.
func (a *Assembler) deliver(c *conn, side Side, data []byte, seg *origin) {
	h := &c.half[side]
	off := h.next
	h.advance(int64(len(data)))
	c.Halves[side].Bytes = uint64(h.next)
	a.chunk = Chunk{From: side, Offset: uint64(off), Data: data}
	a.push(c, side, seg)
	a.retain(c, h, data)
}

// retain keeps what was handed on as far as it is to be compared.
func (a *Assembler) retain(c *conn, h *half, data []byte) {
	switch {
	case c.uncompared:
		a.forget(&h.history)
	case !a.chunk.Unkept:
		a.remember(&h.history, data, h.next)
	}
}

// gap hands on n missing bytes. What the other side had received was not
// captured, whatever else made us give it up.
func (a *Assembler) gap(c *conn, side Side, n int64, loss Loss, seg *origin) {
	h, hs := &c.half[side], &c.Halves[side]
	off := h.next
	if loss != LossCut && h.hasAck && h.acked >= off+n {
		loss = LossNotCaptured
		h.lost = true
	}
	h.advance(n)
	hs.Bytes = uint64(h.next)
	switch loss {
	case LossCut:
		hs.Cut += uint64(n)
	case LossEvicted:
		a.stats.EvictedBytes += uint64(n)
		hs.Missing += uint64(n)
	default:
		hs.Missing += uint64(n)
	}
	a.stats.Gaps++
	a.stats.GapBytes += uint64(n)
	a.chunk = Chunk{From: side, Offset: uint64(off), Gap: uint64(n), Loss: loss}
	a.push(c, side, seg)
}

// push completes the chunk and calls the handler.
func (a *Assembler) push(c *conn, side Side, seg *origin) {
	a.chunk.Ref = seg.ref
	if o := &c.half[side.Other()]; seg.hasAck && o.phase == started {
		off := o.offset(seg.ack)
		if o.fin.state != controlNone {
			off = min(off, o.fin.off)
		}
		a.chunk.Acked, a.chunk.HasAck = uint64(max(off, 0)), true
	}
	c.measure()
	a.handler.Data(&c.Conversation, &a.chunk)
	a.chunk.Data = nil
}

// drain hands on everything that is next, in the order of the packets.
func (a *Assembler) drain(c *conn) {
	for !c.ignored {
		side, ok := c.ready()
		if !ok {
			return
		}
		a.handOn(c, side)
	}
}

// ready gives the side whose first waiting thing can be handed on; of two, the
// one that came first, but a FIN before what acknowledges it: captures swap
// packets, and who closed first matters.
func (c *conn) ready() (Side, bool) {
	clientOrder, client := c.isReady(Client)
	serverOrder, server := c.isReady(Server)
	if !client || !server {
		return sideIf(server), client || server
	}
	if byClient, byServer := c.knowsFIN(Client), c.knowsFIN(Server); byClient != byServer {
		return sideIf(byClient), true
	}
	return sideIf(serverOrder < clientOrder), true
}

// sideIf gives Server if server is set, else Client.
func sideIf(server bool) Side {
	if server {
		return Server
	}
	return Client
}

// isReady reports whether the first waiting thing of a side can be handed on,
// and its place in the order of packets.
func (c *conn) isReady(side Side) (order uint64, ok bool) {
	h := &c.half[side]
	seg, at, order, ok := h.head()
	return order, ok && h.phase == started && at <= h.next && !c.waits(side, seg)
}

// knowsFIN reports whether the first waiting thing of a side acknowledges the
// FIN that is the first waiting thing of the other.
func (c *conn) knowsFIN(side Side) bool {
	seg, _, _, _ := c.half[side].head()
	o := &c.half[side.Other()]
	return len(o.items) == 0 && o.fin.state == controlPending && seg.hasAck && o.offset(seg.ack) > o.fin.off
}

// head gives the first thing of a side that waits: an item, or the FIN.
func (h *half) head() (seg *origin, at int64, order uint64, ok bool) {
	if len(h.items) > 0 {
		it := &h.items[0]
		return &it.seg, it.start, it.order, true
	}
	if h.fin.state == controlPending {
		return &h.fin.seg, h.fin.off, h.fin.order, true
	}
	return nil, 0, 0, false
}

// handOn hands on the head of a side, which is at its next offset.
func (a *Assembler) handOn(c *conn, side Side) {
	h := &c.half[side]
	if len(h.items) == 0 {
		a.emitFIN(c, side)
		return
	}
	it := a.pop(h)
	if it.data == nil {
		a.gap(c, side, it.cut, LossCut, &it.seg)
		return
	}
	a.deliver(c, side, it.data, &it.seg)
	a.buffers.put(it.data)
}
