package reassembly

import "github.com/handshark/handshark/capture"

// flow is what is remembered of a five-tuple, whatever becomes of it: 64 bytes
// without pointers.
type flow struct {
	a, b  capture.Addr
	ports uint32
	// ref is the index of the conn (open) or of the early (lone, answered, silent).
	ref        uint32
	last       uint32 // seconds of the last packet
	state      state
	flags      flowFlags
	list       listID
	client     direction // of the client's packets
	prev, next uint32    // in the list that its state belongs to
	queued     uint32    // last when it was put at the end of its list
	stream     uint32
}

// numbers are the sequence numbers that a flow remembers.
type numbers struct {
	base [2]uint32 // by direction: initial sequence number as Wireshark reckons it; valid only if known
	end  [2]uint32 // by direction: next sequence number when the last epoch ended; valid only if ended
}

// state says what stands behind a flow.
type state uint8

const (
	silent   state = iota // pure ACKs only so far, or idled out
	lone                  // a SYN, and its repetitions
	answered              // a SYN, its SYN-ACK, perhaps the ACK; see postpone
	open                  // a conn
	closed                // finished; late segments are dropped
)

// flowFlags are facts of a flow.
type flowFlags uint8

const (
	knownForth flowFlags = 1 << iota // base[forth] is valid
	knownBack                        // base[back] is valid
	ended                            // end is valid
	knownBoth  = knownForth | knownBack
)

func (f *flow) key() key { return key{f.a, f.b, f.ports} }

func (f *flow) known(d direction) bool { return f.flags&(knownForth<<d) != 0 }

func (f *flow) is(k *key) bool {
	return f.a.Lo == k.a.Lo && f.b.Lo == k.b.Lo && f.ports == k.ports && f.a.Hi == k.a.Hi && f.b.Hi == k.b.Hi
}

// note follows Wireshark: the first packet of a direction fixes where it
// starts, and the first ACK fixes where the other one does.
func (a *Assembler) note(i uint32, f *flow, d direction, s *capture.Segment) {
	base := &a.flows.numbers(i).base
	d &= 1
	switch {
	case s.Flags.Has(capture.SYN | capture.ACK):
		base[d] = s.Seq
	case f.known(d):
	case s.Flags.Has(capture.SYN):
		base[d] = s.Seq
	default:
		base[d] = s.Seq - 1
	}
	f.flags |= knownForth << d
	if s.Flags.Has(capture.ACK) && !f.known(d^1) {
		base[d^1] = s.Ack - 1
		f.flags |= knownBoth
	}
}

// renewed reports whether Wireshark starts a new tcp.stream at this SYN.
func (a *Assembler) renewed(i uint32, f *flow, d direction, s *capture.Segment) bool {
	return f.known(d) && a.flows.numbers(i).base[d] != s.Seq
}

func (f *flow) endpoints() (a, b capture.Endpoint) {
	return capture.Endpoint{Addr: f.a, Port: uint16(f.ports >> 16)},
		capture.Endpoint{Addr: f.b, Port: uint16(f.ports)}
}

// side gives the sender's side. Both directions of a socket connected to itself
// are forth.
func (f *flow) side(d direction) Side { return Side(d ^ f.client) }

// early is what is remembered of a flow before it is worth a Conversation: of a
// SYN that nothing answered yet, of pure ACKs, of a SYN that waits for proof
// that it begins a new epoch. 64 bytes without pointers.
type early struct {
	firstFrame, lastFrame uint64
	firstTime, lastTime   int64
	capture               uint32
	isn                   uint32
	iface                 uint32
	path                  capture.PathID
	stream                uint32
	next                  uint32 // first note of an answered SYN, else in the free list
	window                uint16
	mss                   uint16
	syns                  uint16 // 0 = no SYN
	ttl                   uint8
	dir                   direction
}

func (e *early) first() capture.Ref {
	return capture.Ref{Capture: e.capture, Frame: e.firstFrame, Time: e.firstTime}
}

func (e *early) last() capture.Ref {
	return capture.Ref{Capture: e.capture, Frame: e.lastFrame, Time: e.lastTime}
}

// earlies is a slab of early records; index 0 is never used.
type earlies struct {
	slabs []*[slabSize]early
	free  uint32
	size  uint32
}

func (t *earlies) at(i uint32) *early { return &t.slabs[i/slabSize][i%slabSize] }

// add makes a record of s, its first packet.
func (t *earlies) add(s *capture.Segment, d direction, stream uint32) uint32 {
	i := t.take()
	e := t.at(i)
	e.firstFrame, e.firstTime, e.capture = s.Ref.Frame, s.Ref.Time, s.Ref.Capture
	e.lastFrame, e.lastTime, e.next = s.Ref.Frame, s.Ref.Time, 0
	e.iface, e.path, e.dir, e.stream = s.Interface, s.Path, d, stream
	e.isn, e.window, e.mss, e.ttl = s.Seq, s.Window, s.MSS, s.TTL
	e.syns = 0
	if s.Flags.Has(capture.SYN) {
		e.syns = 1
	}
	return i
}

func (t *earlies) take() uint32 {
	if i := t.free; i != 0 {
		t.free = t.at(i).next
		return i
	}
	if t.size == 0 {
		t.size = 1
	}
	if int(t.size) >= len(t.slabs)*slabSize {
		t.slabs = append(t.slabs, new([slabSize]early))
	}
	t.size++
	return t.size - 1
}

func (t *earlies) remove(i uint32) {
	if i == 0 {
		return
	}
	t.at(i).next = t.free
	t.free = i
}
