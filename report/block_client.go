package report

import "strings"

// clientTells are words of a User-Agent and the client that they mean.
var clientTells = [...]struct{ word, client string }{
	{"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"websockets/", "websockets"}, {"Go-http-client/", "gorilla/websocket"},
}

// client writes what the client that made the request printed, else what two
// common ones would have.
func (b *blockWriter) client(h *Handshake) {
	lines := []string{}
	for _, v := range h.ClientViews {
		if isShown(v.Client, userAgentOf(h)) {
			lines = append(lines, hanging(Sanitize(v.Client)+": "+Sanitize(string(v.Text)), b.room())...)
		}
	}
	b.labelled("Client", lines, same)
}

// isShown reports whether the words of a client are worth a line, given the
// User-Agent of the request.
func isShown(client, agent string) bool {
	for _, t := range clientTells {
		if strings.Contains(agent, t.word) {
			return client == t.client
		}
	}
	return client == "gorilla/websocket" || client == "Chrome"
}

func userAgentOf(h *Handshake) string {
	if h.Request == nil {
		return ""
	}
	for _, f := range h.Request.Fields {
		if strings.EqualFold(string(f.Name), "User-Agent") {
			return string(f.Value)
		}
	}
	return ""
}
