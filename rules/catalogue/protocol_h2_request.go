package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var h2GetWithUpgrade = rules.Rule{
	ID: "h2-get-with-upgrade", Family: rules.Protocol, Title: "HTTP/1.1-style upgrade inside HTTP/2",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "A request in HTTP/2 whose method is not CONNECT carries what belongs to an opening handshake: Sec-WebSocket-Key, Sec-WebSocket-Version, Upgrade or :protocol.",
		Why:    "HTTP/2 has no Upgrade and no 101. Servers reset the stream, answer 400, or take the request for that of a page. Gateways that turn HTTP/1.1 into HTTP/2 without knowing RFC 8441 write such requests.",
		Change: "Send an extended CONNECT with :protocol websocket where the server offers it, else open the WebSocket over HTTP/1.1.",
		Before: "GET /chat HTTP/2\nupgrade: websocket\nsec-websocket-key: aGFuZHNoYXJrLW5vbmNlIQ==", After: "CONNECT /chat HTTP/2\n:protocol: websocket\nsec-websocket-version: 13",
	},
	Actor: rules.Client, Level: rules.MustNot,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: h2Refusals,
	Reference: "RFC 9113 s8.2.2, s8.6; RFC 8441 s4, s5",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-connection-specific-header", "h2-protocol-missing", "h2-stream-reset", "h2-status-101", "h2-goaway", "response-400-unexplained", "http-wrong-path"},
	Fixes:      append(h2Any("CONNECT with :protocol websocket, or HTTP/1.1 for WebSocket (ALPN http/1.1 alone)"), h2GatewayFixes...),
	ClientSees: "browsers do not do this; of a gateway they see `Unexpected response code: 400` or 502",
	Check: func(p *rules.Pass) {
		if h2Connect(p) {
			return
		}
		var lines []int
		for i := range p.Request.NumFields() {
			if name := strings.ToLower(p.Request.Name(i)); name == ":protocol" || name == "upgrade" || strings.HasPrefix(name, "sec-websocket-") {
				lines = append(lines, i)
			}
		}
		if len(lines) == 0 {
			return
		}
		names, evidence := fieldLines(p, p.Request, lines)
		p.Report(rules.Finding{
			Actor:    h2Asker(p),
			Message:  fmt.Sprintf("a %s in HTTP/2 with %s: there is no upgrade in HTTP/2, WebSocket takes an extended CONNECT", rules.Quote(p.Request.Text(p.Request.Method)), names),
			Evidence: append([]rules.Evidence{p.StartLine(p.Request)}, evidence...),
		})
	},
}

var h2ProtocolMissing = rules.Rule{
	ID: "h2-protocol-missing", Family: rules.Protocol, Title: "CONNECT with WebSocket fields but no :protocol",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "A CONNECT in HTTP/2 has Sec-WebSocket-* fields and no :protocol.",
		Why:    "Without :protocol it is the plain CONNECT that asks a proxy for a tunnel to :authority; with :path and :scheme beside it, it is malformed.",
		Change: "Add :protocol websocket.",
		Before: "CONNECT /chat HTTP/2\nsec-websocket-version: 13", After: "CONNECT /chat HTTP/2\n:protocol: websocket\nsec-websocket-version: 13",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: h2Refusals,
	Reference: "RFC 8441 s4, s5; RFC 9113 s8.5",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-stream-reset", "h2-pseudo-headers-missing", "h2-goaway", "response-400-unexplained", "response-405"},
	Fixes:      h2Any(":protocol: websocket"),
	ClientSees: "a stream error, close code 1006 without a reason",
	Check: func(p *rules.Pass) {
		if h2Connect(p) && !p.Request.Has(":protocol") {
			p.Report(rules.Finding{
				Actor:    h2Asker(p),
				Message:  "the CONNECT carries Sec-WebSocket fields and no :protocol: to the server it asks for a tunnel",
				Evidence: []rules.Evidence{p.Head(p.Request, ":protocol")},
			})
		}
	},
}

var h2ProtocolNotWebSocket = rules.Rule{
	ID: "h2-protocol-not-websocket", Family: rules.Protocol, Title: ":protocol is not websocket",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "An extended CONNECT has Sec-WebSocket-* fields, and its :protocol is something else than websocket, in lower case.",
		Why:    "The value names the protocol of the stream. To what it does not know a server answers 501 or 400, or resets the stream.",
		Change: "Set :protocol to websocket, in lower case, for ws: and wss: alike.",
		Before: "CONNECT /chat HTTP/2\n:protocol: WebSocket", After: "CONNECT /chat HTTP/2\n:protocol: websocket",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: h2Refusals,
	Reference: "RFC 8441 s5; RFC 9220 s3",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-stream-reset", "h2-goaway", "response-400-unexplained", "response-405", "response-501"},
	Fixes:      h2Any(":protocol: websocket"),
	ClientSees: "a stream error, close code 1006 without a reason",
	Check: func(p *rules.Pass) {
		if !h2Extended(p) || p.Request.Get(":protocol") == "websocket" {
			return
		}
		p.Report(rules.Finding{
			Actor:    h2Asker(p),
			Message:  ":protocol is " + rules.Quote(p.Request.Get(":protocol")) + `, not "websocket"`,
			Evidence: p.Fields(p.Request, ":protocol"),
		})
	},
}

var h2PseudoHeadersMissing = rules.Rule{
	ID: "h2-pseudo-headers-missing", Family: rules.Protocol, Title: "Extended CONNECT lacks :scheme, :path or :authority",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "A request that asks for WebSocket in HTTP/2 lacks :scheme, :path or :authority, or has one of them empty, twice, behind other fields, or one that does not exist.",
		Why:    "A plain CONNECT must leave :scheme and :path out, an extended one must have them. Such a request is malformed, and the stream is reset.",
		Change: "Send :method, :protocol, :scheme, :path and :authority once each, before all other fields.",
		Before: "CONNECT HTTP/2\n:protocol: websocket\n:authority: ws.example.test", After: "CONNECT /chat HTTP/2\n:protocol: websocket\n:scheme: https\n:authority: ws.example.test",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: h2Refusals,
	Reference: "RFC 8441 s4, s5; RFC 9113 s8.3.1",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-stream-reset", "h2-goaway", "response-400-unexplained"},
	Fixes:      h2Any(":method CONNECT, :protocol websocket, :scheme https, :path /chat, :authority ws.example.com, then the other fields"),
	ClientSees: "a stream error, close code 1006 without a reason",
	Check: func(p *rules.Pass) {
		for _, f := range p.HTTP2.Pseudo {
			e := p.Head(p.Request, f.Name)
			e.Absent = f.Kind == analyzer.PseudoMissing
			p.Report(rules.Finding{Actor: h2Asker(p), Message: pseudoFault(f), Evidence: []rules.Evidence{e}})
		}
	},
}

// pseudoFault says what is wrong with a pseudo-header field.
func pseudoFault(f analyzer.PseudoFault) string {
	name := rules.Quote(f.Name)
	switch f.Kind {
	case analyzer.PseudoMissing:
		return "the request has no " + name
	case analyzer.PseudoEmpty:
		return name + " is empty"
	case analyzer.PseudoRepeated:
		return name + " is there more than once"
	case analyzer.PseudoLate:
		return name + " stands behind other fields, and pseudo-header fields come first"
	case analyzer.PseudoUnknown:
	}
	return "there is no pseudo-header field " + name + " in requests"
}

var h2SchemeInvalid = rules.Rule{
	ID: "h2-scheme-invalid", Family: rules.Protocol, Title: ":scheme is ws or wss",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The :scheme of an extended CONNECT is neither http nor https.",
		Why:    "A ws: URL is asked for as http, a wss: URL as https. Servers refuse other schemes with 400 or reset the stream.",
		Change: "Map ws to http and wss to https in :scheme.",
		Before: ":scheme: wss", After: ":scheme: https",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: h2Refusals,
	Reference: "RFC 8441 s5",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-stream-reset", "h2-goaway", "response-400-unexplained"},
	Fixes:      h2Any("ws becomes :scheme http, wss becomes :scheme https"),
	ClientSees: "a stream error, close code 1006 without a reason",
	Check: func(p *rules.Pass) {
		scheme := p.Request.Get(":scheme")
		if scheme == "" || strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") {
			return
		}
		p.Report(rules.Finding{
			Actor: h2Asker(p), Message: ":scheme is " + rules.Quote(scheme) + "; http or https is expected",
			Evidence: p.Fields(p.Request, ":scheme"),
		})
	},
}

var h2VersionMissing = rules.Rule{
	ID: "h2-version-missing", Family: rules.Version, Title: "Extended CONNECT without Sec-WebSocket-Version",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "An extended CONNECT for websocket has no Sec-WebSocket-Version.",
		Why:    "Key and Accept went away in HTTP/2, the version did not. Some servers refuse a request without it, others do not look.",
		Change: "Send sec-websocket-version: 13.",
		Before: "CONNECT /chat HTTP/2\n:protocol: websocket", After: "CONNECT /chat HTTP/2\n:protocol: websocket\nsec-websocket-version: 13",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Endings: h2Refusals,
	Reference: "RFC 8441 s5; RFC 6455 s4.1 (item 9)",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"response-400-unexplained"},
	Fixes:      h2Any("sec-websocket-version: 13"),
	ClientSees: "Unexpected response code: 400",
	Check: func(p *rules.Pass) {
		if h2Extended(p) && !p.Request.Has(secVersion) {
			p.Report(rules.Finding{
				Actor:   h2Asker(p),
				Message: "the extended CONNECT has no Sec-WebSocket-Version; 13 is demanded in HTTP/2, too", Evidence: []rules.Evidence{p.Head(p.Request, secVersion)},
			})
		}
	},
}

var h2RequestEndStream = rules.Rule{
	ID: "h2-request-end-stream", Family: rules.Protocol, Title: "END_STREAM on the extended CONNECT request",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The HEADERS frame of an extended CONNECT has END_STREAM.",
		Why:    "It ends the client's side of the stream, as a FIN would end that of a connection: no frame can follow. Clients that treat the request as one without a body do this.",
		Change: "Keep the request's side of the stream open.",
	},
	Actor: rules.Client, Level: rules.Derived,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: append(h2Left, h2Refusals...),
	Reference: "RFC 8441 s5; RFC 9113 s8.5",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-stream-reset", "h2-goaway", "response-400-unexplained", "post-eof-after-101", "client-gave-up", "h2-response-end-stream", "http-h2-extended-connect"},
	Fixes: append(h2Any("HEADERS without END_STREAM; the stream ends after the Close frames"),
		rules.Fix{Product: "Node.js", Snippet: "session.request(headers, { endStream: false })"}),
	ClientSees: "the socket opens and closes at once",
	Check: func(p *rules.Pass) {
		if p.HTTP2.Ends[reassembly.Client] && h2Connect(p) {
			p.Report(rules.Finding{
				Actor:    h2Asker(p),
				Message:  "the client ended its side of the stream with the request (END_STREAM): no frame can follow",
				Evidence: []rules.Evidence{p.StartLine(p.Request)},
			})
		}
	},
}

var h2HostAuthorityConflict = rules.Rule{
	ID: "h2-host-authority-conflict", Family: rules.Protocol, Title: "host and :authority disagree",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The request has both :authority and host, and they name different hosts.",
		Why:    "They have to be the same. Servers take such a request for malformed, or route it by one of the two.",
		Change: "Leave host out in HTTP/2, or make it equal to :authority.",
		Before: ":authority: a.example.test\nhost: b.example.test", After: ":authority: a.example.test",
	},
	Actor: rules.Client, Level: rules.MustNot,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Endings: h2Refusals,
	Reference: "RFC 9113 s8.3.1",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-stream-reset", "h2-goaway", "response-400-unexplained"},
	Fixes:      h2Any("leave host out in HTTP/2"),
	ClientSees: "a stream error, close code 1006 without a reason",
	Check: func(p *rules.Pass) {
		if i := otherHost(p.Request); i >= 0 {
			p.Report(rules.Finding{
				Actor:    h2Asker(p),
				Message:  fmt.Sprintf(":authority is %s and host is %s", rules.Quote(p.Request.Get(":authority")), rules.Quote(p.Request.Value(i))),
				Evidence: append(p.Fields(p.Request, ":authority")[:1], p.Field(p.Request, i)),
			})
		}
	},
}

// otherHost gives the line of a host that is not :authority, -1 if there is none.
func otherHost(m *analyzer.Message) int {
	authority := m.Get(":authority")
	for i := range m.NumFields() {
		if authority != "" && strings.EqualFold(m.Name(i), "host") && !sameAuthority(authority, m.Value(i), m.Get(":scheme")) {
			return i
		}
	}
	return -1
}

// sameAuthority compares two authorities, the port of the scheme being that of one that
// names none.
func sameAuthority(a, b, scheme string) bool {
	x, y := field.ParseHost(a), field.ParseHost(b)
	usual := "443"
	if strings.EqualFold(scheme, "http") {
		usual = "80"
	}
	port := func(h field.Host) string {
		if h.Port == "" {
			return usual
		}
		return h.Port
	}
	return strings.EqualFold(x.Name, y.Name) && port(x) == port(y)
}

var h2DataBefore2xx = rules.Rule{
	ID: "h2-data-before-2xx", Family: rules.Protocol, Title: "Client DATA before the server's answer",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "DATA frames follow the extended CONNECT before the client could have seen the answer; the acknowledgement number of their segment proves it.",
		Why:    "A client has to wait for the 2xx. Servers buffer the octets, reset the stream, or hand them to a backend that has not agreed to anything.",
		Change: "Send DATA after the 2xx has come.",
	},
	Actor: rules.Client, Level: rules.MustNot,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Endings: append(rules.Ends(analyzer.EndingNoStatus), rules.Status(400, 500, 502)...),
	Reference: "RFC 6455 s4.1; RFC 8441 s5",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      h2Any("wait for the HEADERS with :status 200"),
	ClientSees: "a stream error or status 500",
	Check: func(p *rules.Pass) {
		data, ref := earlyData(p)
		if len(data) == 0 || !h2Connect(p) {
			return
		}
		p.Found(fmt.Sprintf("the client sent DATA before the answer: % x", data[:min(len(data), 8)]),
			octetsAt(p, reassembly.Client, "DATA", data, ref))
	},
}
