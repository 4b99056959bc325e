package catalogue

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var h2ConnectionSpecificHeader = rules.Rule{
	ID: "h2-connection-specific-header", Family: rules.Protocol, Title: "Connection-specific field in HTTP/2",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "Connection, Upgrade, Keep-Alive, Proxy-Connection or Transfer-Encoding is among the fields of a request in HTTP/2, or of the answer that accepts it, or TE with another value than trailers.",
		Why:    "These fields belong to a connection of HTTP/1.1. In HTTP/2 they make a message malformed, and the stream is reset.",
		Change: "Leave these fields out when writing HTTP/2.",
		Before: "CONNECT /chat HTTP/2\n:protocol: websocket\nconnection: upgrade", After: "CONNECT /chat HTTP/2\n:protocol: websocket",
	},
	Actor: rules.Any, Level: rules.MustNot,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: append(h2Left, h2Refusals...),
	Reference: "RFC 9113 s8.2.2; RFC 8441 s5",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-stream-reset", "h2-goaway", "response-400-unexplained"},
	Fixes:      h2Any("no Connection, Upgrade, Keep-Alive, Proxy-Connection or Transfer-Encoding in HTTP/2"),
	ClientSees: "a stream error, close code 1006 without a reason",
	Check: func(p *rules.Pass) {
		eitherHead(p, rules.ConnectionFields, ": what belongs to a connection of HTTP/1.1 makes a message of HTTP/2 malformed")
	},
}

var h2UppercaseFieldName = rules.Rule{
	ID: "h2-uppercase-field-name", Family: rules.Protocol, Title: "Upper-case letters in a field name of HTTP/2",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The name of a field in HTTP/2 has upper-case letters.",
		Why:    "Field names are in lower case in HTTP/2; a message with others is malformed, and the stream is reset.",
		Change: "Write field names in lower case.",
		Before: "Sec-WebSocket-Version: 13", After: "sec-websocket-version: 13",
	},
	Actor: rules.Any, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: append(h2Left, h2Refusals...),
	Reference: "RFC 9113 s8.2.1; RFC 8441 s5",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-stream-reset", "h2-goaway", "response-400-unexplained"},
	Fixes:      h2Any("write field names in lower case"),
	ClientSees: "a stream error, close code 1006 without a reason",
	Check: func(p *rules.Pass) {
		eitherHead(p, rules.UpperCaseFields, ": field names are in lower case in HTTP/2, and a message with others is malformed")
	},
}

// eitherHead reports field lines of the request, and of the answer if it accepts: in a
// refusal they are not what ends the attempt.
func eitherHead(p *rules.Pass, of func(*analyzer.Message) []int, what string) {
	if lines := of(p.Request); len(lines) > 0 {
		names, evidence := fieldLines(p, p.Request, lines)
		p.Report(rules.Finding{Actor: h2Asker(p), Message: "the request has " + names + what, Evidence: evidence})
	}
	if !p.Accepted() {
		return
	}
	if lines := of(p.Response); len(lines) > 0 {
		names, evidence := fieldLines(p, p.Response, lines)
		p.Report(rules.Finding{Actor: rules.Server, Message: "the answer has " + names + what, Evidence: evidence})
	}
}

var h2KeyOrAcceptPresent = rules.Rule{
	ID: "h2-key-or-accept-present", Family: rules.Hygiene, Title: "Sec-WebSocket-Key or -Accept in HTTP/2",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "An extended CONNECT has Sec-WebSocket-Key, or its answer Sec-WebSocket-Accept.",
		Why:    "They prove in HTTP/1.1 that the server knows WebSocket; :protocol does so in HTTP/2, where nobody looks at them. A gateway may pass the key on beside one of its own.",
		Change: "Leave both fields out in HTTP/2.",
	},
	Actor: rules.Any, Level: rules.Observation,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "RFC 8441 s5",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      h2Any("no sec-websocket-key and no sec-websocket-accept in HTTP/2"),
	ClientSees: "nothing by itself",
	Check: func(p *rules.Pass) {
		if !h2Extended(p) {
			return
		}
		if i := p.Line(p.Request, "Sec-WebSocket-Key"); i >= 0 {
			p.Report(rules.Finding{Actor: h2Asker(p), Message: "the request has a Sec-WebSocket-Key, which HTTP/2 does not use", Evidence: []rules.Evidence{p.Field(p.Request, i)}})
		}
		if p.Response != nil && p.Response.Has("Sec-WebSocket-Accept") {
			p.Report(rules.Finding{Actor: rules.Server, Message: "the answer has a Sec-WebSocket-Accept, which HTTP/2 does not use", Evidence: p.Fields(p.Response, "Sec-WebSocket-Accept")})
		}
	},
}

var tlsALPNProtocolViolated = rules.Rule{
	ID: "tls-alpn-protocol-violated", Family: rules.TLS, Title: "HTTP/2 where ALPN did not select it",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The client speaks HTTP/2 inside of TLS, and the server had selected HTTP/1.1 by ALPN, or nothing.",
		Why:    "In TLS the protocol is the one that ALPN selects, and HTTP/1.1 without. To the server the preface of HTTP/2 is a bad request.",
		Change: "Offer h2 by ALPN and speak it only if the server selects it.",
	},
	Actor: rules.Client, Level: rules.MustNot,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   append(rules.Ends(analyzer.EndingNoStatus, analyzer.EndingNotHTTP), rules.StatusRange(400, 505)...),
	Reference: "RFC 7301 s3.2; RFC 9113 s3.2, s3.3",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-preface-answered-by-http1", "h2-goaway", "response-400-unexplained"},
	Fixes:      h2Any("offer h2 and http/1.1 by ALPN, and speak what the server selects"),
	ClientSees: "http2: frame too large; connection error",
	Check: func(p *rules.Pass) {
		if p.TLS == nil || !p.TLS.ServerHello.Seen || p.TLS.ALPN() == "h2" {
			return
		}
		selected := rules.Quote(p.TLS.ALPN())
		if p.TLS.ALPN() == "" {
			if selected = "nothing"; p.TLS.Version() >= tls.TLS13 {
				return // it may have been said where it could not be read
			}
		}
		p.Found("the client speaks HTTP/2, and by ALPN the server selected "+selected,
			p.Packet(reassembly.Server, "ServerHello", p.TLS.ServerRef), p.StartLine(p.Request))
	},
}
