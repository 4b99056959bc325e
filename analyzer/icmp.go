package analyzer

import (
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// Bounds of the ICMP errors that are remembered: connections, and errors of one.
const (
	quotedKept = 1 << 14
	icmpKept   = 8
)

// flow is the five-tuple of a quoted packet.
type flow struct{ src, dst capture.Endpoint }

// icmpErrors remembers ICMP errors by the packet that they quote; the oldest
// connections go first.
type icmpErrors struct {
	byFlow map[flow][]capture.ICMPError
	order  []flow
}

func (m *icmpErrors) add(e *capture.ICMPError) {
	if m.byFlow == nil {
		m.byFlow = make(map[flow][]capture.ICMPError)
	}
	f := flow{e.Src, e.Dst}
	list := m.byFlow[f]
	if len(list) == 0 {
		m.order = append(m.order, f)
	}
	if len(list) < icmpKept {
		m.byFlow[f] = append(list, *e)
	}
	if len(m.order) > quotedKept {
		delete(m.byFlow, m.order[0])
		m.order = m.order[1:]
	}
}

// of gives the errors that quote packets of a conversation, those about the
// client's packets first; errors from before it belong to an earlier one.
func (m *icmpErrors) of(c *reassembly.Conversation) []capture.ICMPError {
	if len(m.byFlow) == 0 {
		return nil
	}
	var list []capture.ICMPError
	for _, f := range [2]flow{{c.Client, c.Server}, {c.Server, c.Client}} {
		for _, e := range m.byFlow[f] {
			if e.Ref.Time >= c.First.Time {
				list = append(list, e)
			}
		}
	}
	return list
}
