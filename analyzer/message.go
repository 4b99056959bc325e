package analyzer

import (
	"sort"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
)

// span says which packet carried the octets of a head from start on, up to the
// start of the next span. Offsets are relative to Message.Raw.
type span struct {
	start uint32
	ref   capture.Ref
}

// End is the stream offset behind the head. Sequence numbers, which Wireshark counts
// from 0 at the SYN, are one more.
func (m *Message) End() uint64 {
	if m.Packed {
		return m.packedEnd
	}
	return m.Offset + uint64(len(m.Raw))
}

// RefsOf gives the packets that carried a range of the head, in stream order: of one that
// was compressed those of the whole head.
func (m *Message) RefsOf(s http1.Span) []capture.Ref { return m.AppendRefs(nil, s) }

// AppendRefs appends what RefsOf gives to list.
func (m *Message) AppendRefs(list []capture.Ref, s http1.Span) []capture.Ref {
	if m.Packed {
		return append(list, m.Refs...)
	}
	i := sort.Search(len(m.spans), func(i int) bool { return m.spans[i].start > s.Start })
	if i > 0 {
		i--
	}
	from := len(list)
	for ; i < len(m.spans) && (m.spans[i].start < s.End || len(list) == from); i++ {
		if n := len(list); n == from || list[n-1] != m.spans[i].ref {
			list = append(list, m.spans[i].ref)
		}
	}
	return list
}
