package analyzer

import (
	"sort"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
)

// span says which packet carried the octets of a head from start on, up to the
// start of the next span. Offsets are relative to Message.Raw.
type span struct {
	start int
	ref   capture.Ref
}

// RefsOf gives the packets that carried a range of the head, in stream order.
func (m *Message) RefsOf(s http1.Span) []capture.Ref {
	i := sort.Search(len(m.spans), func(i int) bool { return m.spans[i].start > s.Start })
	if i > 0 {
		i--
	}
	var refs []capture.Ref
	for ; i < len(m.spans) && (m.spans[i].start < s.End || len(refs) == 0); i++ {
		if n := len(refs); n == 0 || refs[n-1] != m.spans[i].ref {
			refs = append(refs, m.spans[i].ref)
		}
	}
	return refs
}
