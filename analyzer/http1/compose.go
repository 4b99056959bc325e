package http1

import (
	"slices"
	"strconv"
)

// authority is the pseudo-header field that does in HTTP/2 what Host does in HTTP/1.1
// (RFC 9113 section 8.3.1): it is found by that name, too.
const authority = ":authority"

// ComposeRequest makes m the head of a request that was not sent as text, but in a version
// of HTTP that compresses field lines: Raw is the text of what its fields say, in the order
// in which they came, and nothing in it has a place of its own in the stream. Compose adds
// field lines, Composed ends the head.
func (m *Message) ComposeRequest(version, method, target string) {
	m.compose(Request)
	m.Method = m.write(method, " ")
	m.Target = m.write(target, " ")
	m.endLine(m.write(version, ""))
}

// ComposeResponse does the same for a response; a status that is no number from 100 to 999
// counts as not readable.
func (m *Message) ComposeResponse(version, status string) {
	m.compose(Response)
	v := m.write(version, " ")
	m.StatusSpan = m.write(status, "")
	if n, err := strconv.Atoi(status); err == nil && len(status) == 3 && n >= 100 {
		m.Status = n
	}
	m.endLine(v)
}

// Compose adds a field line.
func (m *Message) Compose(name, value string) {
	from := len(m.Raw)
	f := Field{Name: m.write(name, ": "), Value: m.write(value, "")}
	f.Line = SpanOf(from, len(m.Raw))
	m.write("", "\r\n")
	m.fields = append(m.fields, f)
	m.enter(m.Raw)
	if name == authority {
		m.enterAs("Host")
	}
}

// Composed ends the head.
func (m *Message) Composed() {
	m.write("", "\r\n")
	m.Complete = true
}

func (m *Message) compose(k Kind) {
	m.empty(k)
	m.reset()
}

// write appends text, and what separates it from the next.
func (m *Message) write(text, then string) Span {
	from := len(m.Raw)
	m.Raw = append(slices.Grow(m.Raw, len(text)+len(then)), text...)
	s := SpanOf(from, len(m.Raw))
	m.Raw = append(m.Raw, then...)
	return s
}

func (m *Message) endLine(version Span) {
	m.Version, m.Line = version, SpanOf(0, len(m.Raw))
	m.write("", "\r\n")
}

// enterAs lets the field line that was added last be found by a name that it stands for.
func (m *Message) enterAs(name string) {
	x, i := m.own, len(m.fields)-1
	if first := &x.first[slotOf(name)]; *first == 0 {
		*first = uint8(min(i+1, 255))
	} else {
		x.several |= 1 << slotOf(name)
	}
}

// standsFor reports whether a field line is found by another name than its own. No name
// in HTTP/1 begins with a colon.
func standsFor(have []byte, name string) bool {
	return len(have) > 0 && have[0] == ':' && equalFold([]byte(name), "host") && string(have) == authority
}
