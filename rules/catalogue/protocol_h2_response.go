package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var h2Status101 = rules.Rule{
	ID: "h2-status-101", Family: rules.Protocol, Title: "101 used in HTTP/2",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "A head of the server in HTTP/2 has :status 101.",
		Why:    "HTTP/2 has no switching of protocols; what opens a WebSocket is a 2xx to the extended CONNECT. Clients take the message for malformed. A gateway copied the status from HTTP/1.1.",
		Change: "Answer :status 200 in HTTP/2.",
		Before: ":status: 101", After: ":status: 200",
	},
	Actor: rules.Server, Level: rules.MustNot,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   append(rules.Ends(analyzer.EndingNoStatus), rules.StatusRange(500, 504)...),
	Reference: "RFC 9113 s8.6; RFC 8441 s5",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"client-gave-up", "response-timeout"},
	Fixes:      append([]rules.Fix{{Product: "server", Snippet: "answer :status 200 to the extended CONNECT"}}, h2GatewayFixes...),
	ClientSees: "net::ERR_HTTP2_PROTOCOL_ERROR",
	Check: func(p *rules.Pass) {
		for _, m := range p.Interim {
			if m.Status == 101 {
				p.Report(rules.Finding{
					Actor: h2Answerer(p), Message: "the server sent :status 101, which HTTP/2 does not have; 200 opens a WebSocket",
					Evidence: []rules.Evidence{p.StartLine(m)},
				})
				return
			}
		}
	},
}

// h2Answerer is who wrote an answer: a proxy where one stands in front.
func h2Answerer(p *rules.Pass) rules.Actor {
	if standsInFront(p) {
		return rules.Intermediary
	}
	return rules.Server
}

var h2Status2xxNot200 = rules.Rule{
	ID: "h2-status-2xx-not-200", Family: rules.Response, Title: "Successful status other than 200",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The server accepts the extended CONNECT with a 2xx that is not 200.",
		Why:    "Any 2xx accepts a CONNECT by the letter; Chromium and Firefox take 200 only.",
		Change: "Answer exactly 200.",
		Before: ":status: 201", After: ":status: 200",
	},
	Actor: rules.Server, Level: rules.ClientPractice,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: h2Left,
	Reference: "RFC 8441 s5; RFC 9113 s8.5; Chromium, Firefox",
	Needs:     analyzer.ResponseHead, When: rules.On101,
	Suppresses: []string{"post-eof-after-101"},
	Fixes:      []rules.Fix{{Product: "server", Snippet: "answer :status 200"}},
	ClientSees: "Error during WebSocket handshake: Unexpected response code: 201",
	Check: func(p *rules.Pass) {
		if p.Accepted() && p.Status() != 200 {
			p.Found(fmt.Sprintf("the server accepted with %d; browsers take 200 only", p.Status()), p.StartLine(p.Response))
		}
	},
}

var h2ResponseEndStream = rules.Rule{
	ID: "h2-response-end-stream", Family: rules.Response, Title: "END_STREAM on the 2xx response",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The HEADERS frame with the 2xx that accepts the WebSocket has END_STREAM.",
		Why:    "It ends the server's side of the stream, as a FIN would end that of a connection: the session is over before it began.",
		Change: "Keep the stream open behind the 2xx; a handler that returns ends it.",
	},
	Actor: rules.Server, Level: rules.Derived,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: h2Left,
	Reference: "RFC 8441 s5; RFC 9113 s8.5",
	Needs:     analyzer.ResponseHead, When: rules.On101,
	Suppresses: []string{"post-eof-after-101", "client-gave-up"},
	Fixes: []rules.Fix{
		{Product: "server", Snippet: "HEADERS without END_STREAM; the stream ends after the Close frames"},
		{Product: "Node.js", Snippet: "stream.respond({ ':status': 200 })   // not with { endStream: true }, and no stream.end() before the Close frame"},
	},
	ClientSees: "the socket opens and closes at once, code 1006",
	Check: func(p *rules.Pass) {
		if p.Accepted() && p.HTTP2.Ends[reassembly.Server] {
			p.Found(fmt.Sprintf("the server accepted with %d and ended its side of the stream (END_STREAM) with it", p.Status()), p.StartLine(p.Response))
		}
	},
}

var h2Connect2xxContentLength = rules.Rule{
	ID: "h2-connect-2xx-content-length", Family: rules.Hygiene, Title: "Content-Length in a 2xx to CONNECT",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The 2xx that accepts the extended CONNECT has Content-Length.",
		Why:    "What follows is the WebSocket and no content. Clients have to ignore the field; a gateway may count octets by it.",
		Change: "Leave Content-Length out of this answer.",
	},
	Actor: rules.Server, Level: rules.MustNot,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "RFC 9110 s8.6, s9.3.6",
	Needs:     analyzer.ResponseHead, When: rules.On101,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "no content-length in the 2xx to CONNECT"}},
	ClientSees: "nothing by itself",
	Check: func(p *rules.Pass) {
		if p.Accepted() && p.Response.Has("Content-Length") {
			p.Found("the 2xx to the CONNECT has Content-Length "+quoteAll(p.Response, "Content-Length"), p.Fields(p.Response, "Content-Length")...)
		}
	},
}

var httpH2ExtendedConnect = rules.Rule{
	ID: "http-h2-extended-connect", Family: rules.Protocol, Title: "WebSocket opened inside HTTP/2 and the server cannot do it",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The server offers extended CONNECT by its SETTINGS, the client sends a correct one, and the answer is 405, 426 or 501, a 400 that misses an upgrade of HTTP/1.1, or RST_STREAM with PROTOCOL_ERROR.",
		Why:    "Browsers use what the connection offers. The HTTP/2 layer knows RFC 8441, and what runs behind it (a framework, a servlet, a handler for GET) does not.",
		Change: "Switch the offer off, so that browsers open WebSockets over HTTP/1.1, or use a framework that accepts CONNECT with :protocol.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   append(rules.Ends(analyzer.EndingNoStatus), rules.Status(400, 405, 426, 501)...),
	Reference: "RFC 8441 s3 to s5",
	Needs:     analyzer.RequestHead, When: rules.OnFinal | rules.OnNoStatus,
	Suppresses: []string{"h2-goaway", "h2-stream-reset", "response-400-unexplained", "response-405", "response-426", "response-501"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "server: no SETTINGS_ENABLE_CONNECT_PROTOCOL as long as the handler knows the upgrade of HTTP/1.1 only"},
		{Product: "Jetty", Snippet: "HTTP2ServerConnectionFactory.setConnectProtocolEnabled(false)   # Jetty 12 offers it by itself"},
		h2FixEnvoy,
		{Product: "Go net/http", Snippet: "no GODEBUG=http2xconnect=1 with a library that hijacks the connection (gorilla/websocket, coder/websocket)"},
		{Product: "Node.js", Snippet: "http2.createServer({ settings: { enableConnectProtocol: false } }), or answer streams with :method CONNECT and :protocol websocket"},
		{Product: "Cowboy", Snippet: "protocol_options: enable_connect_protocol => false"},
		{Product: "lighttpd", Snippet: "proxy.header = ( \"upgrade\" => \"enable\" )   # the proxy has to be told to relay it"},
	},
	ClientSees: "Chrome `Unexpected response code: 405`",
	Check:      checkH2ExtendedConnect,
}

func checkH2ExtendedConnect(p *rules.Pass) {
	offer := h2Offered(p, true)
	if _, back := h2Withdrawn(p); offer == nil || !p.Request.HasAck || back != nil || !h2Correct(p) || p.HTTP2.Accepts {
		return // as far as can be told, it does know it
	}
	f := rules.Finding{Evidence: []rules.Evidence{h2SettingEvidence(offer), p.StartLine(p.Request)}}
	reset := p.HTTP2.Reset
	switch s := p.Status(); {
	case s == 405 || s == 426 || s == 501 || s == 400 && wantsUpgrade(p):
		f.Message = fmt.Sprintf("the server offers extended CONNECT, and answers one with %s: what is behind its HTTP/2 does not know it", statusText(p))
		f.Evidence = append(f.Evidence, p.StartLine(p.Response))
		if f.Proof = rules.Practice; s == 400 {
			f.Proof = rules.Stated
			f.Evidence = append(f.Evidence, p.BodyEvidence(p.BodyText()))
		}
	case s == 0 && reset != nil && reset.From == reassembly.Server && reset.Code == protocolError:
		f.Message = "the server offers extended CONNECT, and resets the stream of a correct one with PROTOCOL_ERROR"
		f.Evidence = append(f.Evidence, h2ResetEvidence(p))
	default:
		return
	}
	p.Report(f)
}

// wantsUpgrade reports whether the body of a refusal misses the upgrade of HTTP/1.1, in the
// words of a library that is known.
func wantsUpgrade(p *rules.Pass) bool {
	return p.Points("request-connection-no-upgrade") || p.Points("request-connection-missing") || p.Points("request-upgrade-missing")
}
