package rules

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// Field is the evidence of field line i of m.
func (p *Pass) Field(m *analyzer.Message, i int) Evidence {
	f := m.Field(i)
	return p.Span(m, f.Line, m.Name(i), m.Text(f.Value))
}

// Fields is the evidence of all field lines of that name in m; empty if there
// are none.
func (p *Pass) Fields(m *analyzer.Message, name string) []Evidence {
	return p.AppendFields(nil, m, name)
}

// AppendFields appends what Fields gives.
func (p *Pass) AppendFields(list []Evidence, m *analyzer.Message, name string) []Evidence {
	for i := m.Message.First(name); i >= 0; i = m.Next(name, i+1) {
		list = append(list, p.Field(m, i))
	}
	return list
}

// FieldOrAbsent is the evidence of the first field line of that name, or, where
// there is none, the whole head, which shows its absence.
func (p *Pass) FieldOrAbsent(m *analyzer.Message, name string) Evidence {
	if i := p.Line(m, name); i >= 0 {
		return p.Field(m, i)
	}
	return p.Head(m, name)
}

// StartLine is the evidence of the request line or status line of m.
func (p *Pass) StartLine(m *analyzer.Message) Evidence {
	return p.Span(m, m.Line, startLineName(m), m.Text(m.Line))
}

// Head is the evidence of a whole head: what shows that something is absent.
// field names what is absent.
func (p *Pass) Head(m *analyzer.Message, field string) Evidence {
	e := p.Span(m, http1.SpanOf(0, len(m.Raw)), field, "")
	e.Absent = true
	return e
}

// Deviation is the evidence of a deviation in m.
func (p *Pass) Deviation(m *analyzer.Message, d http1.Deviation) Evidence {
	name := startLineName(m)
	if d.Field >= 0 && d.Field < m.NumFields() {
		name = m.Name(d.Field)
	}
	return p.Span(m, d.Span, name, m.Text(d.Span))
}

// Span is the evidence of a range of octets of m.
func (p *Pass) Span(m *analyzer.Message, s http1.Span, field, value string) Evidence {
	refs := p.refsOf(m, s)
	if len(refs) == 0 {
		refs = known(m.First, m.Last)
	}
	return Evidence{
		Side: m.From, Refs: refs, Offset: m.Offset + uint64(s.Start),
		Length: uint64(s.Len()), Field: field, Value: clip(value, ValueLimit),
	}
}

// BodyEvidence is the evidence of the response body; seen is the part of it
// that matters. It needs ResponseBody.
func (p *Pass) BodyEvidence(seen string) Evidence {
	e := Evidence{Side: reassembly.Server, Refs: known(p.Body.Ref), Field: "body", Value: clip(seen, ValueLimit)}
	if p.Response != nil {
		e.Offset, e.Length = p.Response.Offset+uint64(len(p.Response.Raw)), p.Body.Length
		if len(e.Refs) == 0 {
			e.Refs = known(p.Response.Last)
		}
	}
	return e
}

// Frame is the evidence of a WebSocket frame.
func (p *Pass) Frame(from reassembly.Side, f *analyzer.Frame) Evidence {
	return Evidence{
		Side: from, Refs: known(f.Ref), Offset: f.Offset,
		Length: uint64(f.HeaderLen) + f.Length, Field: "WebSocket frame",
	}
}

// Close is the evidence of a Close frame; its reason is the value.
func (p *Pass) Close(from reassembly.Side, c *analyzer.Close) Evidence {
	return Evidence{
		Side: from, Refs: known(c.Ref), Length: c.BodyLen,
		Field: "Close frame", Value: clip(string(c.Reason), ValueLimit),
	}
}

// FirstOctets is the evidence of the first octets of a side when they are not HTTP:
// p.Prefix. It has no packets if that side sent nothing.
func (p *Pass) FirstOctets(from reassembly.Side) Evidence {
	x := &p.Prefix[from]
	return Evidence{
		Side: from, Refs: known(x.Ref), Length: uint64(len(x.Data)),
		Field: "first octets", Value: clip(string(x.Data), ValueLimit),
	}
}

// Packet is the evidence of a packet as such, "SYN", "RST", "ICMP error", ...
// Refs that name no packet are left out.
func (p *Pass) Packet(side reassembly.Side, what string, refs ...capture.Ref) Evidence {
	return Evidence{Side: side, Refs: known(refs...), Field: what}
}

// Teardown is the evidence of how a side ended its stream: its RST, else its FIN, else
// the close_notify of TLS before it, and in HTTP/2 rather RST_STREAM or END_STREAM; ok is
// false if none was seen.
func (p *Pass) Teardown(side reassembly.Side) (e Evidence, ok bool) {
	if e, ok = p.streamEnd(side); ok {
		return e, ok
	}
	h := &p.Conn.Halves[side]
	switch {
	case h.RST.Seen:
		return p.mark(side, "RST", h.RST), true
	case h.FIN.Seen:
		return p.mark(side, "FIN", h.FIN), true
	}
	return p.closeNotify(side)
}

// streamEnd is the evidence of how a side ended its stream of HTTP/2.
func (p *Pass) streamEnd(side reassembly.Side) (e Evidence, ok bool) {
	switch s := p.HTTP2; {
	case s == nil:
		return Evidence{}, false
	case s.Reset != nil && s.Reset.From == side:
		return Evidence{Side: side, Refs: known(s.Reset.Ref), Field: "RST_STREAM", Value: s.Reset.Code.String()}, true
	case s.Ended[side].Known():
		return Evidence{Side: side, Refs: known(s.Ended[side]), Field: "END_STREAM"}, true
	}
	return Evidence{}, false
}

// closeNotify is the evidence of the alert with which a side ended its stream of TLS.
func (p *Pass) closeNotify(side reassembly.Side) (e Evidence, ok bool) {
	if p.TLS == nil {
		return Evidence{}, false
	}
	for i, ref := range p.TLS.AlertRefs {
		a := &p.TLS.Alerts[i]
		if a.Protected && a.Code == tls.CloseNotify && reassembly.Side(a.From) == side {
			return Evidence{Side: side, Refs: known(ref), Offset: a.Offset, Field: "close_notify"}, true
		}
	}
	return Evidence{}, false
}

func (p *Pass) mark(side reassembly.Side, what string, m reassembly.Mark) Evidence {
	return Evidence{Side: side, Refs: known(m.Ref), Offset: m.Offset, Field: what}
}

// known keeps the refs that name a packet, repeated ones once.
func known(refs ...capture.Ref) []capture.Ref {
	kept := make([]capture.Ref, 0, len(refs))
	for _, r := range refs {
		if n := len(kept); r.Known() && (n == 0 || kept[n-1] != r) {
			kept = append(kept, r)
		}
	}
	return kept
}
