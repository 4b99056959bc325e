package reassembly

import (
	"cmp"
	"slices"
	"time"

	"github.com/handshark/handshark/capture"
)

// Assembler orders the segments of any number of TCP connections. It is used by
// one goroutine. Its only clock is the time of the packets, so the same segments
// give the same calls.
//
// Two streams are never mixed and nothing is handed on twice: what cannot be put
// in order within the bounds of [Options] becomes a gap, and is counted.
type Assembler struct {
	opt     Options
	handler Handler
	stats   Stats

	clock clock
	// streams is the number of the next tcp.stream; from number unsure on the
	// numbering may differ from Wireshark's.
	streams uint32
	unsure  uint32
	capture uint32 // of the first packet; before it, one that no packet has

	flows     table
	lists     [listCount]queue
	earlies   earlies
	notes     notes
	conns     []*conn // by flow.ref; 0 unused
	freeConns []uint32
	fresh     []conn // made, never used
	buffers   buffers
	backlogs  []*backlog // free ones
	spare     int        // bytes that they take
	none      backlog    // of every side that has none of its own

	holds   chain // conns with a wait on the clock, oldest first
	waiters chain // conns with waiting items, oldest first
	lingers chain // conns about to close, oldest first
	due     int64 // clock.now before which nothing leaves holds or lingers by time

	// Options.OpeningIdle and Options.Idle in seconds, and the smaller of the two.
	openingLimit, idleLimit, leastLimit uint32

	chunk  Chunk
	signal Signal

	careful bool // no quick ways; tests compare the two
}

// Hash gives what the flow of s is looked up by, which is the same for both directions;
// Segment works it out where s.Hash is 0. It may be called while another goroutine is in
// any other method.
func (a *Assembler) Hash(s *capture.Segment) uint32 { return a.flows.hashFor(s) }

// Expect tells the hashes of flows that may begin soon. It changes nothing but how long
// it takes to begin them.
func (a *Assembler) Expect(hashes []uint32) { a.flows.expect(hashes) }

// limitOf gives an idle limit in whole seconds; none is the largest number.
func limitOf(d time.Duration) uint32 {
	if d <= 0 {
		return 1<<32 - 1
	}
	return uint32(min(d/time.Second, 1<<32-1))
}

// New makes an Assembler that calls h. h must not call the Assembler.
func New(h Handler, o Options) *Assembler {
	o = o.withDefaults()
	opening, idle := limitOf(o.OpeningIdle), limitOf(o.Idle)
	a := &Assembler{
		opt: o, handler: h, unsure: 1<<32 - 1, capture: 1<<32 - 1,
		openingLimit: opening, idleLimit: idle, leastLimit: min(opening, idle),
		flows: newTable(), conns: make([]*conn, 1),
		none: backlog{shared: true}, due: never,
	}
	a.holds = chain{conns: &a.conns, id: holding}
	a.waiters = chain{conns: &a.conns, id: waiting}
	a.lingers = chain{conns: &a.conns, id: lingering}
	return a
}

// Stats gives the counters as they stand.
func (a *Assembler) Stats() Stats {
	st := a.stats
	st.Flows = a.flows.used
	return st
}

// StreamsUncertain says that Wireshark may have counted a packet as the first of
// a TCP stream that Segment was not given, such as one that could not be
// decoded: five-tuples that appear from now on have StreamExact
// false.
func (a *Assembler) StreamsUncertain() { a.unsure = min(a.unsure, a.streams) }

// Segment takes the next segment of the capture. It may call the handler for
// this and for other conversations. s and its payload are not kept.
func (a *Assembler) Segment(s *capture.Segment) {
	if !a.clock.forward(s.Ref.Time) {
		a.clock.adjust(s.Ref.Time)
	}
	if a.clock.now >= a.due || a.clock.second > a.leastLimit {
		a.attend()
	}
	if a.stats.Segments++; s.Ref.Capture != a.capture {
		a.captured(s)
	}
	i, f, d := a.flows.locate(s)
	if i == 0 {
		i, f = a.admit(s)
	}
	f.last = a.clock.second
	if f.state == open {
		c, done := a.conns[f.ref], false
		switch c.way {
		case straight:
			done = a.straight(c, f.side(d), s)
		case passing:
			done = a.pass(c, f.side(d), s)
		}
		if done {
			return
		}
	}
	a.take(i, f, d, s)
}

// take is Segment for any segment of flow i.
func (a *Assembler) take(i uint32, f *flow, d direction, s *capture.Segment) {
	if s.Flags&(capture.SYN|capture.ACK) == capture.SYN {
		a.syn(i, f, d, s)
	} else {
		a.dispatch(i, f, d, s)
	}
	if f.flags&knownBoth != knownBoth || s.Flags&capture.SYN != 0 {
		a.note(i, f, d, s)
	}
}

// captured notes a packet of another capture than the one before.
func (a *Assembler) captured(s *capture.Segment) {
	if a.stats.Segments == 1 {
		a.capture = s.Ref.Capture
		return
	}
	a.StreamsUncertain()
}

// dispatch handles anything but a SYN.
func (a *Assembler) dispatch(i uint32, f *flow, d direction, s *capture.Segment) {
	switch f.state {
	case open:
		c := a.conns[f.ref]
		if c.ignored && c.rival == 0 {
			a.bypass(c, f, f.side(d), s)
			return
		}
		if c.rival != 0 {
			c = a.contest(i, c, d, s)
		}
		a.arrive(c, f, d, s)
	case closed:
		if s.Wire == 0 || !a.foreign(i, d, s.Seq) {
			a.late(i, d, s)
			return
		}
		a.arrive(a.promote(i, s), f, d, s)
	case silent:
		if s.Wire == 0 && s.Flags&(capture.SYN|capture.FIN|capture.RST) == 0 {
			a.hush(f, d, s)
			return
		}
		a.arrive(a.promote(i, s), f, d, s)
	case lone, answered:
		if a.postpone(i, f, d, s) {
			return
		}
		c := a.promote(i, s)
		if c.way != straight || !a.straight(c, f.side(d), s) {
			a.arrive(c, f, d, s)
		}
	}
}

// late takes a segment of a connection that ended, or that was dropped and goes on.
func (a *Assembler) late(i uint32, d direction, s *capture.Segment) {
	a.stats.Late++
	end, next := &a.flows.numbers(i).end[d&1], s.Seq+uint32(s.Wire)
	if next-*end <= foreignDistance {
		*end = next
	}
}

// hush notes a pure ACK of a flow that has no conversation.
func (a *Assembler) hush(f *flow, d direction, s *capture.Segment) {
	if f.ref == 0 {
		f.ref = a.earlies.add(s, d, f.stream)
		a.stats.Silent++
	}
}

// foreignDistance is how far a sequence number must lie from the end of a
// finished connection to belong to another one on the same five-tuple.
const foreignDistance = 16 << 20

// foreign reports whether seq cannot belong to the connection that ended.
func (a *Assembler) foreign(i uint32, d direction, seq uint32) bool {
	if a.flows.flow(i).flags&ended == 0 {
		return true
	}
	end := a.flows.numbers(i).end[d]
	return min(seq-end, end-seq) > foreignDistance
}

// admit makes a flow for a five-tuple seen for the first time.
func (a *Assembler) admit(s *capture.Segment) (uint32, *flow) {
	for a.flows.used >= a.opt.MaxFlows && a.evict() {
	}
	k, _ := keyOf(s)
	i := a.flows.add(&k, a.flows.hashOf(s, &k))
	f := a.flows.flow(i)
	f.stream = a.number()
	f.last, f.queued, f.list = a.clock.second, a.clock.second, forgettable
	if s.Flags&(capture.SYN|capture.ACK) == capture.SYN {
		f.list = opening // where syn puts it
	}
	a.flows.push(&a.lists[f.list], i)
	return i, f
}

// number gives the next stream number.
func (a *Assembler) number() uint32 {
	a.streams++
	return a.streams - 1
}

// evict forgets one flow. It reports false if there is none.
func (a *Assembler) evict() bool {
	a.StreamsUncertain()
	if i := a.oldest(forgettable); i != 0 {
		a.stats.Forgotten++
		a.drop(i)
		return true
	}
	i, j := a.oldest(opening), a.oldest(establishedID)
	if i == 0 || j != 0 && a.flows.flow(j).last < a.flows.flow(i).last {
		i = j
	}
	if i == 0 {
		return false
	}
	a.stats.Evicted++
	a.end(i, EndEvicted)
	a.drop(i)
	return true
}

// makeRoom closes the conversations that were idle for longest to stay within
// MaxOpen.
func (a *Assembler) makeRoom() {
	for len(a.conns)-1-len(a.freeConns) >= a.opt.MaxOpen {
		i, j := a.halfOpen(), a.oldest(establishedID)
		if i == 0 || j != 0 && a.flows.flow(j).last < a.flows.flow(i).last {
			i = j
		}
		if i == 0 {
			return
		}
		a.stats.Evicted++
		a.end(i, EndEvicted)
	}
}

// looks bounds the flows among which makeRoom looks for one that is open: those
// of which only a SYN was seen are small and stay.
const looks = 64

// halfOpen gives a conversation that was not established and is among those that
// were idle for longest, or 0.
func (a *Assembler) halfOpen() uint32 {
	i := a.oldest(opening)
	for range looks {
		if i == 0 || a.flows.flow(i).state == open {
			return i
		}
		i = a.flows.flow(i).next
	}
	return 0
}

// drop removes a flow without a conversation.
func (a *Assembler) drop(i uint32) {
	f := a.flows.flow(i)
	if f.state == lone { // a rival SYN that outlived its conversation
		a.end(i, EndEvicted)
	}
	a.earlies.remove(f.ref)
	a.flows.unlink(&a.lists[f.list], i)
	a.flows.remove(i)
}

// end closes whatever is open on flow i.
func (a *Assembler) end(i uint32, why End) {
	f := a.flows.flow(i)
	switch f.state {
	case lone, answered:
		a.close(a.promote(i, nil), why)
	case open:
		a.close(a.conns[f.ref], why)
	}
}

// Finish ends the capture: everything that waits is delivered, with gaps, and
// every conversation is closed with EndCapture in order of Stream. The Assembler
// must not be used afterwards, except for Stats.
func (a *Assembler) Finish() {
	type last struct{ stream, flow, rival uint32 }
	all := make([]last, 0, a.stats.Open)
	var rivals []uint32
	for id := opening; id < listCount; id++ {
		for i := a.lists[id].head; i != 0; i = a.flows.flow(i).next {
			f := a.flows.flow(i)
			if f.state == open && a.conns[f.ref].rival != 0 && !a.conns[f.ref].wentOn() {
				rivals = append(rivals, i)
			}
			all = append(all, last{stream: a.stream(f), flow: i})
		}
	}
	for _, i := range rivals {
		c := a.conns[a.flows.flow(i).ref]
		all = append(all, last{stream: a.earlies.at(c.rival).stream, flow: i, rival: c.rival})
		c.rival = 0
	}
	slices.SortStableFunc(all, func(x, y last) int {
		return cmp.Or(cmp.Compare(x.stream, y.stream), cmp.Compare(x.flow, y.flow))
	})
	for _, l := range all {
		if l.rival != 0 {
			a.enthrone(l.flow, l.rival)
		}
		a.end(l.flow, EndCapture)
	}
}

func (a *Assembler) stream(f *flow) uint32 {
	if f.state == open {
		return uint32(a.conns[f.ref].Stream)
	}
	return f.stream
}
