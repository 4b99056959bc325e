package report

import (
	"strings"

	"github.com/handshark/handshark/rules"
)

// client writes what the client that made the request printed, else what two
// common ones would have.
func (b *blockWriter) client(h *Handshake) {
	lines := []string{}
	own := rules.ViewOf(askedBy(h.Request))
	for _, v := range h.ClientViews {
		if isShown(v.Client, own) {
			lines = append(lines, hanging(Sanitize(v.Client)+": "+Sanitize(string(v.Text)), b.room())...)
		}
	}
	b.labelled("Client", lines, same)
}

// isShown reports whether the words of a client are worth a line; own is the client that
// asked, "" where its words are not known.
func isShown(client, own string) bool {
	if own != "" {
		return client == own
	}
	return client == "gorilla/websocket" || client == "Chrome"
}

// askedBy names the program that made a request; "" = unknown.
func askedBy(r *Request) string {
	if r == nil {
		return ""
	}
	agent, names := "", make([]string, 0, len(r.Fields))
	for _, f := range r.Fields {
		names = append(names, string(f.Name))
		if strings.EqualFold(string(f.Name), "User-Agent") && agent == "" {
			agent = string(f.Value)
		}
	}
	return rules.UserAgent(names, agent)
}
