package analyzer

import (
	"slices"

	"golang.org/x/net/http2/hpack"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/analyzer/http2"
)

// version2 is how HTTP/2 is named where HTTP/1.1 names itself.
const version2 = "HTTP/2"

// pseudo is what the pseudo-header fields of a request say (RFC 9113 section 8.3.1, RFC
// 8441 section 4).
type pseudo struct {
	method, scheme, authority, path, protocol string
	faults                                    []PseudoFault
}

// pseudoNames are the pseudo-header fields of a request.
var pseudoNames = [...]string{":method", ":scheme", ":authority", ":path", ":protocol"}

// of gives where the value of a pseudo-header field belongs; nil = no such field.
func (p *pseudo) of(name string) *string {
	i := slices.Index(pseudoNames[:], name)
	if i < 0 {
		return nil
	}
	return [...]*string{&p.method, &p.scheme, &p.authority, &p.path, &p.protocol}[i]
}

func (p *pseudo) fault(k PseudoKind, name string) {
	if len(p.faults) < pseudoKept {
		p.faults = append(p.faults, PseudoFault{k, name})
	}
}

// readPseudo reads the pseudo-header fields of a request.
func readPseudo(h *http2.Head) (p pseudo) {
	var seen []string
	regular := false
	for _, f := range h.Fields {
		if !f.IsPseudo() {
			regular = true
			seen = append(seen, f.Name)
			continue
		}
		at := p.of(f.Name)
		switch {
		case at == nil:
			p.fault(PseudoUnknown, f.Name)
		case slices.Contains(seen, f.Name):
			p.fault(PseudoRepeated, f.Name)
		default:
			p.take(at, f, regular)
		}
		seen = append(seen, f.Name)
	}
	if h.Why == http2.Whole {
		p.lack(seen)
	}
	return p
}

// take takes the first field of a name.
func (p *pseudo) take(at *string, f hpack.HeaderField, regular bool) {
	*at = f.Value
	if f.Value == "" {
		p.fault(PseudoEmpty, f.Name)
	}
	if regular {
		p.fault(PseudoLate, f.Name)
	}
}

// lack notes what every request but a plain CONNECT has. A host field serves as well as
// :authority (RFC 9113 section 8.3.1).
func (p *pseudo) lack(seen []string) {
	for _, name := range pseudoNames[:4] {
		if !slices.Contains(seen, name) && (name != ":authority" || !slices.Contains(seen, "host")) {
			p.fault(PseudoMissing, name)
		}
	}
}

// composeRequest makes m the head of what a request says. Method and path are
// in its start line and nowhere else: the path may hold secrets.
func composeRequest(m *Message, h *http2.Head, p *pseudo) {
	target := p.path
	if target == "" && p.method == "CONNECT" && p.protocol == "" {
		target = p.authority // as in HTTP/1.1 (RFC 9113 section 8.5)
	}
	m.ComposeRequest(version2, p.method, target)
	composeFields(m, h, ":method", ":path")
}

// composeResponse does the same for a response.
func composeResponse(h *http2.Head) *Message {
	m := new(Message)
	m.ComposeResponse(version2, firstOf(h, ":status"))
	composeFields(m, h, ":status")
	return m
}

// firstOf gives the value of the first field of a name.
func firstOf(h *http2.Head, name string) string {
	if i := slices.IndexFunc(h.Fields, func(f hpack.HeaderField) bool { return f.Name == name }); i >= 0 {
		return h.Fields[i].Value
	}
	return ""
}

// composeFields adds the fields but those that the start line tells of.
func composeFields(m *Message, h *http2.Head, but ...string) {
	for _, f := range h.Fields {
		if !slices.Contains(but, f.Name) {
			m.Compose(f.Name, f.Value)
		}
	}
	m.Composed()
	switch h.Why {
	case http2.OverLimit:
		m.Complete, m.Why = false, http1.StopLimit
	case http2.Broken: // what it says is not known, though it was sent
		m.Complete, m.Why = false, http1.StopGap
	}
	m.Packed, m.Offset, m.packedEnd = true, h.Offset, h.End
}
