package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var response403 = rules.Rule{
	ID: "response-403", Family: rules.Origin, Title: "Server forbade the handshake",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final response is a 403.",
		Why:    "The server understood the request and refuses it. An origin check, missing rights, a firewall and a rule about addresses all look like this; what else was found decides between them.",
		Change: "Look into the log and the rules of the one who answered. Compare with a request that is accepted.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.5.4; RFC 6455 s4.2.2 step 4, s10.2",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "compare with a request that is accepted: Origin, credentials, path, client address"},
		{Product: "AWS API Gateway", Snippet: "wss://ID.execute-api.REGION.amazonaws.com/STAGE of a WebSocket API: Missing Authentication Token = no such route\nForbidden = no such stage or domain mapping, an API key is missing, or its authorizer, resource policy or AWS WAF refused\nother words are those of the integration behind it"},
		{Product: "HAProxy", Snippet: "termination state PR in the log: an http-request deny rule refused it; look at the conditions (acl) of those rules"},
		{Product: "nginx", Snippet: "in error.log: access forbidden by rule = deny or limit_except; no line = return 403, also behind if or valid_referers\nelse the 403 is that of the server behind it"},
		{Product: "Apache", Snippet: "in error.log: AH01630 client denied by server configuration = Require; no line = RewriteRule with [F]\nelse the 403 is that of the server behind it"},
	},
	ClientSees: sees403,
	If:         rules.If(rules.Status403),
	Check:      checkResponse403,
}

func checkResponse403(p *rules.Pass) {
	if p.Status() != statusForbidden {
		return
	}
	who := "the server"
	if s := p.Answerer.String(); s != "" {
		who = s
	}
	why := "by itself that does not say which check failed"
	if words := refusalWords(p); words != "" {
		why = words
	}
	f := rules.Finding{Message: who + " answered 403; " + why, Evidence: statusEvidence(p, "Server")}
	if byAPIGateway(p) {
		gatewayRefusal(p, &f)
	}
	refuse(p, &f)
}

// gatewayRefusal shows by what API Gateway is known, and a URL that names no stage.
func gatewayRefusal(p *rules.Pass, f *rules.Finding) {
	f.Evidence = append(f.Evidence, statusEvidence(p, "x-amzn-ErrorType", "x-amzn-RequestId", "x-amz-apigw-id", "apigw-requestid")[1:]...)
	if host := strings.ToLower(field.HostName(p.Request.Get("Host"))); p.Target().Path != "/" || !strings.Contains(host, ".execute-api.") {
		return
	}
	f.Message += ", but the path names no stage of the API"
	f.Evidence = append(f.Evidence, p.StartLine(p.Request))
	f.Actor, f.Proof = rules.Client, rules.Practice
	f.Fix = "name the stage in the URL: wss://ID.execute-api.REGION.amazonaws.com/STAGE"
}

var originRejected = rules.Rule{
	ID: "origin-rejected", Family: rules.Origin, Title: "Server refuses the Origin of the page",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The server answers 403, and Origin names another host or port than Host, is malformed, or the response itself speaks of the origin.",
		Why:    "A server compares Origin with its own name or with a list, so that foreign pages cannot use the cookies of its visitors. The default of most libraries admits the same host and port only; localhost and 127.0.0.1 are different names.",
		Change: "Add the page's origin to the server's list. Do not switch the check off where cookies authenticate the socket.",
		Before: "Host: ws.example.test\nOrigin: https://app.example.test\n\nHTTP/1.1 403 Forbidden",
	},
	Actor: rules.Server, Level: rules.Should,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: rules.Status(400, 401, 404),
	Reference: "RFC 6455 s10.2, s4.2.2 step 4",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{
		"auth-forbidden", "auth-missing-credentials", "auth-rejected-credentials", "origin-cross-site",
		"request-origin-malformed", "response-400-unexplained", "response-403",
	},
	Fixes: []rules.Fix{
		{Product: "gorilla/websocket", Snippet: "CheckOrigin: func(r *http.Request) bool { return allowed[r.Header.Get(\"Origin\")] }"},
		{Product: "websockets (Python)", Snippet: "serve(handler, host, port, origins=[\"https://app.example.com\"])"},
		{Product: "coder/websocket", Snippet: "websocket.AcceptOptions{OriginPatterns: []string{\"app.example.com\"}}"},
		{Product: "Phoenix/Cowboy", Snippet: "check_origin: [\"https://app.example.com\", \"//*.example.com\"]"},
		{Product: "Spring", Snippet: "registry.addHandler(handler, \"/ws\").setAllowedOriginPatterns(\"https://*.example.com\")"},
		{Product: "Tomcat", Snippet: "@ServerEndpoint(value = \"/ws\", configurator = Origins.class)\nclass Origins extends ServerEndpointConfig.Configurator {\n  public boolean checkOrigin(String origin) { return allowed.contains(origin); }\n}"},
		{Product: "Jetty", Snippet: "if (!allowed.contains(request.getOrigin())) { response.sendForbidden(\"origin\"); return null; }   // in createWebSocket of the WebSocketCreator\nof Jakarta WebSocket: checkOrigin of the ServerEndpointConfig.Configurator"},
		{Product: "python-engineio", Snippet: "SocketIO(app, cors_allowed_origins=['https://app.example.com'])   # Flask-SocketIO; the same of socketio.AsyncServer"},
		{Product: "Engine.IO", Snippet: "io.origins(['https://app.example.com:443']);   // Socket.IO 2; later ones leave it to allowRequest"},
		{Product: "WebSocket++", Snippet: "return allowed.count(server.get_con_from_hdl(h)->get_origin()) > 0;   // in the handler given to set_validate_handler"},
		{Product: "lighttpd", Snippet: "wstunnel.origins = ( \"https://app.example.com\" )"},
		{Product: "Daphne", Snippet: "ALLOWED_HOSTS = [\"app.example.com\"]  # used by AllowedHostsOriginValidator"},
		{Product: "Autobahn", Snippet: "factory.setProtocolOptions(allowedOrigins=['https://app.example.com:443'])   # with the port"},
		{Product: "WebSocket-Node (npm)", Snippet: "server.on('request', r => allowed.includes(r.origin) ? r.accept(null, r.origin) : r.reject(403))"},
		{Product: "Tornado", Snippet: "def check_origin(self, origin): return urlparse(origin).hostname in ALLOWED"},
	},
	ClientSees: sees403 + "; server log `request origin not allowed by Upgrader.CheckOrigin`",
	If:         rules.If(rules.Status400, rules.Status403, rules.BodySpeaks).And(rules.HasOrigin),
	Check:      checkOriginRejected,
}

func checkOriginRejected(p *rules.Pass) {
	if !p.Request.Has("Origin") {
		return
	}
	f := rules.Finding{Evidence: originEvidence(p)}
	origin := rules.Quote(p.Request.Get("Origin"))
	_, malformed := originFault(p.Request.Get("Origin"))
	switch {
	case p.BodyHas(missingOrigin):
		return
	case originStated(p) && slices.Contains([]int{400, 401, 403, 404}, p.Status()):
		f.Proof = rules.Stated
		f.Message = fmt.Sprintf("the refusal is that of an origin check: Origin %s for Host %s", origin, rules.Quote(p.Request.Get("Host")))
		if len(p.Body.Data) > 0 {
			f.Evidence = append(f.Evidence, p.BodyEvidence(p.BodyText()))
		}
	case engineIOSilent(p) && foreignOrigin(p):
		f.Proof = rules.Practice
		f.Message = fmt.Sprintf("Socket.IO 2 refuses an upgrade without a word if its origins do not list Origin %s, which is not of Host %s",
			origin, rules.Quote(p.Request.Get("Host")))
	case p.Status() != statusForbidden || answeredByPolicy(p) || saidOtherwise(p):
		return
	case malformed:
		f.Message = fmt.Sprintf("Origin %s is no origin, and the server answered 403", origin)
	case foreignOrigin(p):
		f.Message = fmt.Sprintf("Origin %s is not of Host %s, and the server answered 403", origin, rules.Quote(p.Request.Get("Host")))
	default:
		return
	}
	p.Report(f)
}

// engineIOSilent reports whether Engine.IO 3 refused an upgrade and said nothing: all
// its own refusals name a reason, but the check of origins of Socket.IO 2 gives none.
func engineIOSilent(p *rules.Pass) bool {
	return p.Status() == statusBadRequest && engineIO(p) == "3" && p.Answerer.Product == "Engine.IO" && p.Response.Get("Content-Length") == "0"
}

// saidOtherwise reports whether a refusal is known to be about a token.
func saidOtherwise(p *rules.Pass) bool {
	if code, _ := bearerError(p); code != "" {
		return true
	}
	_, expired := expiredToken(p)
	return expired
}

var originHiddenAs404 = rules.Rule{
	ID: "origin-hidden-as-404", Family: rules.Origin, Title: "Origin refusal disguised as 404 (Action Cable)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "An upgrade request with Origin to a path that ends in /cable is answered 404 with the plain text `Page not found`.",
		Why:    "Action Cable answers 404 to origins that it does not allow, and so does a plain GET of the path. The route is there.",
		Change: "Add the origin to config.action_cable.allowed_request_origins. Behind a proxy that ends TLS pass X-Forwarded-Proto on, or the server takes the page's https origin for a foreign one.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: rules.Status(404),
	Reference: "RFC 6455 s10.2",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"http-wrong-path", "origin-cross-site", "origin-rejected"},
	Fixes: []rules.Fix{
		{Product: "Action Cable", Snippet: "config.action_cable.allowed_request_origins = ['https://app.example.com', %r{https://.*\\.example\\.com}]"},
		{Product: "nginx", Snippet: "proxy_set_header X-Forwarded-Proto $scheme;"},
	},
	ClientSees: "Chrome `Unexpected response code: 404`; server log `Request origin not allowed`",
	If:         rules.If(rules.Status404).And(rules.HasOrigin),
	Check:      checkHiddenAs404,
}

func checkHiddenAs404(p *rules.Pass) {
	if p.Status() != statusNotFound || !cablePath(p) || !p.Request.Has("Origin") || p.Answerer.Hop {
		return
	}
	plain := actionCable404(p)
	html := strings.Contains(strings.ToLower(p.Response.Get("Content-Type")), "html")
	if !plain && (html || !foreignOrigin(p)) {
		return
	}
	f := rules.Finding{
		Message: fmt.Sprintf("404 to an upgrade at %s with Origin %s: Action Cable answers so to an origin that it does not allow",
			rules.Quote(p.Target().Path), rules.Quote(p.Request.Get("Origin"))),
		Evidence: append([]rules.Evidence{p.StartLine(p.Request)}, originEvidence(p)...),
		Proof:    rules.Heuristic,
	}
	if plain {
		f.Proof = rules.Practice
	}
	p.Report(f)
}

func cablePath(p *rules.Pass) bool {
	return strings.HasSuffix(strings.TrimSuffix(p.Target().Path, "/"), "/cable")
}

// actionCable404 reports whether the response is the 404 of Action Cable.
func actionCable404(p *rules.Pass) bool {
	return p.BodyIs("Page not found") && strings.HasPrefix(strings.ToLower(p.Response.Get("Content-Type")), "text/plain")
}

var originMissingRequired = rules.Rule{
	ID: "origin-missing-required", Family: rules.Origin, Title: "Client sends no Origin but the server insists on one",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A client that is no browser sends no Origin and gets a 403 (Action Cable: 404).",
		Why:    "Origin is optional for clients other than browsers, but some servers refuse requests that lack it. If other clients without Origin are accepted, the reason is another one.",
		Change: "Send the Origin that the server expects, or let the server admit requests without one that authenticate by a token.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: rules.Status(404),
	Reference: "RFC 6455 s4.1 (item 8)",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal | rules.On101,
	Suppresses: []string{"auth-forbidden", "response-403"},
	Fixes: []rules.Fix{
		{Product: "gorilla/websocket", Client: true, Snippet: "dialer.Dial(url, http.Header{\"Origin\": {\"https://app.example.com\"}})"},
		{Product: "coder/websocket", Client: true, Snippet: "&websocket.DialOptions{HTTPHeader: http.Header{\"Origin\": {\"https://app.example.com\"}}}"},
		{Product: "ws (npm)", Client: true, Snippet: "new WebSocket(url, { origin: 'https://app.example.com' })"},
		{Product: "WebSocket-Node (npm)", Client: true, Snippet: "client.connect(url, null, 'https://app.example.com')"},
		{Product: "websockets (Python)", Client: true, Snippet: "connect(uri, origin=\"https://app.example.com\")"},
		{Product: "aiohttp", Client: true, Snippet: "session.ws_connect(url, origin=\"https://app.example.com\")"},
		{Product: "Tornado", Client: true, Snippet: "websocket_connect(HTTPRequest(url, headers={\"Origin\": \"https://app.example.com\"}))"},
		{Product: "Autobahn", Client: true, Snippet: "WebSocketClientFactory(url, origin=\"https://app.example.com\")"},
		{Product: "curl", Client: true, Snippet: "curl -H 'Origin: https://app.example.com' ..."},
	},
	ClientSees: sees403,
	If:         rules.If(rules.OriginMissing, rules.BodySpeaks),
	Check:      checkOriginRequired,
}

func checkOriginRequired(p *rules.Pass) {
	if p.Request.Has("Origin") {
		checkOriginLost(p)
		return
	}
	var f rules.Finding
	switch {
	case p.Status() == statusSwitchingProtocols:
		if p.Outcome == analyzer.Established { // not reported: it speaks against the rule in other attempts
			p.Later(f, tellOriginAbsent, p.StartSpot(p.Request))
		}
		return
	case p.Status() == statusNotFound && p.Shows(rules.HasBody) && cablePath(p) && actionCable404(p):
		f.Proof = rules.Practice
	case p.Status() != statusForbidden:
		return
	case originStated(p):
		f.Proof = rules.Stated
	case !libraryAgent(p) || answeredByPolicy(p) || saysAuth(p) || p.Credentials().Any() || closesEarly(p):
		return
	default:
		f.Proof = rules.StatusOnly
	}
	f.Message, f.Evidence = tellOriginAbsent(p)
	p.Report(f)
}

// closesEarly reports whether a 403 is what an ASGI server makes of an application that
// closes the socket before it accepts it; of the origin they know nothing.
func closesEarly(p *rules.Pass) bool {
	switch p.Answerer.Product {
	case "uvicorn", "Hypercorn":
		return true
	}
	return p.Answerer.Product == "websockets (Python)" && p.Response.Get("Content-Length") == "0" // uvicorn on it
}

// missingOrigin are the words of Python websockets for a request without Origin.
const missingOrigin = "missing Origin header"

// checkOriginLost judges the leg before a proxy: the answer misses what is there.
func checkOriginLost(p *rules.Pass) {
	if p.Status() != statusForbidden || !p.BodyHas(missingOrigin) {
		return
	}
	p.Report(rules.Finding{
		Actor:    rules.Intermediary,
		Message:  "the answer says \"" + missingOrigin + "\", although the request has Origin: a hop behind this one seems to have taken it out",
		Evidence: append(originEvidence(p), p.BodyEvidence(missingOrigin)), Proof: rules.Practice,
		Fix: "pass Origin on to the server (nginx: proxy_set_header Origin \"\" takes it out)",
	})
}

func tellOriginAbsent(p *rules.Pass) (message string, evidence []rules.Evidence) {
	return fmt.Sprintf("Origin is absent and the server answered %d", p.Status()), originEvidence(p, "User-Agent")
}

// libraryAgents begin the User-Agent of libraries.
var libraryAgents = [...]string{
	"go-http-client", "python", "okhttp", "libwebsockets", "java", "ruby", "websocket", "node", "aiohttp",
	"autobahn", "tyrus", "jetty", "netty", "dart", "curl",
}

// libraryAgent reports whether User-Agent is that of a library.
func libraryAgent(p *rules.Pass) bool {
	agent := strings.ToLower(p.Request.Get("User-Agent"))
	return slices.ContainsFunc(libraryAgents[:], func(s string) bool { return strings.HasPrefix(agent, s) })
}
