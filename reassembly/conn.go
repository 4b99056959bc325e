package reassembly

import "github.com/handshark/handshark/capture"

// conn is an open conversation and what it takes to order its bytes. What every
// packet needs stands together at the bounds of cache lines: the head of the
// Conversation, the head of each of its halves, and way with the halves behind it.
type conn struct {
	Conversation
	recent   recent
	way      way
	settled  bool // roles are final
	released bool // Ignore was obeyed
	own      bool // a socket connected to itself
	surfaced bool // counted in Stats.Surfaced
	hasPrior bool
	onward   uint8 // data segments that the sender of the rival SYN sent in the old epoch
	flow     uint32
	index    uint32  // in Assembler.conns
	rival    uint32  // early record of a SYN that may begin a new epoch; 0 = none
	half     [2]half // by Side

	// prior is, by Side, where the epoch before this one ended; valid only if
	// hasPrior. Late segments are told by it.
	prior [2]uint32

	held  hold
	ended int64 // clock.now when it came into Assembler.lingers: after an RST, or between the last FIN and its ACK
	links [chainCount]link
	_     [48]byte // whole cache lines
}

// phase says how far the start of a side's stream is known.
type phase uint8

const (
	unseen   phase = iota // no sequence number known
	anchored              // offsets count from the first number seen, which need not be the first byte
	started               // offset 0 is fixed
)

// half orders one side. Offsets are signed: before the start is fixed, earlier
// bytes than the first ones seen may turn up.
//
//	offset   0            next          items[0]      items[1]   seenEnd
//	         |--delivered--|····hole·····|###########|··|########|
//	                                                          ^ acked may be anywhere
type half struct {
	phase   phase
	over    uint32 // 1 once the FIN was handed on; valid only while conn.way is not long
	hasAck  bool
	lost    bool   // a gap was delivered that the other side had acknowledged
	home    uint16 // fingerprint.via of its first packet, with the lowest bit set
	nextSeq uint32 // sequence number of offset next
	next    int64  // offset of the first byte not delivered
	seenEnd int64  // end of the furthest segment seen
	ackLow  int64  // lowest offset that the other side acknowledged; valid only if hasAck
	acked   int64  // highest; valid only if hasAck
	waived  int64  // acknowledgments up to here hold nothing back any more
	*backlog
	history history
}

// backlog is what waits of a side, and how the side ended. Most conversations are
// without for most of their life: they share one that stays empty.
type backlog struct {
	items  []item // sorted by start, disjoint, none starts before next once started
	store  []item // the array of items, empty
	held   int    // bytes accounted for items
	fin    control
	rst    control
	shared bool // it is the empty one: not to be written
}

// own gives h a backlog that it may write.
func (a *Assembler) own(h *half) {
	if !h.shared {
		return
	}
	if n := len(a.backlogs); n > 0 {
		h.backlog, a.backlogs = a.backlogs[n-1], a.backlogs[:n-1]
		a.spare -= h.backlog.cost()
		return
	}
	h.backlog = &backlog{}
}

// maxSpare bounds the backlogs that are kept for later use, in bytes: there are as
// many as there were conversations with something that waits at once, and each may
// have had a long list.
const maxSpare = 1 << 20

// disown takes the backlog of h back. Nothing waits in it.
func (a *Assembler) disown(h *half) {
	b := h.backlog
	if b.shared {
		return
	}
	h.backlog = &a.none
	if n := b.cost(); a.spare+n <= maxSpare {
		b.items, b.fin, b.rst = b.store, control{}, control{}
		a.backlogs = append(a.backlogs, b)
		a.spare += n
	}
}

// cost gives about how many bytes b takes.
func (b *backlog) cost() int { return itemCost * (2 + cap(b.store)) }

// hold is the wait of a conn in Assembler.holds.
type hold struct {
	since    int64 // clock.now when it was put there
	first    int64 // the same, of the first of several windows in a row; 0 = none yet
	oneSided bool  // oneSidedWait has passed
	segments int32 // packets of the conversation since
}

// item is a run of bytes that waits.
type item struct {
	start int64
	data  []byte // nil if the snap length cut these bytes
	cut   int64  // length of what was cut; 0 if data is there
	order uint64
	seg   origin
}

// origin is the packet that carried an item.
type origin struct {
	ref    capture.Ref
	ack    uint32
	hasAck bool
}

func (it *item) end() int64 { return it.start + int64(len(it.data)) + it.cut }

// control is a FIN or an RST on its way to the handler.
type control struct {
	state  controlState
	window Window
	ttl    uint8
	off    int64
	order  uint64
	seg    origin
}

type controlState uint8

const (
	controlNone controlState = iota
	controlPending
	controlDone
)

// maxAhead is how far an acknowledgment may run ahead of the bytes seen, in
// bytes, to be believed: packets of another epoch and forged ones carry
// arbitrary numbers, and believing one would skip that much of the stream.
const maxAhead = 64 << 20

// maxBehind is the largest distance in bytes of a segment before the next byte:
// the largest window (RFC 7323 section 2.3). What would lie further behind lies
// ahead instead, beyond bytes that the capture lost.
const maxBehind = 1 << 30

// offset gives the stream offset of a sequence number: the one nearest to next,
// see maxBehind.
func (h *half) offset(seq uint32) int64 {
	back := h.nextSeq - seq
	if back <= maxBehind {
		return h.next - int64(back)
	}
	return h.next + int64(seq-h.nextSeq)
}

// anchor lets offsets count from seq if nothing is known yet.
func (h *half) anchor(seq uint32) {
	if h.phase == unseen {
		h.phase, h.nextSeq = anchored, seq
	}
}

// start fixes offset 0. Everything noted before moves along.
func (h *half) start(seq uint32) {
	h.anchor(seq)
	by := h.offset(seq)
	for i := range h.items {
		h.items[i].start -= by
	}
	if !h.shared {
		h.fin.off -= by
		h.rst.off -= by
	}
	h.seenEnd = max(h.seenEnd-by, 0)
	h.ackLow -= by
	h.acked -= by
	h.phase, h.next, h.nextSeq = started, 0, seq
}

// advance moves next.
func (h *half) advance(n int64) {
	h.next += n
	h.nextSeq += uint32(n)
	h.seenEnd = max(h.seenEnd, h.next)
}

// acknowledge takes an acknowledgment number of the other side.
func (h *half) acknowledge(ack uint32) {
	if h.phase == unseen {
		h.anchor(ack)
	}
	off := h.offset(ack)
	if off > max(h.seenEnd, h.next)+maxAhead {
		return
	}
	if !h.hasAck {
		h.hasAck, h.ackLow, h.acked = true, off, off
		return
	}
	h.ackLow = min(h.ackLow, off)
	h.acked = max(h.acked, off)
}

// need gives the offset up to which this side must be delivered before a packet
// of the other side with this acknowledgment may be.
func (h *half) need(ack uint32) int64 { return h.due(h.offset(ack)) }

// due clamps an acknowledged offset to what can still be awaited: not the FIN's
// own number, nothing that was waived, nothing beyond belief.
func (h *half) due(off int64) int64 {
	if h.fin.state != controlNone {
		off = min(off, h.fin.off)
	}
	if off <= h.waived || off > h.seenEnd+maxAhead {
		return h.next
	}
	return off
}

// owed reports whether the other side acknowledged bytes not delivered yet.
func (h *half) owed() bool { return h.phase == started && h.hasAck && h.due(h.acked) > h.next }

// finished reports whether the FIN was handed on.
func (h *half) finished() bool { return h.fin.state == controlDone }

// waits reports whether a packet of side that carries seg.ack must wait for
// bytes of the other side.
func (c *conn) waits(side Side, seg *origin) bool {
	if !seg.hasAck {
		return false
	}
	o := &c.half[side.Other()]
	switch o.phase {
	case started:
		return o.need(seg.ack) > o.next
	case anchored:
		off := o.offset(seg.ack)
		return len(o.items) > 0 && off > o.items[0].start || o.hasAck && off > o.ackLow+1 && off <= o.acked
	}
	return false
}
