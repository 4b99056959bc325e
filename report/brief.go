package report

import "github.com/handshark/handshark/analyzer"

// URL gives the redacted WebSocket URL of a handshake: what a record that is
// kept only as a row of a folded table needs. Credentials of the whole exchange
// are hidden in it.
func URL(h *analyzer.Handshake, r *Redactor) Text {
	rec := Handshake{URL: Text(urlOf(h)), Request: requestOf(h.Request), Response: responseOf(h.Response, nil)}
	r.Handshake(&rec, hiddenFields(h.Tunnel)...)
	return rec.URL
}

// CertaintyName gives the word of the "websocket" key.
func CertaintyName(c analyzer.Certainty) string { return certainty(c) }

// Soften lowers the findings of a failure that the client got over to info.
func (h *Handshake) Soften() {
	for i := range h.Findings {
		h.Findings[i].Severity = "info"
	}
}
