package report

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
)

// URL gives the WebSocket URL of a handshake without its query: what a record
// that is kept only as a row of a folded table needs. A path in which a
// credential could hide is redacted.
func URL(h *analyzer.Handshake, r *Redactor) Text {
	url, _, _ := strings.Cut(urlOf(h), "?")
	if !hides(url) {
		return Text(url)
	}
	rec := Handshake{URL: Text(url), Request: requestOf(h.Request), Response: responseOf(h.Response, nil)}
	r.Handshake(&rec, hiddenFields(h.Tunnel)...)
	return rec.URL
}

// plainSegment is how long a path segment may be for it to hold no credential
// that is worth hiding.
const plainSegment = 12

// hides reports whether a credential could stand in a URL without query.
func hides(url string) bool {
	if strings.ContainsAny(url, "@%;=#") {
		return true
	}
	_, path, _ := strings.Cut(url, "://")
	_, path, _ = strings.Cut(path, "/")
	for segment := range strings.SplitSeq(path, "/") {
		if len(segment) > plainSegment {
			return true
		}
	}
	return false
}

// CertaintyName gives the word of the "websocket" key.
func CertaintyName(c analyzer.Certainty) string { return certainty(c) }

// Soften lowers the findings of a failure that the client got over to info.
func (h *Handshake) Soften() {
	for i := range h.Findings {
		h.Findings[i].Severity = "info"
	}
}
