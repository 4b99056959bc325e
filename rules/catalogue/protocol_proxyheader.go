package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var proxyProtocolHeaderUnexpected = rules.Rule{
	ID: "proxy-protocol-header-unexpected", Family: rules.Protocol, Title: "PROXY preamble reaches a server that does not expect it",
	Doc: rules.Doc{
		Seen:   "The connection begins with a PROXY protocol header (text or binary), then comes the request or ClientHello, and the server answers 400, sends a TLS alert or closes.",
		Why:    "A load balancer is set to prepend the header and the server is not set to read it, so the header is parsed as the request line.",
		Change: "Switch the header on at both ends or at neither.",
		Before: "PROXY TCP4 198.51.100.9 203.0.113.5 5000 80\r\nGET /chat HTTP/1.1", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "PROXY protocol specification, s2",
	When:      rules.OnAlways,
	Suppresses: []string{
		"request-not-http", "response-400-unexplained", "tcp-closed-before-response", "tls-alert-other",
	},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "load balancer: take the header out (HAProxy send-proxy, nginx stream proxy_protocol on, AWS NLB proxy protocol v2)\nor make the server expect it"},
		{Product: "nginx", Snippet: "listen 80 proxy_protocol;"},
		{Product: "HAProxy", Snippet: "remove send-proxy or send-proxy-v2 from the server line, or add accept-proxy to the bind line behind it"},
		{Product: "AWS NLB", Snippet: "proxy_protocol_v2.enabled=false on the target group"},
	},
	ClientSees: `EOF or 400; server log: invalid method "PROXY"`,
	If:         rules.If(rules.ProxyPrefix),
	Check:      checkProxyHeaderUnexpected,
}

func checkProxyHeaderUnexpected(p *rules.Pass) {
	if p.Proxy == nil || p.Ordinal > 0 {
		return
	}
	header := rules.Evidence{
		Side: reassembly.Client, Refs: []capture.Ref{p.Proxy.Ref}, Length: uint64(len(p.Proxy.Raw)), Field: "PROXY header",
	}
	how, refused, ok := proxyHeaderRefused(p)
	if !ok {
		return
	}
	p.Report(rules.Finding{
		Message:  fmt.Sprintf("the connection begins with a PROXY protocol v%d header, and the server %s", p.Proxy.Version, how),
		Evidence: []rules.Evidence{header, refused}, Proof: rules.Practice,
	})
}

// proxyHeaderRefused says how the server refused the connection, if it did.
func proxyHeaderRefused(p *rules.Pass) (how string, e rules.Evidence, ok bool) {
	switch {
	case p.Status() == 400:
		return "answered 400", p.StartLine(p.Response), true
	case p.Response != nil:
		return "", e, false
	case p.TLS != nil && len(p.TLS.Alerts) > 0 && p.TLS.Alerts[0].From == tls.Server:
		return "answered with a TLS alert", p.Packet(reassembly.Server, "TLS alert", p.TLS.AlertRefs[0]), true
	case p.EndedBy != analyzer.ByServer || p.Outcome == analyzer.TLSFailed:
		return "", e, false
	}
	e, ok = p.Teardown(reassembly.Server)
	return "closed without an answer", e, ok && p.Lost&analyzer.BothSides == 0
}
