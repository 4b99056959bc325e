package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var authCookieMissing = rules.Rule{
	ID: "auth-cookie-missing", Family: rules.Auth, Title: "Session cookie was issued but is not sent on the upgrade",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Earlier in the capture the host set a session cookie for this client; the upgrade request goes without it and is refused.",
		Why:    "Cookies travel only where their attributes allow it: Secure ones not over ws:, those of another Path or Domain not at all, SameSite ones not from a page of another site. A client library that is no browser sends none by itself.",
		Change: "Use wss:, let Path and Domain of the cookie cover the WebSocket URL, serve page and socket from one site or use SameSite=None with Secure, or hand the cookie to the client library.",
		Before: "HTTP/1.1 200 OK\nSet-Cookie: sid=...; Path=/app; Secure\n\nGET /chat HTTP/1.1",
		After:  "HTTP/1.1 200 OK\nSet-Cookie: sid=...; Path=/; Secure; SameSite=Lax\n\nGET /chat HTTP/1.1\nCookie: sid=...",
	},
	Actor: rules.Client, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 6265 s5.4; RFC 6265bis (SameSite)",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Endings:    rules.Status(statusUnauthorized, statusForbidden, statusFound, statusSeeOther),
	Suppresses: []string{"auth-missing-credentials", "auth-forbidden", "auth-redirect-login", "response-401", "response-403", "response-redirect"},
	Fixes: []rules.Fix{
		{Product: "ws (npm)", Snippet: "new WebSocket(url, { headers: { Cookie: 'sid=...' } })"},
		{Product: "any", Snippet: "set the cookie so that the URL of the WebSocket is covered, too:\nSet-Cookie: sid=...; Path=/; Secure; HttpOnly; SameSite=Lax"},
		{Product: "gorilla/websocket", Snippet: "dialer := websocket.Dialer{Jar: jar} // or http.Header{\"Cookie\": {\"sid=...\"}}"},
		{Product: "coder/websocket", Snippet: "&websocket.DialOptions{HTTPClient: &http.Client{Jar: jar}}"},
		{Product: "websockets (Python)", Snippet: "connect(uri, additional_headers={\"Cookie\": \"sid=...\"})   # extra_headers before version 14"},
		{Product: "aiohttp", Snippet: "session.ws_connect(url)   # of the ClientSession that logged in; CookieJar(unsafe=True) for addresses"},
		{Product: "websocket-client (Python)", Snippet: "create_connection(url, cookie=\"sid=...\")"},
		{Product: "curl", Snippet: "curl -c jar.txt LOGIN; curl -b jar.txt ...   # or -H 'Cookie: sid=...'"},
	},
	ClientSees: sees401,
	If:         rules.If(rules.CookiesKnown),
	Check:      checkCookieMissing,
}

func checkCookieMissing(p *rules.Pass) {
	if !refused401or403(p) && !redirectsToLogin(p) || p.Request.Has("Authorization") ||
		p.Status() == statusForbidden && answeredByPolicy(p) {
		return
	}
	for i := range p.Cookies {
		c := &p.Cookies[i]
		if sessionCookie(c) && !sends(p, c.Name) {
			reportCookie(p, c)
			return
		}
	}
}

// redirectsToLogin reports whether a redirect leads to a page for signing in.
func redirectsToLogin(p *rules.Pass) bool {
	to := strings.ToLower(p.Response.Get("Location"))
	return (p.Status() == statusFound || p.Status() == statusSeeOther) &&
		(strings.Contains(to, "login") || strings.Contains(to, "signin") || strings.Contains(to, "/auth"))
}

func reportCookie(p *rules.Pass, c *analyzer.SetCookie) {
	why, proof := whyNotSent(p, c), rules.Mandated
	if why == "" {
		why, proof = "nothing in its attributes forbids sending it", rules.Practice
	}
	p.Report(rules.Finding{
		Message: fmt.Sprintf("cookie %s was set earlier and is not sent with the upgrade: %s", rules.Quote(c.Name), why),
		Evidence: []rules.Evidence{
			{Side: reassembly.Server, Refs: []capture.Ref{c.Ref}, Field: "Set-Cookie", Value: c.Name + "=…" + attributes(c)},
			p.FieldOrAbsent(p.Request, "Cookie"),
		},
		Proof: proof,
	})
}

func attributes(c *analyzer.SetCookie) string {
	var b strings.Builder
	for _, a := range [...]struct{ name, value string }{{"Path", c.Path}, {"Domain", c.Domain}, {"SameSite", c.SameSite}} {
		if a.value != "" {
			b.WriteString("; " + a.name + "=" + a.value)
		}
	}
	if c.Secure {
		b.WriteString("; Secure")
	}
	return b.String()
}

// sessionCookie reports whether a cookie looks like the one that a session hangs
// on, and was not being deleted.
func sessionCookie(c *analyzer.SetCookie) bool {
	if c.MaxAge == "0" || strings.HasPrefix(c.MaxAge, "-") || c.ValueEnd <= c.ValueStart {
		return false
	}
	name := strings.ToLower(c.Name)
	if strings.Contains(name, "csrf") || strings.Contains(name, "xsrf") {
		return false
	}
	for _, part := range [...]string{"sess", "sid", "auth", "token", "jwt", "login", "user", "remember"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return c.HTTPOnly
}

// sends reports whether the request carries a cookie of that name.
func sends(p *rules.Pass, name string) bool {
	for _, v := range p.Request.Values("Cookie") {
		cookies, _ := field.ParseCookies(v)
		for i := range cookies {
			if cookies[i].Name == name {
				return true
			}
		}
	}
	return false
}

// whyNotSent gives the attribute that keeps a browser from sending the cookie
// (RFC 6265 section 5.4); empty = none does.
func whyNotSent(p *rules.Pass, c *analyzer.SetCookie) string {
	path := p.Target().Path
	switch {
	case c.Secure && p.TLS == nil:
		return "it is Secure, and the connection is not"
	case c.Path != "" && !pathMatches(path, c.Path):
		return fmt.Sprintf("its Path %s does not cover %s", rules.Quote(c.Path), rules.Quote(path))
	case crossSite(p) && !field.EqualFold(c.SameSite, "none"):
		return "the page is of another site, and the cookie is not SameSite=None"
	}
	return ""
}

// pathMatches is path-match of RFC 6265 section 5.1.4.
func pathMatches(path, cookie string) bool {
	rest, ok := strings.CutPrefix(path, cookie)
	return ok && (rest == "" || strings.HasSuffix(cookie, "/") || strings.HasPrefix(rest, "/"))
}

// crossSite reports whether Origin and Host are of different registrable
// domains, judged by their last two labels.
func crossSite(p *rules.Pass) bool {
	origin := field.ParseOrigin(p.Request.Get("Origin"))
	host := field.ParseHost(p.Request.Get("Host"))
	return origin.Host.Name != "" && host.Name != "" && !field.EqualFold(lastLabels(origin.Host.Name), lastLabels(host.Name))
}

func lastLabels(host string) string {
	if i := strings.LastIndexByte(host, '.'); i > 0 {
		if j := strings.LastIndexByte(host[:i], '.'); j >= 0 {
			return host[j+1:]
		}
	}
	return host
}

var authRetryLoop = rules.Rule{
	ID: "auth-retry-loop", Family: rules.Auth, Title: "Client repeats refused credentials",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Three or more attempts of one client at one target with the very same credentials are answered 401 or 403.",
		Why:    "The same credentials get the same answer. Such a loop loads the server, fills its logs, and may lock the account.",
		Change: "Renew the credentials after a 401, give up after a 403, and wait longer before each further try.",
	},
	Actor: rules.Client, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Warning},
	Cause:    rules.IsSymptom, Reference: "RFC 9110 s15.5.2, s15.5.4; RFC 6455 s7.2.3",
	When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "on 401: renew the token, then reconnect; on 403: stop; otherwise back off exponentially"},
	},
	ClientSees: sees401,
	If:         rules.If(rules.Compared),
	Check:      seenByComparison,
}
