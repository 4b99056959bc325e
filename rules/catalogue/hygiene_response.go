package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var crossOriginAcceptedWithCredentials = rules.Rule{
	ID: "cross-origin-accepted-with-credentials", Family: rules.Hygiene, Title: "Cross-site handshake with cookies accepted",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request carries a cookie, Origin is of another site than Host (the last two labels differ), and the server accepts.",
		Why:    "If the server does not check Origin, any page can use the socket in the name of its visitor. The packets do not show whether it does: the origin may be on its list.",
		Change: "Verify that the server checks Origin against a list where cookies authenticate the socket.",
	},
	Actor: rules.Server, Level: rules.Should, Severity: rules.Severity{Established: rules.Info},
	Reference: "RFC 6455 s10.2",
	Needs:     bothHeads, When: rules.On101,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "compare Origin with a list of allowed origins before upgrading"}},
	ClientSees: noEffect,
	If:         rules.If(rules.OriginOdd, rules.TargetOdd).And(rules.HasCookie),
	Check:      checkCrossOriginAccepted,
}

func checkCrossOriginAccepted(p *rules.Pass) {
	o, ok := originOf(p)
	host := hostOf(p)
	if !ok || !p.Request.Has("Cookie") || !webScheme(o.Scheme) || host.Fault != field.HostValid || site(o.Host) == site(host) {
		return
	}
	p.Found(fmt.Sprintf("Origin %s is of another site than Host %s, and a cookie came along: verify that the server checks origins",
		rules.Quote(o.Text), rules.Quote(p.Request.Get("Host"))),
		p.FieldOrAbsent(p.Request, "Origin"), p.FieldOrAbsent(p.Request, "Host"), p.FieldOrAbsent(p.Request, "Cookie"))
}

// site is the name of a host without what stands before its last two labels:
// near to the registrable domain, for which a list of public suffixes is needed.
func site(h field.Host) string {
	name := strings.ToLower(h.Name)
	if h.IsIP() {
		return name
	}
	labels := strings.Split(name, ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

var responseBodyIncomplete = rules.Rule{
	ID: "response-body-incomplete", Family: rules.Hygiene, Title: "Error body shorter than announced",
	Doc: rules.Doc{
		Seen:   "A response other than 101 ends before the octets that Content-Length or the chunks announce.",
		Why:    "The text of the refusal is cut; what there is of it can still be read. It has no effect on the verdict.",
		Change: "Send as many octets as announced.",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Failed: rules.Info},
	Reference: "RFC 9112 s6.3, s8",
	Needs:     analyzer.ResponseHead | analyzer.TCPClose, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "let the framework compute Content-Length"}},
	ClientSees: noEffect,
	If:         rules.If(rules.BodyCut),
	Check:      checkBodyIncomplete,
}

func checkBodyIncomplete(p *rules.Pass) {
	end, over := p.Teardown(reassembly.Server)
	if !over || p.Body.Complete || p.Lost&analyzer.ResponseBody != 0 || len(p.Body.Data) >= analyzer.BodyLimit {
		return
	}
	p.Found(fmt.Sprintf("the body ends after %d octets, before the end that the head announces", p.Body.Length),
		append(statusEvidence(p, "Content-Length", "Transfer-Encoding"), end)...)
}

var responseExtensionsMultipleLines = rules.Rule{
	ID: "response-extensions-multiple-lines", Family: rules.Hygiene, Title: "Several Sec-WebSocket-Extensions lines in the 101",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 has several Sec-WebSocket-Extensions lines.",
		Why:    "It is legal since erratum 3433 of RFC 6455; the text as printed forbids it, and old clients may read one line only.",
		Change: "Join the extensions into one line for old clients.",
	},
	Actor: rules.Server, Level: rules.May, Severity: inform,
	Reference: "RFC 6455 s4.2.2 step 5.6, s11.3.2; erratum 3433",
	Needs:     analyzer.ResponseHead, When: rules.On101,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Sec-WebSocket-Extensions: a, b"}},
	ClientSees: noEffect,
	If:         rules.If(rules.AnswerOdd),
	Check: func(p *rules.Pass) {
		if lines := p.Fields(p.Response, extensionsField); len(lines) > 1 {
			p.Found("the extensions of "+opener(p)+" stand in several lines", lines[:min(len(lines), 8)]...)
		}
	},
}

var responseInterimBeforeFinal = rules.Rule{
	ID: "response-interim-before-final", Family: rules.Hygiene, Title: "Interim response before the final one",
	Doc: rules.Doc{
		Seen:   "One or more responses such as 100 or 103 come before the final status or the 101.",
		Why:    "It is legal. Clients that take the first response for the last one stumble over it.",
		Change: "Nothing to mend.",
	},
	Actor: rules.Server, Level: rules.May, Severity: inform,
	Reference: "RFC 9110 s15.2; RFC 8297",
	Needs:     analyzer.ResponseHead, When: rules.On101 | rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "nothing to mend"}},
	ClientSees: noEffect,
	If:         rules.If(rules.InterimSent),
	Check: func(p *rules.Pass) {
		if len(p.Interim) > 0 {
			p.Found(fmt.Sprintf("an interim response (%d) comes before the final one", p.Interim[0].Status), p.StartLine(p.Interim[0]))
		}
	},
}

var responseKeyEchoed = rules.Rule{
	ID: "response-key-echoed", Family: rules.Hygiene, Title: "Server echoed Sec-WebSocket-Key",
	Doc: rules.Doc{
		Seen:   "The response has a Sec-WebSocket-Key field.",
		Why:    "It belongs into requests; clients ignore it. The server copies fields of the request.",
		Change: "Do not copy fields of the request into the response.",
	},
	Actor: rules.Server, Level: rules.Observation, Severity: inform,
	Reference: "RFC 6455 s11.3.1",
	Needs:     analyzer.ResponseHead, When: rules.On101 | rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "answer with Sec-WebSocket-Accept only"}},
	ClientSees: noEffect,
	If:         rules.If(rules.KeySent),
	Check: func(p *rules.Pass) {
		if p.Response.Has("Sec-WebSocket-Key") {
			p.Found("Sec-WebSocket-Key stands in the response; it belongs into the request", p.Fields(p.Response, "Sec-WebSocket-Key")...)
		}
	},
}

var responseSetCookieOn101 = rules.Rule{
	ID: "response-set-cookie-on-101", Family: rules.Hygiene, Title: "Cookie set in the 101 response",
	Doc: rules.Doc{
		Seen:   "The 101 has a Set-Cookie field.",
		Why:    "RFC 6455 expects clients to keep it, RFC 6265 lets them ignore it in 1xx responses. A session that is held to one server by that cookie may lose its server.",
		Change: "Set the cookie before the handshake if the client has to have it.",
	},
	Actor: rules.Server, Level: rules.Observation, Severity: inform,
	Reference: "RFC 6265 s3; RFC 6455 s1.3, s4.1",
	Needs:     analyzer.ResponseHead, When: rules.On101,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "set the cookie in the answer to an ordinary request before the handshake"}},
	ClientSees: noEffect,
	If:         rules.If(rules.SetsCookie),
	Check: func(p *rules.Pass) {
		if p.Response.Has("Set-Cookie") {
			lines := p.Fields(p.Response, "Set-Cookie")
			p.Found("the 101 sets a cookie, which clients may ignore", lines[:min(len(lines), 8)]...)
		}
	},
}

var responseVersionOn101 = rules.Rule{
	ID: "response-version-on-101", Family: rules.Hygiene, Title: "Sec-WebSocket-Version in a successful response",
	Doc: rules.Doc{
		Seen:   "The 101 has a Sec-WebSocket-Version field.",
		Why:    "The field is meant for refusals; some servers always send it, and clients ignore it.",
		Change: "Send it with refusals only.",
	},
	Actor: rules.Server, Level: rules.Observation, Severity: inform,
	Reference: "RFC 6455 s11.3.5",
	Needs:     analyzer.ResponseHead, When: rules.On101,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "leave Sec-WebSocket-Version out of the 101"}},
	ClientSees: noEffect,
	If:         rules.If(rules.ResponseVersion),
	Check: func(p *rules.Pass) {
		if p.Status() == statusSwitchingProtocols && p.Response.Has("Sec-WebSocket-Version") {
			p.Found("the 101 names a version; that is meant for refusals", p.Fields(p.Response, "Sec-WebSocket-Version")...)
		}
	},
}
