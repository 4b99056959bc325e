package report

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
)

// hopOf names the intermediary that shows in a handshake: by the answer that it
// relayed or made up, or by what it wrote into either head; empty if none shows.
// answered is Verdict.AnsweredBy.
func hopOf(h *analyzer.Handshake, answered string) string {
	if _, via, ok := strings.Cut(answered, " via "); ok {
		return via
	}
	for _, m := range [...]*analyzer.Message{h.Request, h.Response} {
		if m == nil {
			continue
		}
		if name := writerOf(m); name != "" {
			return name
		}
	}
	return answered
}

// writerOf names the intermediary that a head shows the hand of.
func writerOf(m *analyzer.Message) string {
	via, _ := fieldValue(m, "Via")
	switch via = strings.ToLower(via); {
	case m.Has("X-Varnish"), strings.Contains(via, "varnish"):
		return "Varnish"
	case strings.Contains(via, "caddy"):
		return "Caddy"
	case strings.Contains(via, "squid"):
		return "Squid"
	case m.Has("CF-Ray"):
		return "Cloudflare"
	case m.Has("X-Amzn-Trace-Id"):
		return "AWS ALB"
	case m.Has("X-Envoy-Expected-Rq-Timeout-Ms"), m.Has("X-Envoy-Upstream-Service-Time"):
		return "Envoy"
	case m.Has("X-Host") && m.Has("X-Forwarded-Host"):
		return "lighttpd"
	case m.Has("X-Forwarded-Server") && m.Has("X-Forwarded-Port"):
		return "Traefik"
	case m.Has("X-Forwarded-Server") && m.Has("X-Forwarded-Host"):
		return "Apache"
	case m.Has("X-Forwarded-For") && spelledLower(m, "Host", "X-Forwarded-For", "Sec-WebSocket-Key"):
		return "HAProxy"
	}
	return ""
}

// spelledLower reports whether a head has all these fields, in lower case, as
// HAProxy writes every name.
func spelledLower(m *analyzer.Message, names ...string) bool {
	for _, name := range names {
		i := m.Message.First(name)
		if i < 0 || m.Name(i) != strings.ToLower(name) {
			return false
		}
	}
	return true
}

// frontOf gives the product that answered if it is one that stands in front of
// servers and serves nothing itself; its address is not that of the server.
func frontOf(answered string) string {
	for _, name := range [...]string{"HAProxy", "Envoy", "AWS ALB", "Cloudflare", "CloudFront", "Varnish", "Traefik", "Squid"} {
		if strings.HasPrefix(answered, name) {
			return name
		}
	}
	return ""
}
