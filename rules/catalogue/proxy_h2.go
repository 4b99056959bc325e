package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var proxyH2Upstream = rules.Rule{
	ID: "proxy-h2-upstream", Family: rules.Proxy, Title: "Gateway talks HTTP/2 to a backend that offers no WebSocket there",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "While a proxy that is known by its answer had the request it opened a connection in HTTP/2 to another server, whose SETTINGS do not offer extended CONNECT, sent no request on it, and refused its client.",
		Why:    "The proxy is configured for HTTP/2 towards its server, and a WebSocket can go there only if the server offers it (RFC 8441).",
		Change: "Let the proxy speak HTTP/1.1 to this server, at least for WebSocket, or let the server offer extended CONNECT.",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(400, 502, 503, 504),
	Reference: "RFC 8441 s3 to s5; RFC 9113 s8.2.2",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: append([]rules.Fix{
		{Product: "any", Snippet: "proxy: HTTP/1.1 to this server for WebSocket\nserver: SETTINGS_ENABLE_CONNECT_PROTOCOL = 1, if it knows RFC 8441"},
		{Product: "nghttpx", Snippet: "--backend='127.0.0.1,8080;/ws;proto=http/1.1'"},
	}, h2GatewayFixes...),
	ClientSees: "Unexpected response code: 502",
	Check: func(p *rules.Pass) {
		if p.Idle == nil || !lacksUpstream(p) {
			return // whoever refuses for reasons of its own may have opened it for something else
		}
		settings := p.Packet(reassembly.Server, connectSetting, p.Idle.Settings)
		settings.Absent = true
		p.Report(rules.Finding{
			Proof: rules.Practice,
			Message: fmt.Sprintf("the proxy opened HTTP/2 to %s for this request and sent none: the SETTINGS there do not have %s",
				p.Idle.Server, connectSetting),
			Evidence: []rules.Evidence{settings, p.StartLine(p.Response)},
		})
	},
}

// lacksUpstream reports whether a response is that of a proxy which could not make use of its
// server: nghttpx says 400 then, others 502 to 504.
func lacksUpstream(p *rules.Pass) bool {
	switch p.Status() {
	case 400:
		return p.Answerer.Product == "nghttpx"
	case 502, 503, 504:
		return standsInFront(p)
	}
	return false
}
