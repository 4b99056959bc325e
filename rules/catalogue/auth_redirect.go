package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var authRedirectLogin = rules.Rule{
	ID: "auth-redirect-login", Family: rules.Auth, Title: "Redirect to a login page instead of 101",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The upgrade request is answered by a redirect whose Location is a login page or an identity provider.",
		Why:    "A guard in front of the application treats the handshake like a page view. WebSocket clients follow no redirect, and could not fill in a form.",
		Change: "Log in first and send the session cookie with the handshake. Let the guard answer 401 instead of a redirect where the request asks for an upgrade.",
		Before: "HTTP/1.1 302 Found\nLocation: https://sso.example.test/login?next=/chat",
		After:  "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 6455 s4.1 (response step 1)",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"http-redirect-canonical", "response-redirect"},
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "location /ws { auth_request /auth; }  # without error_page 401 = @login: an upgrade needs the 401"},
		{Product: "oauth2-proxy", Snippet: "--api-route=^/ws"},
		{Product: "Cloudflare Access", Snippet: "send CF-Access-Client-Id and CF-Access-Client-Secret with the handshake"},
		{Product: "any", Snippet: "obtain the session cookie first, then open the WebSocket with it"},
	},
	ClientSees: "Chrome `Unexpected response code: 302`; ws `Unexpected server response: 302`; Java-WebSocket `Invalid status code received: 302`; coder `got 302`",
	If:         rules.If(rules.StatusRedirect),
	Check:      checkRedirectLogin,
}

func checkRedirectLogin(p *rules.Pass) {
	switch p.Status() {
	case statusFound, statusSeeOther, statusTemporaryRedirect, statusMovedPermanently, statusPermanentRedirect:
	default:
		return
	}
	to := field.ParseTarget(p.Response.Get("Location"))
	if !leadsToLogin(to, p.Target().Path) {
		return
	}
	c := p.Credentials()
	f := rules.Finding{
		Message:  fmt.Sprintf("%d sends the handshake to a login page at %s; the request carries %s", p.Status(), rules.Quote(to.Authority+to.Path), c),
		Evidence: statusEvidence(p, "Location"),
		Proof:    rules.Stated,
	}
	if c.Any() {
		f.Proof = rules.Practice
	}
	p.Report(f)
}

// Parts of a location by which a login page is known.
var (
	loginHosts    = [...]string{"accounts.", "login.", "sso.", "signin.", "idp.", "auth."}
	loginSuffixes = [...]string{".cloudflareaccess.com", "login.microsoftonline.com", ".okta.com", ".auth0.com"}
	loginSegments = [...]string{
		"login", "signin", "sign-in", "sign_in", "log-in", "login.html", "login.php", "login.aspx",
		"oauth", "oauth2", "auth", "sso", "saml", "saml2", "authorize", "openid-connect", "cas",
	}
)

// leadsToLogin reports whether a location is a login page. One with the path of
// the request is the same resource elsewhere, whatever its name.
func leadsToLogin(to field.Target, from string) bool {
	if strings.TrimSuffix(to.Path, "/") == strings.TrimSuffix(from, "/") {
		return false
	}
	return loginHost(to.Authority) || loginPath(to.Path, from)
}

func loginHost(authority string) bool {
	host := field.ParseHost(authority)
	name := strings.ToLower(host.Name)
	for _, prefix := range loginHosts {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	for _, suffix := range loginSuffixes {
		if strings.HasSuffix("."+name, suffix) || strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// loginPath reports whether a segment of path is that of a login page and not
// one of the request's own.
func loginPath(path, from string) bool {
	own := "/" + strings.ToLower(from) + "/"
	for segment := range strings.SplitSeq(strings.ToLower(path), "/") {
		for _, s := range loginSegments {
			if segment == s && !strings.Contains(own, "/"+s+"/") {
				return true
			}
		}
	}
	return false
}
