package catalogue

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
)

var inform = rules.Severity{Established: rules.Info, Failed: rules.Info}

const noEffect = "Nothing by itself."

var authCredentialsOverPlaintext = rules.Rule{
	ID: "auth-credentials-over-plaintext", Family: rules.Hygiene, Title: "Credentials sent without TLS",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Authorization, a cookie or an access_token travels over a connection without TLS that leaves the host, and no proxy says that it took TLS off.",
		Why:    "Whoever can read the traffic can act in the name of the user.",
		Change: "Use wss:// with TLS up to the server or to a proxy that is trusted.",
	},
	Actor: rules.Client, Level: rules.ShouldNot, Severity: inform,
	Reference: "RFC 7617 s4; RFC 6750 s5.3; RFC 6455 s10.6",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "new WebSocket('wss://ws.example.test/chat')"}},
	ClientSees: noEffect,
	If:         rules.If(rules.HasAuthorization, rules.HasCookie, rules.SecretInQuery),
	Check:      checkPlainCredentials,
}

func checkPlainCredentials(p *rules.Pass) {
	if p.TLS != nil || loopback(p.Conn.Server.Addr) || p.Shows(rules.Relayed) && tlsTakenOff(p) || !p.CarriesCredentials() {
		return
	}
	if i := p.CredentialLine(); i >= 0 {
		p.Later(rules.Finding{}, tellPlainCredentials, p.FieldSpot(p.Request, i))
	} else if sendsAccessToken(p) {
		p.Later(rules.Finding{}, tellPlainCredentials, p.StartSpot(p.Request))
	}
}

// loopback reports whether an address is one of the machine itself.
func loopback(a capture.Addr) bool {
	if a.Is4() {
		return a.Lo>>24&0xFF == 127
	}
	return a == capture.Addr{Lo: 1}
}

// tlsTakenOff reports whether a proxy says that the client spoke TLS to it.
func tlsTakenOff(p *rules.Pass) bool {
	proto := strings.ToLower(p.Request.Get("X-Forwarded-Proto"))
	return proto == "https" || proto == "wss"
}

func sendsAccessToken(p *rules.Pass) bool {
	return p.Shows(rules.SecretInQuery) && slices.ContainsFunc(p.Params(), isAccessToken)
}

func isAccessToken(q rules.Param) bool { return q.Name == "access_token" && q.Value != "" }

func tellPlainCredentials(p *rules.Pass) (string, []rules.Evidence) {
	evidence := p.Room(1)
	if p.Shows(rules.HasAuthorization) {
		evidence = p.AppendFields(evidence, p.Request, "Authorization")
	}
	if p.Shows(rules.HasCookie) {
		evidence = p.AppendFields(evidence, p.Request, "Cookie")
	}
	if p.Shows(rules.SecretInQuery) {
		for _, q := range p.Params() {
			if isAccessToken(q) {
				evidence = append(evidence, p.StartLine(p.Request))
			}
		}
	}
	var room [128]byte
	c := p.Credentials()
	return p.Recurring(c.AppendTo(append(room[:0], "credentials travel in clear: "...))), evidence[:min(len(evidence), 8)]
}

var authTokenInQuery = rules.Rule{
	ID: "auth-token-in-query", Family: rules.Hygiene, Title: "Secret in the request target",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A query parameter with the name of a credential has a value of 16 letters or more.",
		Why:    "Targets are written into logs and histories. Browsers leave little choice for a WebSocket, so it is common.",
		Change: "Prefer a cookie, a ticket that is valid once, or the first message. Keep queries out of logs.",
	},
	Actor: rules.Client, Level: rules.ShouldNot, Severity: inform,
	Reference: "RFC 6750 s2.3; RFC 9110 s17.9",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "fetch a one-time ticket and send that in the query"}},
	ClientSees: noEffect,
	If:         rules.If(rules.SecretInQuery),
	Check:      checkTokenInQuery,
}

var secretParams = []string{"access_token", "token", "jwt", "auth", "api_key", "apikey", "key", "sid", "session"}

func checkTokenInQuery(p *rules.Pass) {
	const short = 16
	if len(p.Target().Query) <= short {
		return
	}
	for _, q := range p.Params() {
		if len(q.Value) >= short && hasFold(secretParams, q.Name) {
			p.Found(fmt.Sprintf("the query parameter %s holds %d octets that look like a secret", rules.Quote(q.Name), len(q.Value)), p.StartLine(p.Request))
			return
		}
	}
}

var authTokenInSubprotocol = rules.Rule{
	ID: "auth-token-in-subprotocol", Family: rules.Hygiene, Title: "Secret smuggled as a subprotocol",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A subprotocol that is offered looks like a JWT or like another secret of more than 64 octets.",
		Why:    "The list of subprotocols is not made for secrets: proxies log it, and a careless server sends the name back.",
		Change: "Prefer a cookie or a ticket. Otherwise offer a real subprotocol next to the secret and let the server select that.",
	},
	Actor: rules.Client, Level: rules.ClientPractice, Severity: inform,
	Reference: "RFC 6455 s4.1 (item 10), s1.9",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "new WebSocket(url, ['chat', token])  // and the server selects 'chat'"}},
	ClientSees: noEffect,
	If:         rules.If(rules.SubprotocolOffered),
	Check:      checkTokenInSubprotocol,
}

func checkTokenInSubprotocol(p *rules.Pass) {
	const long = 64
	if v := onlyLine(p.Request, subprotocolField); len(v) <= long && plainName(p.Request) && !bytes.HasPrefix(v, []byte("eyJ")) {
		return
	}
	for _, e := range offers(p) {
		_, jwt := field.JWT(e.Text)
		if jwt && strings.Count(e.Text, ".") >= 2 || len(e.Text) > long {
			p.Found("a subprotocol offered is "+showName(e.Text), p.Fields(p.Request, subprotocolField)...)
			return
		}
	}
}

var cookieMalformed = rules.Rule{
	ID: "cookie-malformed", Family: rules.Hygiene, Title: "Cookie string not well-formed",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Cookie is not a list of name=value pairs separated by a semicolon and a blank.",
		Why:    "Servers are lenient and differ: a pair without = may be dropped, a comma may become part of a value.",
		Change: "Send name=value pairs separated by \"; \".",
		Before: "Cookie: a", After: "Cookie: a=1",
	},
	Actor: rules.Client, Level: rules.Should, Severity: inform,
	Reference: "RFC 6265 s4.2.1",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Cookie: a=1; b=2"}},
	ClientSees: noEffect,
	If:         rules.If(rules.CookieOdd),
	Check:      checkCookieSyntax,
}

func checkCookieSyntax(p *rules.Pass) {
	for _, i := range p.Request.Lookup("Cookie") {
		_, faults := field.ParseCookies(p.Request.Value(i))
		if len(faults) > 0 {
			p.Found("Cookie breaks its grammar: "+cookieFault(faults[0].Kind), p.Field(p.Request, i))
			return
		}
	}
}

func cookieFault(kind field.FaultKind) string {
	switch kind {
	case field.EmptyElement:
		return "there is nothing between two semicolons"
	case field.NoEquals:
		return "a pair has no equals sign"
	case field.EmptyName, field.BadName:
		return "a name is missing or no token"
	case field.BadSeparator:
		return "pairs are not separated by a semicolon and one blank"
	}
	return "a value holds an octet that it must not hold"
}

var cookieMultipleLines = rules.Rule{
	ID: "cookie-multiple-lines", Family: rules.Hygiene, Title: "More than one Cookie field line in HTTP/1.1",
	Doc: rules.Doc{
		Seen:   "The request has several Cookie lines.",
		Why:    "HTTP/1.1 has one; HTTP/2 may split it, and a gateway that does not join the pieces makes this. Servers take the first line, or join them with a comma, and the session cookie may be lost.",
		Change: "Join the cookies into one line with \"; \".",
		Before: "Cookie: a=1\nCookie: b=2", After: "Cookie: a=1; b=2",
	},
	Actor: rules.Client, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "RFC 6265 s5.4",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "proxy", Snippet: "join Cookie lines of HTTP/2 with '; ' before forwarding"}},
	ClientSees: noEffect,
	If:         rules.If(rules.HasCookie).And(rules.RequestRepeats),
	Check:      checkCookieLines,
}

func checkCookieLines(p *rules.Pass) {
	if major, _, ok := p.Request.HTTPVersion(); ok && major > 1 {
		return // crumbs are legal there
	}
	if lines := p.Fields(p.Request, "Cookie"); len(lines) > 1 {
		p.Found(fmt.Sprintf("Cookie occurs %d times; HTTP/1.1 has one line", len(lines)), lines[:min(len(lines), 8)]...)
	}
}

var requestAcceptPresent = rules.Rule{
	ID: "request-accept-present", Family: rules.Hygiene, Title: "Sec-WebSocket-Accept in a request",
	Doc: rules.Doc{
		Seen:   "The request has a Sec-WebSocket-Accept field.",
		Why:    "It belongs into responses; servers ignore it here. The request was copied from a trace.",
		Change: "Drop the field from the request.",
	},
	Actor: rules.Client, Level: rules.Observation, Severity: inform,
	Reference: "RFC 6455 s11.3.3",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "send Sec-WebSocket-Key only; the server answers with Sec-WebSocket-Accept"}},
	ClientSees: noEffect,
	If:         rules.If(rules.RequestFieldOdd),
	Check: func(p *rules.Pass) {
		if p.Request.Has(secAccept) {
			p.Found("Sec-WebSocket-Accept stands in the request; it belongs into the response", p.Fields(p.Request, secAccept)...)
		}
	},
}

var requestExtensionUnregistered = rules.Rule{
	ID: "request-extension-unregistered", Family: rules.Hygiene, Title: "Offered extension is not registered",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request offers an extension that is not in the IANA registry (permessage-deflate and bbf-usp-protocol, as of January 2026).",
		Why:    "Names ought to be registered. Servers ignore those they do not know.",
		Change: "Nothing, unless a peer refuses the name.",
	},
	Actor: rules.Client, Level: rules.Must, Severity: inform,
	Reference: "RFC 6455 s9.1, s11.4",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "nothing to mend"}},
	ClientSees: noEffect,
	If:         rules.If(rules.OfferOdd),
	Check:      checkUnregistered,
}

// registeredExtensions are the names in the IANA registry, January 2026.
var registeredExtensions = []string{pmd, "bbf-usp-protocol"}

func checkUnregistered(p *rules.Pass) {
	if plainOffer(p) {
		return
	}
	all, _ := field.ParseExtensions(p.Request.Values(extensionsField)...)
	for i := range all {
		if field.IsToken(all[i].Name) && !slices.Contains(registeredExtensions, all[i].Name) {
			p.Found("the extension "+rules.Quote(all[i].Name)+" is not registered", p.Fields(p.Request, extensionsField)...)
			return
		}
	}
}

var requestProxyAuthorizationAtOrigin = rules.Rule{
	ID: "request-proxy-authorization-at-origin", Family: rules.Hygiene, Title: "Proxy credentials reached the origin",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Proxy-Authorization stands in a request that is neither CONNECT nor in absolute form, as those to a forward proxy are.",
		Why:    "The credentials are meant for the proxy; the server behind it has no business with them.",
		Change: "Let the proxy remove the field before it forwards the request.",
	},
	Actor: rules.Intermediary, Level: rules.Observation, Severity: inform,
	Reference: "RFC 9110 s11.7.2",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "proxy", Snippet: "remove Proxy-Authorization before forwarding"}},
	ClientSees: noEffect,
	If:         rules.If(rules.RequestFieldOdd),
	Check: func(p *rules.Pass) {
		if p.Request.Has("Proxy-Authorization") && !isConnect(p) && p.Target().Scheme == "" {
			p.Found("credentials for a proxy stand in a request to the server", p.Fields(p.Request, "Proxy-Authorization")...)
		}
	},
}

var requestProxyConnectionHeader = rules.Rule{
	ID: "request-proxy-connection-header", Family: rules.Hygiene, Title: "Proxy-Connection present",
	Doc: rules.Doc{
		Seen:   "The request has a Proxy-Connection field.",
		Why:    "An old invention that no specification knows; it is ignored.",
		Change: "Drop it.",
	},
	Actor: rules.Client, Level: rules.ShouldNot, Severity: inform,
	Reference: "RFC 9112 appendix C.2.2",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "send Connection only"}},
	ClientSees: noEffect,
	If:         rules.If(rules.RequestFieldOdd),
	Check: func(p *rules.Pass) {
		if p.Request.Has("Proxy-Connection") {
			p.Found("Proxy-Connection has no meaning", p.Fields(p.Request, "Proxy-Connection")...)
		}
	},
}
