package report

import (
	"bytes"

	"github.com/handshark/handshark/analyzer"
)

// AppendURL appends the WebSocket URL of a handshake without its query: what a
// record that is kept only as a row of a folded table needs. What it appends may
// hold credentials if plain is false: URL hides them.
func AppendURL(b []byte, h *analyzer.Handshake) (url []byte, plain bool) {
	start := len(b)
	b = appendURL(b, h)
	if query := bytes.IndexByte(b[start:], '?'); query >= 0 {
		b = b[:start+query]
	}
	return b, !hides(b[start:])
}

// URL gives the URL that AppendURL appends, redacted.
func URL(h *analyzer.Handshake, r *Redactor) Text {
	url, plain := AppendURL(nil, h)
	if plain {
		return Text(url)
	}
	b := Builder{once: true}
	rec := Handshake{URL: Text(url), Request: b.requestOf(h.Request)}
	if h.Response != nil {
		response := b.responseOf(h.Response)
		rec.Response = &response
	}
	b.redact(r, &rec, h)
	return rec.URL
}

// plainSegment is how long a path segment may be for it to hold no credential
// that is worth hiding.
const plainSegment = 12

// hides reports whether a credential could stand in a URL without query.
func hides(url []byte) bool {
	authority := 0
	if i := bytes.Index(url, []byte("://")); i >= 0 {
		authority = i + len("://")
	}
	segment := -1 // where it starts; not known in the authority
	for i, c := range url {
		switch c {
		case '@', '%', ';', '=', '#':
			return true
		case '/':
			if segment >= 0 && i-segment > plainSegment {
				return true
			}
			if i >= authority {
				segment = i + 1
			}
		}
	}
	return segment >= 0 && len(url)-segment > plainSegment
}

// CertaintyName gives the word of the "websocket" key.
func CertaintyName(c analyzer.Certainty) string { return certainty(c) }

// Soften lowers the findings of a failure that the client got over to info.
func (h *Handshake) Soften() {
	for i := range h.Findings {
		h.Findings[i].Severity = "info"
	}
}
