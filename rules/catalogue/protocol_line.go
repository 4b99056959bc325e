package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/rules"
)

var requestLineMalformed = rules.Rule{
	ID: "request-line-malformed", Family: rules.Protocol, Title: "Request line is not method SP target SP version",
	Doc: rules.Doc{
		Seen:   "The request line has more or fewer than two single blanks, a tab, a blank at an end, no target, no version, or a method that is no token.",
		Why:    "Servers split the line at blanks; an extra one shifts the parts. Strict servers answer 400, lenient ones guess.",
		Change: "Write the method, one space, the path, one space, HTTP/1.1, CRLF, and percent-encode blanks in the path.",
		Before: "GET  /chat HTTP/1.1", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9112 s3; RFC 6455 s4.1 (item 1), s4.2.1",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "GET /path?query HTTP/1.1\\r\\n   # single spaces; a blank in the path becomes %20"}},
	ClientSees: "Unexpected response code: 400; websocket: bad handshake",
	If:         rules.If(rules.RequestDeviates),
	Check:      checkRequestLineMalformed,
}

func checkRequestLineMalformed(p *rules.Pass) {
	m := p.Request
	for i := range m.Deviations {
		d := &m.Deviations[i]
		if what := startLineFault(d); what != "" {
			p.Found("request line "+rules.Quote(shownTarget(m.Text(m.Line)))+" "+what, p.StartLine(m), p.Deviation(m, *d))
			return
		}
	}
}

func startLineFault(d *http1.Deviation) string {
	if d.Field >= 0 {
		return ""
	}
	switch d.Kind {
	case http1.ExtraSpaces:
		return "has a blank too many"
	case http1.TabSeparator:
		return "is separated by a tab"
	case http1.TrailingBlank:
		return "ends in a blank"
	case http1.EmptyTarget:
		return "has no target"
	case http1.MissingVersion:
		return "has no version"
	case http1.BadMethod:
		return "begins with something that is no method"
	}
	return ""
}

var requestHTTPVersionMalformed = rules.Rule{
	ID: "request-http-version-malformed", Family: rules.Protocol, Title: "HTTP version token malformed",
	Doc: rules.Doc{
		Seen:   "The last part of the request line is not \"HTTP/\", a digit, a dot and a digit, in upper case.",
		Why:    "The version is case-sensitive and has exactly one digit on each side of the dot. Servers answer 400 or 505.",
		Change: "Send HTTP/1.1 literally.",
		Before: "GET /chat http/1.1", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9112 s2.3",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "GET /path HTTP/1.1"}},
	ClientSees: "Unexpected response code: 400",
	If:         rules.If(rules.RequestDeviates),
	Check: func(p *rules.Pass) {
		m := p.Request
		if d := m.Deviates(http1.BadVersion); d != nil {
			p.Found("HTTP version "+rules.Quote(m.Text(d.Span))+" is not HTTP/1.1 as it has to be written", p.Deviation(m, *d))
		}
	},
}

var requestHTTPVersionTooLow = rules.Rule{
	ID: "request-http-version-too-low", Family: rules.Protocol, Title: "Client speaks HTTP/1.0 or lower",
	Doc: rules.Doc{
		Seen:   "The handshake request says HTTP/1.0, and nothing in it shows that an intermediary wrote it.",
		Why:    "Upgrade exists from HTTP/1.1 on only; a server has to ignore it in an HTTP/1.0 request and answers 200, 400, 426 or 505 instead of 101.",
		Change: "Send HTTP/1.1 and a Host field. If the client does, a proxy lowers the version: set the version that it uses towards its upstream.",
		Before: "GET /chat HTTP/1.0", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(426, 505),
	Reference: "RFC 6455 s4.1 (item 2), s4.2.1 (item 1); RFC 9110 s7.8",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{
		"response-1xx-to-http10", "response-200-instead-of-101", "response-400-unexplained", "response-426", "response-505",
	},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "GET /path HTTP/1.1\\r\\nHost: ..."},
		{Product: "nginx", Snippet: "proxy_http_version 1.1;"},
	},
	ClientSees: "Unexpected response code: 426; websocket: bad handshake",
	If:         rules.If(rules.HTTPVersionOdd),
	Check:      checkHTTPVersionTooLow,
}

func checkHTTPVersionTooLow(p *rules.Pass) {
	if !httpBefore11(p) || proxyWroteVersion(p) || !hasUpgradeWebSocket(p) && !hasConnectionUpgrade(p) {
		return
	}
	m := p.Request
	p.Found("the handshake is sent as "+m.Text(m.Version)+", and Upgrade needs HTTP/1.1 or higher", p.StartLine(m))
}

// httpBefore11 reports whether the request has a well-formed version below 1.1.
func httpBefore11(p *rules.Pass) bool {
	major, minor, ok := p.Request.HTTPVersion()
	return ok && (major < 1 || major == 1 && minor < 1)
}

// hasUpgradeWebSocket and hasConnectionUpgrade report whether the request has the
// token (RFC 6455 section 4.2.1).
func hasUpgradeWebSocket(p *rules.Pass) bool { return p.HasToken(p.Request, "Upgrade", "websocket") }

func hasConnectionUpgrade(p *rules.Pass) bool { return p.HasToken(p.Request, "Connection", "upgrade") }

var requestMethodCase = rules.Rule{
	ID: "request-method-case", Family: rules.Protocol, Title: "Method is GET in the wrong case",
	Doc: rules.Doc{
		Seen:   "The method is \"get\", \"Get\" or the like.",
		Why:    "Methods are case-sensitive, other than field names. To a strict server this is an unknown method: 400, 405 or 501.",
		Change: "Send GET in upper case.",
		Before: "Get /chat HTTP/1.1", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9112 s3.1; RFC 9110 s9.1",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "GET /path HTTP/1.1"}},
	ClientSees: "Unexpected response code: 405",
	If:         rules.If(rules.MethodOdd),
	Check: func(p *rules.Pass) {
		m := p.Request
		if method := m.Text(m.Method); method != "GET" && strings.EqualFold(method, "GET") {
			p.Found("method "+rules.Quote(method)+" is not GET: methods are case-sensitive", p.StartLine(m))
		}
	},
}

var requestMethodNotGET = rules.Rule{
	ID: "request-method-not-get", Family: rules.Protocol, Title: "Upgrade request uses a method other than GET",
	Doc: rules.Doc{
		Seen:   "The request asks for an upgrade to websocket with POST, HEAD, OPTIONS or another method.",
		Why:    "The opening handshake is a GET. Servers answer 405 or 400; 404 if they route by method, and Cowboy 426.",
		Change: "Use GET in the client; look for a proxy rewrite that changes the method.",
		Before: "POST /chat HTTP/1.1", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 6455 s4.1 (item 2), s4.2.1 (item 1)",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"http-wrong-path", "response-405", "response-426"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "GET /path HTTP/1.1"},
		{Product: "nginx", Snippet: "no rewrite or error_page that turns the request into POST; leave proxy_method unset"},
	},
	ClientSees: "Unexpected response code: 405; request method is not GET",
	If:         rules.If(rules.MethodOdd),
	Check: func(p *rules.Pass) {
		m := p.Request
		method := m.Text(m.Method)
		if method == "" || strings.EqualFold(method, "GET") || !hasUpgradeWebSocket(p) {
			return
		}
		p.Found("the upgrade is asked for with "+rules.Quote(method)+", and the opening handshake has to be a GET", p.StartLine(m))
	},
}
