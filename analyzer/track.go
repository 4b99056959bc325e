package analyzer

import (
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// place says which packet carried the octets of a stream from offset on, up to
// the next place, and what its sender had acknowledged by then.
type place struct {
	offset uint64
	ref    capture.Ref
	acked  uint64
	hasAck bool
}

// track maps stream offsets of one side to packets. It covers the message that
// is being read; forget drops what lies before.
type track struct{ places []place }

// placesKept bounds the packets that are told apart in one message: beyond it
// only the newest is, and the octets between count as the last one's before it.
const placesKept = 2048

func placeOf(ch *reassembly.Chunk) place { return place{ch.Offset, ch.Ref, ch.Acked, ch.HasAck} }

func (t *track) add(p place) {
	if n := len(t.places); n >= placesKept {
		t.places[n-1] = p
		return
	}
	t.places = append(t.places, p)
}

func (t *track) empty() {
	if t.places = t.places[:0]; cap(t.places) > spansKept {
		t.places = nil
	}
}

// index gives the index of the place of the octet at offset; -1 = it lies before
// all of them.
func (t *track) index(offset uint64) int {
	lo, hi := 0, len(t.places)
	for lo < hi {
		if mid := (lo + hi) / 2; t.places[mid].offset <= offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// at gives the place of the octet at offset.
func (t *track) at(offset uint64) *place {
	switch len(t.places) {
	case 0:
		return &place{}
	case 1:
		return &t.places[0]
	}
	return &t.places[max(t.index(offset), 0)]
}

// forget drops the places that lie wholly before offset.
func (t *track) forget(offset uint64) {
	if len(t.places) < 2 {
		return
	}
	if n := t.index(offset); n > 0 {
		t.places = append(t.places[:0], t.places[n:]...)
	}
}

// newest gives the packet that arrived last.
func (t *track) newest() capture.Ref {
	if n := len(t.places); n > 0 {
		return t.places[n-1].ref
	}
	return capture.Ref{}
}

// refsKept bounds the packets that are listed for one head.
const refsKept = 64

// locate joins a head with the packets that carried it.
func (t *track) locate(m *Message, from reassembly.Side) {
	if len(t.places) != 1 || t.places[0].offset > m.Offset || len(m.Raw) == 0 {
		t.locateAny(m, from)
		return
	}
	p := &t.places[0] // the whole head, as mostly
	m.From, m.First, m.Last, m.Acked, m.HasAck = from, p.ref, p.ref, p.acked, p.hasAck
	if cap(m.spans) == 0 || cap(m.Refs) == 0 {
		m.spans, m.Refs = m.oneSpan[:], m.oneRef[:]
	}
	m.spans, m.Refs = m.spans[:1], m.Refs[:1]
	m.spans[0], m.Refs[0] = span{0, p.ref}, p.ref
}

// locateAny is locate without a short way.
func (t *track) locateAny(m *Message, from reassembly.Side) {
	end := m.End()
	first, last := t.at(m.Offset), t.at(max(end, 1)-1)
	m.From, m.First, m.Last, m.Acked, m.HasAck = from, first.ref, last.ref, first.acked, first.hasAck
	m.spans, m.Refs = m.spans[:0], m.Refs[:0]
	for _, p := range t.places[max(t.index(m.Offset), 0):] {
		if p.offset >= end {
			break
		}
		if !m.Packed { // else nothing of it has a place of its own
			m.spans = append(m.spans, span{uint32(max(p.offset, m.Offset) - m.Offset), p.ref})
		}
		if n := len(m.Refs); n < refsKept && (n == 0 || m.Refs[n-1] != p.ref) {
			m.Refs = append(m.Refs, p.ref)
		}
	}
}
