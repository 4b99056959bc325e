package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var originCrossSite = rules.Rule{
	ID: "origin-cross-site", Family: rules.Origin, Title: "Origin host differs from Host",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Origin names another host than Host, or another port where both write one.",
		Why:    "Normal where the socket lives on a host of its own. Servers that only admit pages of their own host refuse it with 403, also where a proxy replaced Host.",
		Change: "Put the page's origin on the server's list if it is wanted.",
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Cause: rules.NotCause, Reference: "RFC 6455 s10.2, s4.2.2 step 4",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "add the page's origin to the allowed origins"}},
	ClientSees: "Nothing by itself.",
	If:         rules.If(rules.OriginOdd, rules.TargetOdd).And(rules.HasOrigin),
	Check:      checkCrossSite,
}

func checkCrossSite(p *rules.Pass) {
	o, ok := originOf(p)
	host := hostOf(p)
	if !ok || !webScheme(o.Scheme) || host.Fault != field.HostValid {
		return
	}
	ports := o.Host.HasPort && host.HasPort && o.Host.PortNumber != host.PortNumber
	if !sameHost(o.Host, host) || ports {
		p.Found(fmt.Sprintf("Origin %s is not of Host %s", rules.Quote(o.Text), rules.Quote(p.Request.Get("Host"))),
			p.FieldOrAbsent(p.Request, "Origin"), p.FieldOrAbsent(p.Request, "Host"))
	}
}

var originOpaque = rules.Rule{
	ID: "origin-opaque", Family: rules.Origin, Title: "Origin is null, a file or an application, and is refused",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Origin is null, empty, file://, or that of a browser extension or a packaged application, and the server answers 403.",
		Why:    "Pages from files, data: URLs and sandboxed frames have no origin of their own, and applications have one that no server knows by default.",
		Change: "Serve the page from a site, for instance http://localhost. Otherwise admit exactly this origin and authenticate by a token, not by cookies.",
		Before: "Origin: null",
	},
	Actor: rules.Client, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6454 s7; RFC 6455 s10.2",
	Needs: analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{
		"auth-forbidden", "origin-cross-site", "origin-rejected", "request-origin-malformed", "request-origin-null", "response-403",
	},
	Fixes: []rules.Fix{
		{Product: "client", Snippet: "serve the page from http://localhost while developing"},
		{Product: "server", Snippet: "admit exactly this scheme and id, and authenticate by a token"},
	},
	ClientSees: sees403,
	If:         rules.If(rules.Status403),
	Check:      checkOpaque,
}

func checkOpaque(p *rules.Pass) {
	if p.Status() != statusForbidden || !p.Request.Has("Origin") || answeredByPolicy(p) || saidOtherwise(p) {
		return
	}
	value := p.Request.Get("Origin")
	if !opaqueOrigin(value) {
		return
	}
	f := rules.Finding{
		Message:  fmt.Sprintf("Origin %s is of no site, and the server answered 403", rules.Quote(value)),
		Evidence: originEvidence(p),
	}
	if originStated(p) {
		f.Proof = rules.Stated
	}
	p.Report(f)
}

var requestOriginNull = rules.Rule{
	ID: "request-origin-null", Family: rules.Origin, Title: "Origin is null",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Origin is the word null.",
		Why:    "Pages from files, data: URLs, sandboxed frames and some redirects have no origin to name. It breaks no rule; servers with a list of origins often refuse it.",
		Change: "Serve the page from a site, or let the server admit null knowingly.",
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Cause: rules.NotCause, Reference: "RFC 6454 s6.2, s7.3",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "serve the page over http://localhost"}},
	ClientSees: "Nothing by itself; `Unexpected response code: 403` where the server refuses it.",
	If:         rules.If(rules.OriginOdd),
	Check:      checkOriginNull,
}

func checkOriginNull(p *rules.Pass) {
	if p.Request.Get("Origin") == "null" {
		p.Found("Origin is null: the page is of no site", p.FieldOrAbsent(p.Request, "Origin"))
	}
}

var requestOriginDefaultPort = rules.Rule{
	ID: "request-origin-default-port", Family: rules.Origin, Title: "Origin spells out a default port",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Origin is http with port 80 or https with port 443, or has the scheme ws or wss.",
		Why:    "An origin is written without its default port, and pages are of http or https. Servers that compare texts find no match.",
		Change: "Leave :80 and :443 out; write http for ws and https for wss.",
		Before: "Origin: https://a.example.test:443", After: "Origin: https://a.example.test",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Cause: rules.NotCause, Reference: "RFC 6454 s6.2 step 5",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Origin: https://a.example.test"}},
	ClientSees: "Nothing by itself.",
	If:         rules.If(rules.OriginOdd),
	Check:      checkDefaultPort,
}

func checkDefaultPort(p *rules.Pass) {
	o, ok := originOf(p)
	if !ok {
		return
	}
	switch scheme := strings.ToLower(o.Scheme); {
	case scheme == "ws" || scheme == "wss":
		p.Found(fmt.Sprintf("Origin %s has the scheme of the socket, not of a page", rules.Quote(o.Text)), p.Fields(p.Request, "Origin")...)
	case o.Host.HasPort && o.Host.PortNumber == field.DefaultPort(scheme):
		p.Found(fmt.Sprintf("Origin %s writes out the default port", rules.Quote(o.Text)), p.Fields(p.Request, "Origin")...)
	}
}

var requestOriginDuplicate = rules.Rule{
	ID: "request-origin-duplicate", Family: rules.Origin, Title: "Origin sent more than once",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request has several Origin lines.",
		Why:    "A request names its origin once. A server that finds two takes one of them, both joined, or none, and refuses.",
		Change: "Send Origin once. Let a proxy replace the field, not add another.",
	},
	Actor: rules.Client, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Endings: rules.Status(400), Reference: "RFC 6454 s7.3",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "nginx", Snippet: "proxy_set_header Origin $http_origin;  # sets, does not add"}},
	ClientSees: sees403,
	If:         rules.If(rules.OriginOdd),
	Check:      checkOriginDuplicate,
}

func checkOriginDuplicate(p *rules.Pass) {
	if lines := p.Fields(p.Request, "Origin"); len(lines) > 1 {
		p.Found(fmt.Sprintf("Origin occurs %d times: %s", len(lines), quoteAll(p.Request, "Origin")), lines[:min(len(lines), 8)]...)
	}
}

var requestOriginList = rules.Rule{
	ID: "request-origin-list", Family: rules.Origin, Title: "Origin lists several origins",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Origin holds several origins separated by blanks.",
		Why:    "RFC 6454 allows it, no browser does it any more, and servers compare the value as a whole.",
		Change: "Send one origin.",
		Before: "Origin: http://a.example.test http://b.example.test", After: "Origin: http://b.example.test",
	},
	Actor: rules.Client, Level: rules.May, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Cause: rules.NotCause, Reference: "RFC 6454 s7.1",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Origin: http://b.example.test"}},
	ClientSees: "Nothing by itself.",
	If:         rules.If(rules.OriginOdd),
	Check:      checkOriginList,
}

func checkOriginList(p *rules.Pass) {
	for _, i := range p.Request.Lookup("Origin") {
		if n := len(field.ParseOrigins(p.Request.Value(i))); n > 1 {
			p.Found(fmt.Sprintf("Origin lists %d origins; servers expect one", n), p.Field(p.Request, i))
			return
		}
	}
}
