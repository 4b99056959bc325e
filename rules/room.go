package rules

import (
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
)

// room is memory for what a verdict leads to, which is used again for the next one.
type room struct {
	refs     []capture.Ref
	evidence []Evidence
	texts    [roomTexts]string
}

// Bounds of what is kept for the next verdict: packets, pieces of evidence, and texts that
// recur, with their length in octets.
const (
	roomRefs     = 1 << 10
	roomEvidence = 1 << 6
	roomTexts    = 1 << 6
	roomText     = 1 << 8
)

// reset makes the memory free again, but for texts.
func (r *room) reset() {
	if r.refs = r.refs[:0]; cap(r.refs) > roomRefs {
		r.refs = nil
	}
	if r.evidence = r.evidence[:0]; cap(r.evidence) > roomEvidence {
		r.evidence = nil
	}
}

// refsOf gives the packets that carried a range of m.
func (p *Pass) refsOf(m *analyzer.Message, s http1.Span) []capture.Ref {
	from := len(p.room.refs)
	p.room.refs = m.AppendRefs(p.room.refs, s)
	return p.room.refs[from:len(p.room.refs):len(p.room.refs)]
}

// Room gives an empty list with room for n pieces of evidence.
func (p *Pass) Room(n int) []Evidence {
	from := len(p.room.evidence)
	p.room.evidence = slices.Grow(p.room.evidence, n)[:from+n]
	return p.room.evidence[from : from : from+n]
}

// Recurring gives b as a string: the same one, if it came a short while ago.
func (p *Pass) Recurring(b []byte) string {
	n := len(b)
	if n == 0 || n > roomText {
		return string(b)
	}
	slot := &p.room.texts[(n+7*int(b[n/2])+31*int(b[n-1]))%roomTexts]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}
