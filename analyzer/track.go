package analyzer

import (
	"github.com/handshark/handshark/analyzer/http1"
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

func (t *track) add(ch *reassembly.Chunk) {
	t.places = append(t.places, place{ch.Offset, ch.Ref, ch.Acked, ch.HasAck})
}

// at gives the place of the octet at offset.
func (t *track) at(offset uint64) place {
	for i := len(t.places) - 1; i >= 0; i-- {
		if t.places[i].offset <= offset {
			return t.places[i]
		}
	}
	if len(t.places) > 0 {
		return t.places[0]
	}
	return place{}
}

// forget drops the places that lie wholly before offset.
func (t *track) forget(offset uint64) {
	n := 0
	for n+1 < len(t.places) && t.places[n+1].offset <= offset {
		n++
	}
	if n > 0 {
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

// message joins a head with the packets that carried it.
func (t *track) message(m *http1.Message, from reassembly.Side) *Message {
	end := m.Offset + uint64(len(m.Raw))
	first, last := t.at(m.Offset), t.at(max(end, 1)-1)
	msg := &Message{
		Message: *m, From: from, First: first.ref, Last: last.ref,
		Acked: first.acked, HasAck: first.hasAck,
	}
	for i, p := range t.places {
		if p.offset >= end || i+1 < len(t.places) && t.places[i+1].offset <= m.Offset {
			continue
		}
		msg.spans = append(msg.spans, span{int(max(p.offset, m.Offset) - m.Offset), p.ref})
	}
	msg.Refs = msg.RefsOf(http1.Span{End: len(m.Raw)})
	if len(msg.Refs) > refsKept {
		msg.Refs = msg.Refs[:refsKept]
	}
	return msg
}
