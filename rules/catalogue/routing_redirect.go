package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var httpRedirectCanonical = rules.Rule{
	ID: "http-redirect-canonical", Family: rules.Routing, Title: "Redirect to the canonical URL (https, host, slash)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The answer is a redirect to the same URL with another scheme, with or without www, with or without a slash, in another letter case or without the default port.",
		Why:    "The server wants its canonical URL. Browsers and most libraries do not follow redirects of a handshake.",
		Change: "Use the URL of the Location field in the client, with wss:// for https://.",
		Before: "ws://ws.example.test/chat", After: "wss://ws.example.test/chat",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9110 s15.4; RFC 6455 s3",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"response-redirect"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: canonicalURL},
		{Product: "nginx", Snippet: "location /ws { ... }   # a location /ws/ redirects /ws"},
		{Product: "FastAPI", Snippet: "FastAPI(redirect_slashes=False)"},
	},
	ClientSees: "Unexpected response code: 301",
	If:         rules.If(rules.StatusRedirect),
	Check:      checkRedirectCanonical,
}

// canonicalURL is the fix where no path is at fault.
const canonicalURL = "client: open the URL of Location, with wss:// for https:// and ws:// for http://"

func checkRedirectCanonical(p *rules.Pass) {
	location := p.Response.Get("Location")
	to := field.ParseTarget(location)
	if !isRedirect(p.Status()) || location == "" || leadsToLogin(to, p.Target().Path) {
		return
	}
	differs := canonicalDifference(p, to)
	if differs == "" {
		return
	}
	fix := ""
	if !strings.Contains(differs, "path") {
		fix = canonicalURL
	}
	p.Report(rules.Finding{
		Fix: fix,
		Message: fmt.Sprintf("the %d redirects to %s, which differs in its %s only: use that URL in the client", p.Status(),
			rules.Quote(shownTarget(location)), differs),
		Evidence: append(p.Fields(p.Response, "Location"), p.StartLine(p.Response), p.StartLine(p.Request)), Proof: rules.Stated,
	})
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// canonicalDifference names the parts in which a Location differs from what was
// asked for; empty if other parts differ, too, or none does.
func canonicalDifference(p *rules.Pass, to field.Target) string {
	asked := field.ParseTarget(p.Request.Text(p.Request.Target))
	host := asked.Authority
	if host == "" {
		host = p.Request.Get("Host")
	}
	var parts []string
	if to.Form == field.AbsoluteForm {
		h := hostDifference(field.ParseHost(host), field.ParseHost(to.Authority))
		if h == "other" {
			return ""
		}
		secure := field.EqualFold(to.Scheme, "https") || field.EqualFold(to.Scheme, "wss")
		if secure && p.TLS == nil {
			parts = append(parts, "scheme")
		}
		if h != "" {
			parts = append(parts, h)
		}
	}
	switch {
	case asked.Query != to.Query || canonicalPath(asked.Path) != canonicalPath(to.Path):
		return ""
	case pathOrRoot(asked.Path) != pathOrRoot(to.Path):
		parts = append(parts, "path")
	}
	return strings.Join(parts, " and ")
}

// hostDifference tells how two hosts differ: "" = not at all, "host" = by www,
// "port" = by the port only, "other" = otherwise.
func hostDifference(a, b field.Host) string {
	from, to := strings.ToLower(a.Name), strings.ToLower(b.Name)
	switch {
	case from == to && a.Port != b.Port:
		return "port"
	case from == to:
		return ""
	case strings.TrimPrefix(from, "www.") == strings.TrimPrefix(to, "www."):
		return "host"
	}
	return "other"
}

func pathOrRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// canonicalPath is a path without letter case, doubled slashes and the slash at
// its end.
func canonicalPath(path string) string {
	path = strings.ToLower(path)
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return strings.TrimSuffix(path, "/")
}

var responseRedirect = rules.Rule{
	ID: "response-redirect", Family: rules.Routing, Title: "Handshake redirected",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is a redirect.",
		Why:    "Clients need not follow a redirect of a handshake, and browsers never do.",
		Change: "Use the URL of the Location field in the client, or do not redirect the path of the WebSocket.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 6455 s4.1 (response step 1), s4.2.2 step 3; RFC 9110 s15.4",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: canonicalURL},
		{Product: "nginx", Snippet: "no return 301 for the path of the WebSocket"},
	},
	ClientSees: "Unexpected response code: 302",
	If:         rules.If(rules.StatusRedirect),
	Check: func(p *rules.Pass) {
		if s := p.Status(); s < 300 || s > 308 || s == 304 {
			return
		}
		p.Found(routingAsked(p)+" was redirected with "+statusText(p)+routingTo(p),
			append([]rules.Evidence{p.StartLine(p.Response)}, p.Fields(p.Response, "Location")...)...)
	},
}

func routingTo(p *rules.Pass) string {
	if location := p.Response.Get("Location"); location != "" {
		return " to " + rules.Quote(shownTarget(location))
	}
	return ""
}

// routingAsked names what was asked for, without the query.
func routingAsked(p *rules.Pass) string {
	if p.Request == nil || p.Request.Target.Len() == 0 {
		return "the request"
	}
	return "the request for " + rules.Quote(shownTarget(p.Request.Text(p.Request.Target)))
}

// statusText gives the status and who sent it.
func statusText(p *rules.Pass) string {
	if by := p.Answerer.String(); by != "" {
		return fmt.Sprintf("%d from %s", p.Status(), by)
	}
	return fmt.Sprint(p.Status())
}

var responseRedirectMissingLocation = rules.Rule{
	ID: "response-redirect-missing-location", Family: rules.Routing, Title: "Redirect without Location",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The status is 301, 302, 303, 307 or 308, and there is no Location field.",
		Why:    "Even a client that follows redirects cannot follow this one.",
		Change: "Send Location with a redirect.",
		Before: "HTTP/1.1 302 Found", After: "HTTP/1.1 302 Found\nLocation: https://ws.example.test/chat",
	},
	Actor: rules.Server, Level: rules.Should,
	Severity:  rules.Severity{Failed: rules.Warning},
	Reference: "RFC 9110 s15.4, s10.2.2",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Location: https://HOST/PATH"}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.StatusRedirect),
	Check: func(p *rules.Pass) {
		if isRedirect(p.Status()) && !p.Response.Has("Location") {
			p.Found(fmt.Sprintf("%d without a Location field", p.Status()), p.Head(p.Response, "Location"))
		}
	},
}
