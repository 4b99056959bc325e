package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/rules"
)

var requestTargetNotOriginForm = rules.Rule{
	ID: "request-target-not-origin-form", Family: rules.Protocol, Title: "Target is '*' or authority-form",
	Doc: rules.Doc{
		Seen:   "The target of the GET does not begin with \"/\" and is no absolute URI: \"*\", \"host:port\" or a bare word.",
		Why:    "A GET to a server names a path. A target without its slash is not routed; servers answer 400 or 404.",
		Change: "Begin the target with a slash; an empty path becomes \"/\".",
		Before: "GET chat HTTP/1.1", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(404),
	Reference: "RFC 9112 s3.2.1, s3.2.3, s3.2.4; RFC 6455 s4.1 (item 3)",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "GET / HTTP/1.1   # for a URL without a path"}},
	ClientSees: "Unexpected response code: 400",
	If:         rules.If(rules.TargetOdd),
	Check:      checkTargetNotOriginForm,
}

func checkTargetNotOriginForm(p *rules.Pass) {
	m := p.Request
	target := m.Text(m.Target)
	if target == "" || m.Text(m.Method) != "GET" {
		return
	}
	switch field.ParseTarget(target).Form {
	case field.OriginForm, field.AbsoluteForm:
		return
	}
	p.Found("target "+rules.Quote(shownTarget(target))+` does not begin with "/"`, p.StartLine(m))
}

// shownTarget gives a target without its query and its user information, which
// may hold credentials.
func shownTarget(target string) string {
	path, _, query := strings.Cut(target, "?")
	scheme, rest, absolute := strings.Cut(path, "://")
	if !absolute {
		scheme, rest = "", path
	}
	authority, after, slash := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	shown := authority
	if absolute {
		shown = scheme + "://" + authority
	}
	if slash {
		shown += "/" + after
	}
	if query {
		shown += "?..."
	}
	return shown
}

var requestTargetWSScheme = rules.Rule{
	ID: "request-target-ws-scheme", Family: rules.Protocol, Title: "Absolute request target uses ws: or wss:",
	Doc: rules.Doc{
		Seen:   "The request target is the whole WebSocket URL, with its ws or wss scheme.",
		Why:    "On the wire the handshake is HTTP: a target is a path, or, to a proxy, an http or https URI. Many routers do not match it and answer 400 or 404.",
		Change: "Send only the path and query of the URL; to a forward proxy use CONNECT.",
		Before: "GET ws://ws.example.test/chat HTTP/1.1", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity:  rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:     rules.IsCause,
	Endings:   rules.Status(404),
	Reference: "RFC 6455 s4.1 (item 3)",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "GET /path?query HTTP/1.1"}},
	ClientSees: "Unexpected response code: 400 or 404",
	If:         rules.If(rules.TargetOdd),
	Check: func(p *rules.Pass) {
		if s := p.Target().Scheme; field.EqualFold(s, "ws") || field.EqualFold(s, "wss") {
			p.Found("the target has the scheme "+rules.Quote(s)+", and only http and https may stand there", p.StartLine(p.Request))
		}
	},
}

var requestTargetAbsoluteForm = rules.Rule{
	ID: "request-target-absolute-form", Family: rules.Protocol, Title: "Absolute-form target sent to an origin server",
	Doc: rules.Doc{
		Seen:   "The request target is a whole http or https URI.",
		Why:    "That is the form for forward proxies. Servers must accept it and then ignore Host, so a URI that names another host than Host can be routed elsewhere.",
		Change: "Send the path only to a server; to a forward proxy use CONNECT.",
		Before: "GET http://ws.example.test/chat HTTP/1.1", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.May,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "RFC 6455 s4.1 (item 3); RFC 9112 s3.2.2",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "GET /path HTTP/1.1"}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.TargetOdd),
	Check:      checkTargetAbsoluteForm,
}

func checkTargetAbsoluteForm(p *rules.Pass) {
	t := p.Target()
	if !field.EqualFold(t.Scheme, "http") && !field.EqualFold(t.Scheme, "https") {
		return
	}
	text := "the target is an absolute URI, the form for proxies"
	authority := t.Authority[strings.LastIndexByte(t.Authority, '@')+1:]
	if host := p.Request.Get("Host"); !field.EqualFold(host, authority) {
		text += fmt.Sprintf("; it names %s, Host names %s", rules.Quote(authority), rules.Quote(host))
	}
	p.Found(text, p.StartLine(p.Request))
}

var requestTargetFragment = rules.Rule{
	ID: "request-target-fragment", Family: rules.Protocol, Title: "Request target contains '#'",
	Doc: rules.Doc{
		Seen:   "A literal \"#\" stands in the request target.",
		Why:    "A fragment is never sent; WebSocket URLs must not have one. Strict servers answer 400, others take it for a part of the path and find no route.",
		Change: "Drop the fragment, or send the character as %23 if it belongs to the path.",
		Before: "GET /chat#room HTTP/1.1", After: "GET /chat%23room HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.MustNot,
	Severity:  rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:     rules.IsCause,
	Endings:   rules.Status(404),
	Reference: "RFC 6455 s3; RFC 9112 s3.2",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "url.hash = ''   # or encodeURIComponent('#') = %23"}},
	ClientSees: "SyntaxError in browsers (URL contains a fragment); Unexpected response code: 400",
	If:         rules.If(rules.TargetOdd),
	Check: func(p *rules.Pass) {
		m := p.Request
		if t := field.ParseTarget(m.Text(m.Target)); t.HasFragment {
			path, _, _ := strings.Cut(m.Text(m.Target), "#")
			p.Found("target "+rules.Quote(shownTarget(path)+"#...")+` holds a "#", which no target may hold`, p.StartLine(m))
		}
	},
}

var requestTargetInvalidOctets = rules.Rule{
	ID: "request-target-invalid-octets", Family: rules.Protocol, Title: "Unescaped octets in the request target",
	Doc: rules.Doc{
		Seen:   "The target holds octets that a URI may not hold unescaped (non-ASCII letters, quotes, braces, ...), or a percent sign without two hexadecimal digits.",
		Why:    "Strict servers answer 400. Browsers send a few of these octets raw in queries, so many servers let them pass.",
		Change: "Percent-encode the octets shown.",
		Before: "GET /chat?q=\u00e9 HTTP/1.1", After: "GET /chat?q=%C3%A9 HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause:     rules.IsCause,
	Reference: "RFC 6455 s11.1.1, s11.1.2; RFC 9112 s3.2; RFC 3986 s2",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "encodeURI(url)"}},
	ClientSees: "nothing by itself; 400 from strict servers",
	If:         rules.If(rules.RequestDeviates),
	Check:      checkTargetInvalidOctets,
}

func checkTargetInvalidOctets(p *rules.Pass) {
	m := p.Request
	if p.Outcome.Failed() && p.Status() != 400 {
		return // browsers send some of them, and only a 400 can be about them
	}
	for i := range m.Deviations {
		d := m.Deviations[i]
		if d.Kind != http1.TargetOctet || strings.Contains(m.Text(d.Span), "#") {
			continue
		}
		what := "must be percent-encoded"
		if m.Raw[d.Span.Start] == '%' {
			what = "(%) needs two hexadecimal digits after it"
		}
		p.Report(rules.Finding{
			Message:  fmt.Sprintf("octet 0x%02X at position %d of the target %s", m.Raw[d.Span.Start], d.Span.Start-m.Target.Start, what),
			Evidence: []rules.Evidence{p.StartLine(m), p.Deviation(m, d)}, Proof: rules.Practice,
		})
		return
	}
}
