package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var httpSentToTLSPort = rules.Rule{
	ID: "http-sent-to-tls-port", Family: rules.Protocol, Title: "ws:// (plain HTTP) sent to a TLS port",
	Doc: rules.Doc{
		Seen:   "The client begins with an HTTP request, and the server answers with a TLS alert, with a 400 page that says that plain HTTP reached an HTTPS port, or, on a port that is used for TLS, by closing without a word.",
		Why:    "The port expects a TLS ClientHello. To the server the request is a broken TLS record.",
		Change: "Use wss:// instead of ws:// in the client's URL, or connect to the port that serves plain HTTP.",
		Before: "ws://ws.example.test:443/chat", After: "wss://ws.example.test/chat",
	},
	Actor: rules.Client, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 6455 s4.1 (connection step 5); RFC 8446 s6.2",
	When:      rules.OnRequest,
	Suppresses: []string{
		"response-400-unexplained", "response-not-http", "tcp-closed-before-response",
		"tcp-reset-before-response", "tls-alert-other", "tls-alert-protocol-version",
	},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "client: open wss:// instead of ws://, or the port that serves plain HTTP"},
		{Product: "nginx", Snippet: "error_page 497 =301 https://$host$request_uri;   # browsers still fail: correct the URL"},
	},
	ClientSees: `Unexpected response code: 400; malformed HTTP response "\x15\x03\x01..."; ECONNRESET`,
	If:         rules.If(rules.NoResponse, rules.Status400),
	Check:      checkHTTPSentToTLSPort,
}

// plainToTLSTexts are words in the pages of servers that expected TLS; nginx and
// Go are among the body hints. Read only.
var plainToTLSTexts = [...]string{
	"speaking plain http to an ssl-enabled server port", "combination of host and port requires tls", "plain http request was sent to https port",
	"client sent an http request to an https server",
}

func checkHTTPSentToTLSPort(p *rules.Pass) {
	server := p.Prefix[reassembly.Server].Data
	switch {
	case p.Ordinal > 0 || p.Tunnel != nil:
	case p.Response == nil && isTLSRecord(server):
		p.Report(rules.Finding{
			Message:  fmt.Sprintf("the server answered a plain HTTP request with a TLS record: port %d speaks TLS", p.Conn.Server.Port),
			Evidence: []rules.Evidence{p.StartLine(p.Request), p.FirstOctets(reassembly.Server)}, Proof: rules.Stated,
		})
	case p.Status() == 400:
		checkTLSPortPage(p)
	default:
		checkTLSPortClosed(p)
	}
}

// checkTLSPortPage looks for a 400 page that says so.
func checkTLSPortPage(p *rules.Pass) {
	for _, text := range plainToTLSTexts {
		if p.BodyHasFold(text) {
			f := rules.Finding{
				Message:  fmt.Sprintf("the server's 400 says that a plain HTTP request reached its TLS port %d", p.Conn.Server.Port),
				Evidence: []rules.Evidence{p.StartLine(p.Request), p.BodyEvidence(text)}, Proof: rules.Stated,
			}
			if p.Answerer.Via != "" || p.Marked() || p.TLS != nil {
				f.Actor = rules.Intermediary
				f.Message = "the 400 says that plain HTTP reached a TLS port: the proxy speaks http to an upstream that wants https"
				f.Fix = "proxy: https towards this upstream\nnginx: proxy_pass https://backend;"
			}
			p.Report(f)
			return
		}
	}
}

// checkTLSPortClosed guesses by the port number where the server just closed.
func checkTLSPortClosed(p *rules.Pass) {
	port := p.Conn.Server.Port
	closed := p.Outcome == analyzer.Closed || p.Outcome == analyzer.Reset
	if port != 443 && port != 8443 || p.TLS != nil || !closed || p.EndedBy != analyzer.ByServer || p.Response != nil || !p.Request.Complete {
		return
	}
	end, ok := p.Teardown(reassembly.Server)
	if !ok || p.Lost&(analyzer.BothSides|analyzer.TCPClose) != 0 {
		return
	}
	p.Report(rules.Finding{
		Message:  fmt.Sprintf("a plain HTTP request went to port %d, which is used for TLS, and the server closed without an answer", port),
		Evidence: []rules.Evidence{p.StartLine(p.Request), end}, Proof: rules.Heuristic,
	})
}

var tlsSentToPlaintextPort = rules.Rule{
	ID: "tls-sent-to-plaintext-port", Family: rules.Protocol, Title: "wss:// (TLS) sent to a plain-text port",
	Doc: rules.Doc{
		Seen:   "The client begins with a TLS ClientHello, and the server answers with readable text, usually an HTTP 400.",
		Why:    "The port speaks plain HTTP. To the server the ClientHello is a broken request line.",
		Change: "Use ws:// or the TLS port in the client's URL, or enable TLS on the server. A proxy that connects to its backend with https or wss needs http or ws there.",
		Before: "wss://ws.example.test:8080/chat", After: "ws://ws.example.test:8080/chat",
	},
	Actor: rules.Client, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 6455 s4.1 (connection step 5)",
	When:      rules.OnNoRequest,
	Suppresses: []string{
		"request-not-http", "response-400-unexplained", "response-not-http",
		"tls-handshake-aborted-silently",
	},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "client: ws:// or the port that serves TLS"},
		{Product: "nginx", Snippet: "proxy_pass http://backend;   # not https://"},
		{Product: "Apache", Snippet: "ProxyPass \"/ws\" \"ws://backend/ws\"   # not wss://"},
		{Product: "Go", Snippet: "http.ListenAndServeTLS(addr, cert, key, handler)"},
	},
	ClientSees: "tls: first record does not look like a TLS handshake; wrong version number; net::ERR_SSL_PROTOCOL_ERROR",
	Check:      checkTLSSentToPlaintextPort,
}

func checkTLSSentToPlaintextPort(p *rules.Pass) {
	answer := p.Prefix[reassembly.Server].Data
	if p.TLS == nil || !p.TLS.ClientHello.Seen || len(answer) == 0 || p.TLS.ServerHello.Seen ||
		isTLSRecord(answer) || answer[0] < ' ' && answer[0] != '\r' && answer[0] != '\n' {
		return
	}
	p.Report(rules.Finding{
		Message: fmt.Sprintf("the server answered a TLS ClientHello with %s: port %d does not speak TLS",
			rules.Quote(firstLine(answer)), p.Conn.Server.Port),
		Evidence: []rules.Evidence{p.Packet(reassembly.Client, "ClientHello", p.TLS.ClientRef), p.FirstOctets(reassembly.Server)},
		Proof:    rules.Stated,
	})
}
