package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var originHostRewritten = rules.Rule{
	ID: "origin-host-rewritten", Family: rules.Origin, Title: "Proxy replaced Host, so same-origin checks fail",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Behind a proxy Origin names the public site, while Host is an address, a container or service name, or the name of an upstream block; the server answers 403. In front of the proxy Origin and Host agree, and an origin check refuses all the same.",
		Why:    "The default origin check compares Origin with Host. The page and the socket are of one site, but the proxy put another name into Host, so the server takes the page for a foreign one.",
		Change: "Let the proxy pass the client's Host on, or put the public origin on the server's list.",
		Before: "Host: backend:8080\nOrigin: https://app.example.test\nX-Forwarded-Host: app.example.test",
		After:  "Host: app.example.test\nOrigin: https://app.example.test",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 6455 s10.2",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"auth-forbidden", "origin-cross-site", "origin-rejected", "response-403"},
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "proxy_set_header Host $http_host;  # in the same location as the other proxy_set_header lines"},
		{Product: "Caddy", Snippet: "reverse_proxy app:8080 {\n  header_up Host {host}   # in place of {upstream_hostport}\n}"},
		{Product: "Apache", Snippet: "ProxyPreserveHost On"},
		{Product: "Traefik", Snippet: "passHostHeader: true"},
		{Product: "Pomerium", Snippet: "preserve_host_header: true"},
		{Product: "code-server", Snippet: "--trusted-origins ide.example.com"},
	},
	ClientSees: sees403,
	If:         rules.If(rules.Status403),
	Check:      checkHostRewritten,
}

func checkHostRewritten(p *rules.Pass) {
	o, ok := originOf(p)
	if p.Status() != statusForbidden || !ok || !webScheme(o.Scheme) || answeredByPolicy(p) {
		return
	}
	if !foreignOrigin(p) {
		checkRewrittenBehind(p)
		return
	}
	f := rules.Finding{
		Message: fmt.Sprintf("Host is %s, while the page is of %s: the proxy replaced Host, and the origin check answers 403",
			rules.Quote(p.Request.Get("Host")), rules.Quote(o.Text)),
		Evidence: originEvidence(p, "X-Forwarded-Host", "Forwarded"),
		Proof:    rewritten(p, o),
	}
	if f.Proof != rules.ByLevel {
		p.Report(f)
	}
}

// checkRewrittenBehind judges the leg in front of a proxy: a check that only
// refuses foreign origins refused one that is of this very host, so that it must
// have been shown another.
func checkRewrittenBehind(p *rules.Pass) {
	if !originStated(p) || p.Answerer.Via == "" {
		return
	}
	p.Report(rules.Finding{
		Message: fmt.Sprintf("Origin %s is of this Host, and yet %s behind %s refuses the origin: it was shown another Host",
			rules.Quote(p.Request.Get("Origin")), p.Answerer.Product, p.Answerer.Via),
		Evidence: append(originEvidence(p), p.Fields(p.Response, "Server")...),
		Proof:    rules.Practice,
	})
}

// rewritten says how sure it is that a proxy put Host in place; ByLevel if
// nothing says so.
func rewritten(p *rules.Pass, o field.Origin) rules.Proof {
	host := hostOf(p)
	switch {
	case forwardedHostIs(p, o.Host) && !sameHost(o.Host, host), forwardedPortIs(p, o) && !samePort(o, host):
		if originStated(p) {
			return rules.Stated
		}
		return rules.Practice
	case publicName(o.Host) && (insideName(host) || p.Marked() && !publicName(host)), writtenByNginx(p):
		return rules.Heuristic
	}
	return rules.ByLevel
}

// writtenByNginx knows a request that nginx wrote: the fields of
// proxy_set_header come before Host, which no client does.
func writtenByNginx(p *rules.Pass) bool {
	host := p.Line(p.Request, "Host")
	return p.Line(p.Request, "Upgrade") == 0 && p.Line(p.Request, "Connection") == 1 && host == 2
}

// forwardedHostIs reports whether an intermediary says that the client asked for
// that host.
func forwardedHostIs(p *rules.Pass, want field.Host) bool {
	return slices.ContainsFunc(forwardedHosts(p), func(h field.Host) bool { return sameHost(h, want) })
}

// forwardedPortIs reports whether an intermediary says that the client asked for the
// host and port of that origin.
func forwardedPortIs(p *rules.Pass, o field.Origin) bool {
	return slices.ContainsFunc(forwardedHosts(p), func(h field.Host) bool { return sameHost(h, o.Host) && samePort(o, h) })
}

// forwardedHosts gives what intermediaries say that the client asked for.
func forwardedHosts(p *rules.Pass) []field.Host {
	var hosts []field.Host
	for _, v := range p.Request.Values("X-Forwarded-Host") {
		first, _, _ := strings.Cut(v, ",")
		hosts = append(hosts, field.ParseHost(strings.TrimSpace(first)))
	}
	for _, v := range p.Request.Values("Forwarded") {
		hosts = appendForwardedHost(hosts, v)
	}
	return hosts
}

// appendForwardedHost appends host= of the first element of a Forwarded value
// (RFC 7239 section 4).
func appendForwardedHost(hosts []field.Host, v string) []field.Host {
	first, _, _ := strings.Cut(v, ",")
	for part := range strings.SplitSeq(first, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if field.EqualFold(name, "host") {
			hosts = append(hosts, field.ParseHost(strings.Trim(value, `"`)))
		}
	}
	return hosts
}

var originPortSchemeMismatch = rules.Rule{
	ID: "origin-port-scheme-mismatch", Family: rules.Origin, Title: "Origin differs only by port or scheme from what the server derives",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Origin and Host (or X-Forwarded-Host) name the same host, one of them with a default port written out, or the schemes of Origin and X-Forwarded-Proto do not fit; the server refuses.",
		Why:    "The server builds the origin that it expects from Host and X-Forwarded-Proto and compares texts: `https://a:443` is not `https://a`, and `ws` is no scheme of a page.",
		Change: "Leave default ports out of Origin and X-Forwarded-Host, and set X-Forwarded-Proto to http or https.",
		Before: "Host: app.example.test\nOrigin: https://app.example.test:443",
		After:  "Host: app.example.test\nOrigin: https://app.example.test",
	},
	Actor: rules.Any, Level: rules.Diagnosis,
	Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: rules.Status(401),
	Reference: "RFC 6454 s4, s5",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"auth-forbidden", "origin-cross-site", "origin-rejected", "request-origin-default-port", "response-403"},
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "proxy_set_header X-Forwarded-Host $host;  # without :$server_port\nproxy_set_header X-Forwarded-Proto $scheme;"},
		{Product: "Traefik", Snippet: "middlewares.sslheader.headers.customRequestHeaders.X-Forwarded-Proto: https"},
		{Product: "Grafana", Snippet: "root_url = https://grafana.example.com/  # without :443"},
		{Product: "Tyrus", Snippet: "set Origin: https://host explicitly"},
	},
	ClientSees: sees403,
	If:         rules.If(rules.Status401, rules.Status403).And(rules.OriginOdd, rules.TargetOdd, rules.Relayed),
	Check:      checkPortSchemeMismatch,
}

func checkPortSchemeMismatch(p *rules.Pass) {
	o, ok := originOf(p)
	if !refused401or403(p) || !ok || !webScheme(o.Scheme) || answeredByPolicy(p) {
		return
	}
	what, who := portMismatch(p, o)
	if what == "" {
		what, who = schemeMismatch(p, o)
	}
	if what == "" {
		return
	}
	p.Report(rules.Finding{
		Actor:    who,
		Message:  fmt.Sprintf("%s, and the server answered %d", what, p.Status()),
		Evidence: originEvidence(p, "X-Forwarded-Host", "X-Forwarded-Proto"),
	})
}

// portMismatch finds a default port that only one of Origin and the host that
// the server goes by writes out.
func portMismatch(p *rules.Pass, o field.Origin) (string, rules.Actor) {
	host, name, who := hostOf(p), "Host", rules.Client
	if p.Request.Has("X-Forwarded-Host") {
		host, name = field.ParseHost(p.Request.Get("X-Forwarded-Host")), "X-Forwarded-Host"
		who = rules.Intermediary
	}
	if !sameHost(o.Host, host) || !samePort(o, host) || o.Host.HasPort == host.HasPort {
		return "", who
	}
	if o.Host.HasPort {
		return fmt.Sprintf("Origin %s writes out the default port, %s does not", rules.Quote(o.Text), name), rules.Client
	}
	return fmt.Sprintf("%s %s writes out the default port, Origin does not", name, rules.Quote(host.Name+":"+host.Port)), who
}

// schemeMismatch finds an X-Forwarded-Proto that does not fit the page's scheme.
func schemeMismatch(p *rules.Pass, o field.Origin) (string, rules.Actor) {
	proto := strings.ToLower(p.Request.Get("X-Forwarded-Proto"))
	if !sameHost(o.Host, hostOf(p)) && !forwardedHostIs(p, o.Host) {
		return "", rules.Any
	}
	switch {
	case proto == "ws" || proto == "wss":
		return fmt.Sprintf("X-Forwarded-Proto is %q, which is no scheme of a page", proto), rules.Intermediary
	case proto == "https" && o.Scheme == "http":
		return fmt.Sprintf("Origin %s is of scheme http, while X-Forwarded-Proto says https", rules.Quote(o.Text)), rules.Client
	}
	return "", rules.Any
}
