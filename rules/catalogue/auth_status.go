package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var response401 = rules.Rule{
	ID: "response-401", Family: rules.Auth, Title: "Server requires authentication",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final response is a 401.",
		Why:    "The server wants to know who asks before it upgrades the connection. A client may answer the challenge with a second attempt; browsers cannot add an Authorization field to a WebSocket request.",
		Change: "Send the credentials that the challenge asks for. From a browser use a cookie, a short-lived ticket in the query, or a subprotocol.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.5.2; RFC 6455 s4.1 (response step 1), s4.2.2 step 2, s10.5",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: append(credentialFixes[:],
		rules.Fix{Product: "any", Snippet: "send the credentials that the challenge names with the upgrade request"}),
	ClientSees: sees401,
	If:         rules.If(rules.Status401),
	Check:      checkResponse401,
}

func checkResponse401(p *rules.Pass) {
	if p.Status() != statusUnauthorized {
		return
	}
	p.Later(rules.Finding{}, tellResponse401, p.StartSpot(p.Response))
}

func tellResponse401(p *rules.Pass) (string, []rules.Evidence) {
	return "the server answered 401" + asksFor(p), statusEvidence(p, "WWW-Authenticate")
}

// asksFor says what a refusal asks for: ", asking for Bearer".
func asksFor(p *rules.Pass) string {
	if s := schemes(challenges(p)); s != "" {
		return ", asking for " + s
	}
	return " without a challenge"
}

var authForbidden = rules.Rule{
	ID: "auth-forbidden", Family: rules.Auth, Title: "403 from the application: it refused this client",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A 403 that shows the mark of an application server (uvicorn, Daphne, Kestrel, Cowboy) or carries an error of the application, and nothing points to a proxy, an origin check or a CSRF check.",
		Why:    "The application decided against this client: not logged in, no right to this channel, or a route that it closes before accepting. ASGI servers turn such a close into an empty 403.",
		Change: "Compare the request with one that works, field by field. Refresh the credentials, check the rights of the user, and let the application send a denial that says why.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.5.4",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"response-403"},
	Fixes: []rules.Fix{
		{Product: "Starlette/FastAPI", Snippet: "await websocket.send_denial_response(JSONResponse({\"error\": \"...\"}, status_code=401))  # uvicorn >= 0.26"},
		{Product: "any", Snippet: "refresh the credentials and compare with a request that is accepted"},
		{Product: "uvicorn", Snippet: asgiClosed},
		{Product: "Hypercorn", Snippet: asgiClosed},
		{Product: "websockets (Python)", Snippet: "process_request refused it\nunder uvicorn: " + asgiClosed},
		{Product: "Daphne", Snippet: "in its log: No route found for path = URLRouter has no such path; an exception = that of the consumer in connect()\nneither: AllowedHostsOriginValidator refused Origin or its absence (ALLOWED_HOSTS), or the consumer closed before accept()"},
	},
	ClientSees: sees403,
	If:         rules.If(rules.Status403),
	Check:      checkForbidden,
}

// asgiClosed is what to look at where an ASGI server answers 403 in place of an
// application that closed the socket before it accepted it.
const asgiClosed = "the application closed before accept(): look at its log, dependencies and middleware\nStarlette and FastAPI do so for a path without a WebSocket route, too"

func checkForbidden(p *rules.Pass) {
	if p.Status() != statusForbidden || !fromApplication(p) || answeredByPolicy(p) || originSuspect(p) {
		return
	}
	who := "the application"
	switch s := p.Answerer.String(); {
	case p.Answerer.Product == "AWS API Gateway": // what it relayed: its own refusals are a policy
		who += " behind " + s
	case s != "":
		who = s
	}
	msg := fmt.Sprintf("%s answered 403 to a request with %s", who, p.Credentials())
	if p.Answerer.Product == "Daphne" && !p.Request.Has("Origin") {
		msg += " and without Origin, which the AllowedHostsOriginValidator of Channels demands"
	}
	p.Found(msg, statusEvidence(p, "Server")...)
}

// fromApplication reports whether a response is the application's own: by its
// server, or by a body in a form that applications write.
func fromApplication(p *rules.Pass) bool {
	switch p.Answerer.Product {
	case "uvicorn", "Daphne", "Hypercorn", "Kestrel", "Cowboy", "gunicorn", "Werkzeug", "websockets (Python)":
		return true
	case "Engine.IO", "ws (npm)":
		return true
	}
	return len(p.Body.Data) > 0 && p.Body.Data[0] == '{'
}

var authMissingCredentials = rules.Rule{
	ID: "auth-missing-credentials", Family: rules.Auth, Title: "Refused and the request carried no credentials",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The server answers 401, or a 403 that speaks of authentication, and the request has no Authorization, no cookie, no API key, no token in the query or among the subprotocols.",
		Why:    "The server only upgrades requests of clients that it knows. Nothing in this request says who sends it.",
		Change: "Send the credentials with the handshake. Libraries take request fields as an option; a browser sends cookies of the site by itself and can carry a ticket in the query or in the list of subprotocols.",
		Before: "GET /chat HTTP/1.1\nHost: ws.example.test\nUpgrade: websocket",
		After:  "GET /chat HTTP/1.1\nHost: ws.example.test\nAuthorization: Bearer ...\nUpgrade: websocket",
	},
	Actor: rules.Client, Level: rules.Observation,
	Severity:  rules.Severity{Failed: rules.Error},
	Cause:     rules.IsCause,
	Reference: "RFC 9110 s11.4; RFC 6455 s10.5",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"auth-forbidden", "response-401", "response-401-missing-www-authenticate", "response-403"},
	Fixes: append(credentialFixes[:],
		rules.Fix{Product: "any", Snippet: "send the cookie or the token with the upgrade request itself: it is a request of its own"}),
	ClientSees: sees401,
	If:         rules.If(rules.Status401, rules.Status403),
	Check:      checkMissingCredentials,
}

func checkMissingCredentials(p *rules.Pass) {
	if p.CarriesCredentials() || clientCertificate(p) || byAPIGateway(p) {
		return
	}
	f := rules.Finding{
		Message:  fmt.Sprintf("the request carries no credentials and the server answered %d%s", p.Status(), asksFor(p)),
		Evidence: append([]rules.Evidence{p.Head(p.Request, "credentials")}, statusEvidence(p, "WWW-Authenticate")...),
	}
	switch {
	case p.Status() == statusUnauthorized && p.Response.Has("WWW-Authenticate"):
		f.Proof = rules.Stated
	case p.Status() == statusUnauthorized && p.Answerer.Product == "ws (npm)" && foreignOrigin(p):
		f.Proof = rules.Heuristic
		f.Message += "; ws (npm) does so whatever its verifyClient refuses, and Origin " + rules.Quote(p.Request.Get("Origin")) + " is not of its host"
		f.Evidence = append(f.Evidence, p.Fields(p.Request, "Origin")...)
	case p.Status() == statusUnauthorized:
		f.Proof = rules.Mandated // that is what the status means
	case p.Status() == statusForbidden && saysAuth(p) && !answeredByPolicy(p) && !originSuspect(p):
		f.Proof = rules.Practice
	default:
		return
	}
	p.Report(f)
}

var authRejectedCredentials = rules.Rule{
	ID: "auth-rejected-credentials", Family: rules.Auth, Title: "Credentials were sent but refused",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request carries credentials (Authorization, a cookie, an API key, a token) and the server answers 401 or 403.",
		Why:    "The server read the credentials and did not accept them: wrong, revoked, for another audience, in another scheme than it asks for, or damaged on the way.",
		Change: "Read the body and the challenge of the refusal, compare the scheme and the token with a request that works, and log in again.",
	},
	Actor: rules.Client, Level: rules.Observation,
	Severity:  rules.Severity{Failed: rules.Error},
	Cause:     rules.IsCause,
	Reference: "RFC 9110 s15.5.2, s15.5.4, s11.4",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"auth-forbidden", "response-401", "response-401-missing-www-authenticate", "response-403"},
	Fixes: append(refusalFixes[:],
		rules.Fix{Product: "any", Snippet: "renew the credentials, and send the same request with curl to see what the refusal says"}),
	ClientSees: sees401,
	If:         rules.If(rules.Status401, rules.Status403),
	Check:      checkRejectedCredentials,
}

func checkRejectedCredentials(p *rules.Pass) {
	sent := p.CarriesCredentials()
	if !refused401or403(p) || !sent && !clientCertificate(p) || byAPIGateway(p) {
		return
	}
	var f rules.Finding
	switch _, certain := rejection(p); {
	case p.Status() == statusForbidden && answeredByPolicy(p):
		return
	case certain:
		f.Proof = rules.Stated
	case p.Status() == statusForbidden:
		f.Proof = rules.Heuristic
	case p.Scheme() != "":
		f.Proof = rules.Mandated // that is what the status means
	default:
		f.Proof = rules.Practice // the cookie may be for something else
	}
	if asked := schemes(challenges(p)); asked != "" && p.Scheme() == "" {
		f.Fix = "send Authorization with " + asked + ", as the challenge asks; what the request carries is of no use for that"
	}
	if i := p.CredentialLine(); i >= 0 {
		p.Later(f, tellRejectedCredentials, p.FieldSpot(p.Request, i), p.StartSpot(p.Response))
		return
	}
	f.Message, f.Evidence = tellRejectedCredentials(p)
	p.Report(f)
}

func tellRejectedCredentials(p *rules.Pass) (string, []rules.Evidence) {
	c := p.Credentials()
	why, _ := rejection(p)
	return fmt.Sprintf("the server answered %d to %s%s", p.Status(), sentCredentials(p, c), why),
		append(credentialEvidence(p, c), statusEvidence(p, "WWW-Authenticate")...)
}

func sentCredentials(p *rules.Pass, c rules.Credentials) string {
	if !c.Any() && clientCertificate(p) {
		return "a client certificate"
	}
	return c.String()
}

// rejection says why the credentials were refused, as far as it shows; certain
// if the server says so itself.
func rejection(p *rules.Pass) (why string, certain bool) {
	if code, _ := bearerError(p); code != "" {
		return ": the challenge says " + strings.Trim(rules.Quote(code), `"`), true
	}
	asked, scheme := schemes(challenges(p)), p.Scheme()
	switch {
	case p.Request.Count("Authorization") > 1:
		return ": Authorization is there more than once", false
	case scheme == "?":
		return ": Authorization names no scheme", false
	case scheme != "" && asked != "" && !asksScheme(p, scheme):
		return fmt.Sprintf(": it asks for %s, not %s", asked, scheme), true
	case scheme == "" && asked != "":
		return ": it asks for Authorization with " + asked, false
	}
	return "", false
}

func asksScheme(p *rules.Pass, scheme string) bool {
	return slices.ContainsFunc(challenges(p), func(c field.Challenge) bool { return field.EqualFold(c.Scheme, scheme) })
}

// credentialEvidence gives the lines that carry the credentials, at most eight.
func credentialEvidence(p *rules.Pass, c rules.Credentials) []rules.Evidence {
	m := p.Request
	all := append(p.Fields(m, "Authorization"), p.Fields(m, "Cookie")...)
	for _, name := range c.Fields {
		all = append(all, p.Fields(m, name)...)
	}
	if len(c.Params) > 0 || c.Userinfo {
		all = append(all, p.StartLine(m))
	}
	if c.Subprotocol {
		all = append(all, p.Fields(m, "Sec-WebSocket-Protocol")...)
	}
	return all[:min(len(all), 8)]
}
