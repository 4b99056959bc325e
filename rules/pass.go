package rules

import (
	"strconv"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// Pass is one handshake before one rule. It lives for the duration of
// Rule.Check; further fields may be added.
type Pass struct {
	*analyzer.Handshake
	// Answerer is who sent the final response, as far as its fingerprint tells.
	Answerer Answerer

	rule *Rule
	run  *runner
}

// QuoteLimit bounds the octets of a seen value inside a message.
const QuoteLimit = 64

// Report records a finding of the rule that is being checked. Rule, Grade and
// Role are filled in; Actor too where the finding leaves it Any and the rule
// names one.
func (p *Pass) Report(f Finding) { p.run.report(p.rule, f) }

// Fired reports whether the rule id has reported a finding for this handshake.
// It is complete only for rules with Collects.
func (p *Pass) Fired(id string) bool { return p.run.fired(id) }

// Field is the evidence of field line i of m.
func (p *Pass) Field(m *analyzer.Message, i int) Evidence {
	f := m.Fields[i]
	return p.Span(m, f.Line, m.Text(f.Name), m.Text(f.Value))
}

// StartLine is the evidence of the request line or status line of m.
func (p *Pass) StartLine(m *analyzer.Message) Evidence {
	return p.Span(m, m.Line, startLineName(m), m.Text(m.Line))
}

// Head is the evidence of a whole head: what shows that something is absent.
// field names what is absent.
func (p *Pass) Head(m *analyzer.Message, field string) Evidence {
	return p.Span(m, http1.Span{End: len(m.Raw)}, field, "")
}

// Span is the evidence of a range of octets of m.
func (p *Pass) Span(m *analyzer.Message, s http1.Span, field, value string) Evidence {
	return Evidence{
		Side: m.From, Refs: m.RefsOf(s), Offset: m.Offset + uint64(s.Start),
		Length: uint64(s.Len()), Field: field, Value: clip(value, 256),
	}
}

// Packet is the evidence of a packet as such: a SYN, an RST, an ICMP error.
func (p *Pass) Packet(side reassembly.Side, what string, refs ...capture.Ref) Evidence {
	known := make([]capture.Ref, 0, len(refs))
	for _, r := range refs {
		if r.Known() {
			known = append(known, r)
		}
	}
	return Evidence{Side: side, Refs: known, Field: what}
}

// Quote gives s in double quotes, control octets and invalid UTF-8 escaped, at
// most QuoteLimit octets of it.
func Quote(s string) string {
	if len(s) > QuoteLimit {
		return strconv.Quote(s[:QuoteLimit]) + "…"
	}
	return strconv.Quote(s)
}

func startLineName(m *analyzer.Message) string {
	if m.Kind == http1.Request {
		return "request line"
	}
	return "status line"
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
