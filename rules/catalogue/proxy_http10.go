package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

var proxyHTTP10Upstream = rules.Rule{
	ID: "proxy-http10-upstream", Family: rules.Proxy, Title: "Proxy forwarded the handshake as HTTP/1.0",
	Doc: rules.Doc{
		Seen:   "The handshake arrives as HTTP/1.0, and the request shows that an intermediary wrote it: a forwarding field, or the User-Agent of a client that speaks HTTP/1.1 only.",
		Why:    "Many reverse proxies speak HTTP/1.0 to their upstream unless told otherwise, and a server must ignore Upgrade in an HTTP/1.0 request.",
		Change: "Set the version towards the upstream to HTTP/1.1.",
		Before: "GET /chat HTTP/1.0\nX-Real-IP: 198.51.100.9", After: "GET /chat HTTP/1.1\nX-Real-IP: 198.51.100.9",
	},
	Actor: rules.Intermediary, Level: rules.Observation,
	Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(505),
	Reference: "RFC 9112 s2.3; RFC 9110 s7.8; RFC 6455 s4.2.1",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{
		"proxy-stripped-upgrade", "request-connection-missing", "request-connection-no-upgrade",
		"request-http-version-too-low", "request-upgrade-missing", "response-1xx-to-http10",
		"response-200-instead-of-101", "response-400-unexplained", "response-426", "response-426-missing-upgrade",
		"response-505",
	},
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "proxy_http_version 1.1;"},
		{Product: "Apache", Snippet: "unset the environment variables force-proxy-request-1.0 and proxy-nokeepalive"},
		{Product: "Istio", Snippet: "PILOT_HTTP10=1   # lets HTTP/1.0 in; better raise the version on the hop before"},
	},
	ClientSees: "Unexpected response code: 426; handshake request must be at least HTTP/1.1",
	If:         rules.If(rules.HTTPVersionOdd, rules.HasBody),
	Check:      checkProxyHTTP10,
}

func checkProxyHTTP10(p *rules.Pass) {
	m := p.Request
	if answerDeniesHTTP11(p) {
		p.Report(rules.Finding{
			Message: "the answer says " + rules.Quote(deniesHTTP11) + ", although the request is " + m.Text(m.Version) +
				": a hop behind this one seems to have lowered the version",
			Evidence: []rules.Evidence{p.StartLine(m), p.BodyEvidence(deniesHTTP11)}, Proof: rules.Heuristic,
		})
		return
	}
	if !httpBefore11(p) || !proxyWroteVersion(p) || !p.SecWebSocket() && !hasUpgradeWebSocket(p) {
		return
	}
	if !hasUpgradeWebSocket(p) && !hasConnectionUpgrade(p) && !proxyBlamedVersion(p) {
		return
	}
	if blamesOther(p, "proxy-http10-upstream") {
		return
	}
	f := rules.Finding{
		Message:  "an intermediary sent the handshake as " + m.Text(m.Version) + ", and Upgrade needs HTTP/1.1",
		Evidence: append([]rules.Evidence{p.StartLine(m)}, p.Markers()...), Proof: rules.Mandated,
	}
	if !p.Marked() {
		f.Proof = rules.Practice
		f.Evidence = append(f.Evidence, p.Fields(m, "User-Agent")...)
		f.Message += "; the User-Agent names a client that speaks HTTP/1.1"
	}
	p.Report(f)
}

// deniesHTTP11 are words of a refusal of an HTTP/1.0 request.
const deniesHTTP11 = "must be at least HTTP/1.1"

// answerDeniesHTTP11 reports whether the answer objects to HTTP/1.0 although a
// correct HTTP/1.1 request was sent: the leg in front of the proxy.
func answerDeniesHTTP11(p *rules.Pass) bool {
	return p.Status() >= 400 && p.BodyHas(deniesHTTP11) && proxyCleanRequest(p)
}

// agents11 begin the User-Agent of clients that never send HTTP/1.0 themselves.
// Read only.
var agents11 = [...]string{"Mozilla/5.0 ", "Go-http-client/1.1", "Python/", "Python-urllib", "okhttp/", "Java/", "aiohttp/"}

// proxyWroteVersion reports whether an intermediary wrote the version of a
// request below HTTP/1.1.
func proxyWroteVersion(p *rules.Pass) bool {
	if p.Marked() {
		return true
	}
	agent := p.Request.Get("User-Agent")
	for _, a := range agents11 {
		if strings.HasPrefix(agent, a) {
			return true
		}
	}
	return false
}

// proxyBlamedVersion reports whether the answer to an HTTP/1.0 request objects
// to the version: 505, or Envoy's 426 without an Upgrade field.
func proxyBlamedVersion(p *rules.Pass) bool {
	switch p.Status() {
	case 505:
		return httpBefore11(p)
	case 426:
		return httpBefore11(p) && p.Answerer.Product == "Envoy" && !p.Response.Has("Upgrade")
	}
	return false
}
