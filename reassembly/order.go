package reassembly

import (
	"slices"
	"sort"

	"github.com/handshark/handshark/capture"
)

// offer takes the payload of a segment: hands it on at once if it is next, else
// puts it among the items.
//
//	            next        items[0]        items[1]
//	delivered····|           |#######|       |#####|
//	   [ old ]   ·           ·       ·       ·     ·      all delivered: a retransmission, compared, dropped
//	       [ old |new ]      ·       ·       ·     ·      trimmed, handed on
//	             [  new  ]   ·       ·       ·     ·      handed on without a copy
//	             [  new     |old|new]·       ·     ·      parts between items become items of their own
//	                    [new |  old  |  new  | old ]      likewise
func (a *Assembler) offer(c *conn, side Side, s *capture.Segment) {
	h := &c.half[side]
	if !a.careful && h.continues(s) {
		if seg := originOf(s); !c.waits(side, &seg) {
			c.Halves[side].noteData(s.Ref)
			a.deliver(c, side, s.Payload[:s.Wire], &seg)
			return
		}
	}
	r := a.runOf(c, side, s)
	if h.isProbe(s) {
		bump(&c.Halves[side].KeepAlives)
		return
	}
	c.Halves[side].noteData(s.Ref)
	if !c.clip(side, &r) {
		return
	}
	seen := h.seenEnd
	clash := false
	if h.phase == started && r.start < h.next {
		clash = h.history.conflicts(r.start, r.data)
		r.skip(h.next - r.start)
	}
	fresh := r.len()
	if a.isNext(c, side, &r) {
		h.seenEnd = max(h.seenEnd, r.start+r.len())
		a.handOver(c, side, &r)
	} else if fresh > 0 {
		h.seenEnd = max(h.seenEnd, r.start+r.len())
		var differ bool
		fresh, differ = a.insert(c, h, r)
		clash = clash || differ
	}
	a.judge(c, side, fresh, r.first < seen, clash, s.Ref)
}

// continues reports whether s brings what is next and nothing else, with nothing
// known of what follows.
func (h *half) continues(s *capture.Segment) bool {
	return h.phase == started && s.Seq == h.nextSeq && h.seenEnd == h.next && len(h.items) == 0 &&
		len(s.Payload) >= s.Wire && h.fin.state == controlNone && s.Flags&capture.SYN == 0
}

// run is the payload of one segment on its way in.
type run struct {
	first int64 // offset at which the segment began
	start int64 // offset of data[0], or of the cut bytes
	data  []byte
	cut   int64 // bytes behind data that the snap length cut
	seg   origin
}

func (r *run) len() int64 { return int64(len(r.data)) + r.cut }

// skip drops the first n bytes.
func (r *run) skip(n int64) {
	n = min(n, r.len())
	k := min(n, int64(len(r.data)))
	r.data = r.data[k:]
	r.cut -= n - k
	r.start += n
}

// limit drops what lies at or beyond offset end.
func (r *run) limit(end int64) {
	over := r.start + r.len() - end
	if over <= 0 {
		return
	}
	k := min(over, r.cut)
	r.cut -= k
	r.data = r.data[:max(int64(len(r.data))-(over-k), 0)]
}

func (a *Assembler) runOf(c *conn, side Side, s *capture.Segment) run {
	h := &c.half[side]
	seq := s.Seq
	if s.Flags.Has(capture.SYN) {
		seq++
	}
	h.anchor(seq)
	data := s.Payload[:min(len(s.Payload), s.Wire)]
	off := h.offset(seq)
	return run{first: off, start: off, data: data, cut: int64(s.Wire - len(data)), seg: originOf(s)}
}

func (hs *Half) noteData(ref capture.Ref) {
	bump(&hs.DataPackets)
	if !hs.FirstData.Known() {
		hs.FirstData = ref
	}
	hs.LastData = ref
}

// clip cuts a run at the FIN. It reports false if nothing is left.
func (c *conn) clip(side Side, r *run) bool {
	h := &c.half[side]
	if h.fin.state == controlNone || r.start+r.len() <= h.fin.off {
		return true
	}
	bump(&c.Halves[side].AfterFIN)
	r.limit(h.fin.off)
	return r.len() > 0
}

// isNext reports whether r can be handed on as it is.
func (a *Assembler) isNext(c *conn, side Side, r *run) bool {
	h := &c.half[side]
	return h.phase == started && r.start == h.next && r.len() > 0 &&
		(len(h.items) == 0 || r.start+r.len() <= h.items[0].start) &&
		!c.waits(side, &r.seg)
}

// handOver hands on a run that is next.
func (a *Assembler) handOver(c *conn, side Side, r *run) {
	if len(r.data) > 0 {
		a.deliver(c, side, r.data, &r.seg)
	}
	if r.cut > 0 && !c.ignored {
		a.gap(c, side, r.cut, LossCut, &r.seg)
	}
}

// judge counts what a segment was: fresh of its bytes were new.
func (a *Assembler) judge(c *conn, side Side, fresh int64, behind, clash bool, ref capture.Ref) {
	hs := &c.Halves[side]
	switch {
	case fresh == 0:
		bump(&hs.Retransmissions)
		a.stats.Retransmissions++
	case behind:
		bump(&hs.OutOfOrder)
		a.stats.OutOfOrder++
	}
	if clash {
		bump(&hs.Conflicts)
		a.stats.Conflicts++
		if !hs.Conflict.Known() {
			hs.Conflict = ref
		}
	}
}

// itemCost is what an item costs besides its bytes, so that tiny segments are
// bounded too.
const itemCost = 96

// insert puts the parts of r that no item covers among the items. It gives the
// number of new bytes, and whether a covered part differs from what is there. Cut
// bytes give way to captured ones:
//
//	items     |aaaa|    |cccccc(cut)cccccc|   |bb|
//	r      [xx|xxxx|xxxx|xxxxxxxx]
//	       new  old  new  new     cut remains
func (a *Assembler) insert(c *conn, h *half, r run) (fresh int64, clash bool) {
	a.own(h)
	i := sort.Search(len(h.items), func(i int) bool { return h.items[i].end() > r.start })
	for r.len() > 0 {
		if i == len(h.items) || h.items[i].start > r.start {
			room := r.len()
			if i < len(h.items) {
				room = min(room, h.items[i].start-r.start)
			}
			fresh += room
			i += a.place(h, i, &r, room)
			continue
		}
		it := &h.items[i]
		n := min(it.end()-r.start, r.len())
		if captured := min(n, int64(len(r.data))); it.data == nil && captured > 0 {
			fresh += captured
			i = a.fill(h, i, &r, captured)
			continue
		}
		clash = clash || it.differs(&r, n)
		r.skip(n)
		i++
	}
	a.waiters.push(c)
	return fresh, clash
}

// differs reports whether the next n bytes of r contradict it.
func (it *item) differs(r *run, n int64) bool {
	n = min(n, int64(len(r.data)))
	if it.data == nil || n <= 0 {
		return false
	}
	at := r.start - it.start
	return string(it.data[at:at+n]) != string(r.data[:n])
}

// place makes items of the next n bytes of r, before items[i]: one, or two if
// part of them is cut. It gives how many.
func (a *Assembler) place(h *half, i int, r *run, n int64) int {
	made := 0
	if k := min(n, int64(len(r.data))); k > 0 {
		h.add(i, a.keep(h, r, k))
		made, n = 1, n-k
	}
	if n > 0 {
		h.add(i+made, item{start: r.start, cut: n, order: a.stats.Segments, seg: r.seg})
		a.account(h, itemCost)
		r.skip(n)
		made++
	}
	return made
}

// keep copies the next n captured bytes of r into an item.
func (a *Assembler) keep(h *half, r *run, n int64) item {
	buf := a.buffers.get(int(n))
	copy(buf, r.data)
	it := item{start: r.start, data: buf, order: a.stats.Segments, seg: r.seg}
	a.account(h, cap(buf)+itemCost)
	r.skip(n)
	return it
}

// fill puts the next n captured bytes of r into the cut item i and gives the
// index of the item behind them.
func (a *Assembler) fill(h *half, i int, r *run, n int64) int {
	whole := h.items[i]
	before, behind := r.start-whole.start, whole.end()-r.start-n
	h.items[i] = a.keep(h, r, n)
	a.account(h, -itemCost)
	if behind > 0 {
		rest := whole
		rest.start, rest.cut = r.start, behind
		h.add(i+1, rest)
		a.account(h, itemCost)
	}
	if before > 0 {
		whole.cut = before
		h.add(i, whole)
		a.account(h, itemCost)
		i++
	}
	return i + 1
}

// add inserts an item at i.
func (h *half) add(i int, it item) {
	h.items = slices.Insert(h.items, i, it)
	if cap(h.items) > cap(h.store) {
		h.store = h.items[:0]
	}
}

// account counts waiting bytes.
func (a *Assembler) account(h *half, n int) {
	h.held += n
	a.stats.Waiting += n
	a.stats.WaitingPeak = max(a.stats.WaitingPeak, a.stats.Waiting)
}

// pop takes the first item.
func (a *Assembler) pop(h *half) item {
	it := h.items[0]
	h.items[0] = item{}
	h.items = h.items[1:]
	if len(h.items) == 0 {
		h.items = h.store
	}
	a.account(h, -itemCost-cap(it.data))
	return it
}
