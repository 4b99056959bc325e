package rules

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
)

// Line gives the index of the first field line of that name in m, -1 if there
// is none. Message.First is a packet; this is the First of http1.Message.
func (p *Pass) Line(m *analyzer.Message, name string) int { return m.Message.First(name) }

// Octets gives the value of the first field line of that name in m as it was sent,
// folding and all; nil if there is none.
func (p *Pass) Octets(m *analyzer.Message, name string) []byte {
	i := p.Line(m, name)
	if i < 0 {
		return nil
	}
	return m.ValueOctets(i)
}

// Key gives the value of Sec-WebSocket-Key of the request, and Accept that of
// Sec-WebSocket-Accept of the response, where they stand in one line; else nil.
func (p *Pass) Key() []byte { return p.asked.only(fieldKey) }

// Accept is described with Key.
func (p *Pass) Accept() []byte { return p.answered.only(fieldAccept) }

// List gives the elements of a list field of m: all lines of that name joined,
// split at commas outside quoted strings, surrounding blanks removed, empty
// elements left out (RFC 9110 section 5.6.1). An element keeps its parameters.
func (p *Pass) List(m *analyzer.Message, name string) []field.Element {
	if !m.Has(name) {
		return nil
	}
	p.values = m.AppendValues(p.values[:0], name)
	return field.Elements(p.values...)
}

// HasToken reports whether a list field of m has that token as an element,
// without regard to the case of ASCII letters.
func (p *Pass) HasToken(m *analyzer.Message, name, token string) bool {
	p.values = m.AppendValues(p.values[:0], name)
	return len(p.values) > 0 && field.HasToken(p.values, token)
}

// SecWebSocket reports whether the request carries any Sec-WebSocket-* field:
// WebSocket intent whatever became of Upgrade and Connection.
func (p *Pass) SecWebSocket() bool {
	if p.first(knowSecWebSocket) {
		p.seen.secWebSocket = p.asked.any(fieldKey, fieldVersion, fieldProtocol, fieldExtensions) ||
			hasNamePrefix(p.Request, "sec-websocket-")
	}
	return p.seen.secWebSocket
}

func hasNamePrefix(m *analyzer.Message, prefix string) bool {
	for i := range m.NumFields() {
		if name := m.NameOctets(i); len(name) >= len(prefix) && foldIs(name[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

// Target is a request target taken apart (RFC 9112 section 3.2). The parts are
// as written, nothing is decoded.
type Target struct {
	Raw       string
	Scheme    string // absolute form only: "http", "ws", ...
	Authority string // absolute and authority form
	Path      string // without query; empty in authority form
	Query     string // after the first '?', fragment removed
	HasQuery  bool
	Fragment  string // after the first '#'; never legal in a request
	Asterisk  bool
}

// Target takes the target of the request apart.
func (p *Pass) Target() Target {
	if p.first(knowTarget) {
		p.seen.target = splitTarget(p.Request.Text(p.Request.Target))
	}
	return p.seen.target
}

func splitTarget(raw string) Target {
	t := Target{Raw: raw, Asterisk: raw == "*"}
	rest, fragment, _ := strings.Cut(raw, "#")
	t.Fragment = fragment
	if scheme, after, ok := strings.Cut(rest, "://"); ok && !strings.ContainsAny(scheme, "/?") {
		t.Scheme = scheme
		n := strings.IndexAny(after, "/?")
		if n < 0 {
			n = len(after)
		}
		t.Authority, rest = after[:n], after[n:]
	} else if rest != "" && rest[0] != '/' && rest[0] != '?' && !t.Asterisk {
		t.Authority, rest = rest, ""
	}
	t.Path, t.Query, t.HasQuery = strings.Cut(rest, "?")
	return t
}

// Param is a query parameter as written, nothing decoded.
type Param struct{ Name, Value string }

// Params splits the query of the request at '&'. The list is valid during the check.
func (p *Pass) Params() []Param {
	if p.first(knowParams) {
		p.seen.params = appendParams(p.seen.params[:0], p.Target().Query)
	}
	return p.seen.params
}

func appendParams(list []Param, query string) []Param {
	if query == "" {
		return list
	}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		list = append(list, Param{name, value})
	}
	return list
}

// intermediaryFields are names that an intermediary adds to a request.
var intermediaryFields = [...]string{
	"Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
	"X-Forwarded-Port", "X-Real-IP", "X-Amzn-Trace-Id", "CF-Ray", "CF-Connecting-IP",
}

// Markers gives the field lines by which an intermediary shows that it handled
// the request: Via, Forwarded, X-Forwarded-*, X-Real-IP, X-Envoy-*,
// X-Amzn-Trace-Id, CF-Ray, CF-Connecting-IP, and X-Request-Id where the request
// is HTTP/1.0. A marker shows that some hop touched the message, not that it is
// guilty of anything.
func (p *Pass) Markers() []Evidence {
	var all []Evidence
	for i := range p.Request.NumFields() {
		if p.marker(i) {
			all = append(all, p.Field(p.Request, i))
		}
	}
	return all
}

// Marked reports whether the request carries a marker of an intermediary.
func (p *Pass) Marked() bool {
	if p.first(knowMarked) {
		p.seen.marked = p.markedBy()
	}
	return p.seen.marked
}

func (p *Pass) markedBy() bool {
	for i := range p.Request.NumFields() {
		if p.marker(i) {
			return true
		}
	}
	return false
}

// Origin is the first Origin line taken apart; ok if there is one that names a host.
func (p *Pass) Origin() (o field.Origin, ok bool) {
	if p.first(knowOrigin) {
		p.seen.origin = field.Origin{Fault: field.OriginEmpty}
		if p.Request.Has("Origin") {
			p.seen.origin = field.ParseOrigin(p.Request.Get("Origin"))
		}
	}
	o = p.seen.origin
	return o, o.Fault == field.OriginValid && !o.Null && o.Host.Name != ""
}

// Host is what the request names as its host, taken apart: the authority of an
// absolute target, else the first Host line.
func (p *Pass) Host() field.Host {
	if p.first(knowHost) {
		name := p.Request.Get("Host")
		if t := p.Target(); t.Scheme != "" {
			name = t.Authority
		}
		p.seen.host = field.ParseHost(name)
	}
	return p.seen.host
}

func (p *Pass) marker(i int) bool {
	m := p.Request
	name := m.NameOctets(i)
	if !mayMark(name) {
		return false
	}
	for _, known := range intermediaryFields {
		if len(name) == len(known) && alike(name, known) {
			return true
		}
	}
	const envoy, id = "x-envoy-", "X-Request-Id"
	if len(name) >= len(envoy) && alike(name[:len(envoy)], envoy) {
		return true
	}
	major, minor, ok := m.HTTPVersion()
	return ok && major == 1 && minor == 0 && len(name) == len(id) && alike(name, id)
}

// mayMark looks at the first two letters of a name: those of Via, Forwarded, X- and
// CF-.
func mayMark(name []byte) bool {
	if len(name) < len("Via") {
		return false
	}
	switch uint16(name[0]|0x20)<<8 | uint16(name[1]|0x20) {
	case 'v'<<8 | 'i', 'f'<<8 | 'o', 'x'<<8 | '-', 'c'<<8 | 'f':
		return true
	}
	return false
}
