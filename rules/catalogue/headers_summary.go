package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// mustRefuse lists the faults to which RFC 6455 section 4.2.1 demands a refusal.
// A key that is merely misspelt is none of them: servers need not decode it. Nor
// is HTTP/1.0, which servers behind a proxy let pass on purpose.
var mustRefuse = []string{
	"request-host-missing", "request-host-duplicate", "request-host-invalid", "request-method-not-get",
	"request-version-missing", "request-version-malformed", "request-version-out-of-range",
	"request-version-reserved", "request-version-unsupported", "request-version-list", "request-version-duplicate",
	"request-upgrade-missing", "request-upgrade-not-websocket", "request-connection-missing",
	"request-connection-no-upgrade", "request-key-missing", "request-key-duplicate",
}

var serverAcceptedInvalidHandshake = rules.Rule{
	ID: "server-accepted-invalid-handshake", Family: rules.Headers, Title: "101 to a request that had to be refused",
	Doc: rules.Doc{
		Seen:   "The server answered 101 although the request breaks a rule to which a refusal is mandatory; the finding names what.",
		Why:    "The client works with this server only: a stricter one, or a proxy put in front of it, will refuse the same request.",
		Change: "Mend the client, and let the server check requests and refuse with 400 or 426.",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning},
	Reference: "RFC 6455 s4.2.1",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.On101, Collects: true,
	Suppresses: mustRefuse,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Refuse a request that breaks RFC 6455 section 4.2.1 with 400, or 426 for its version."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.HostOdd, rules.MethodOdd, rules.VersionOdd, rules.UpgradeOdd, rules.ConnectionOdd, rules.KeyOdd),
	Check:      checkAcceptedInvalid,
}

func checkAcceptedInvalid(p *rules.Pass) {
	var found []string
	for _, id := range mustRefuse {
		if p.Fired(id) {
			found = append(found, id)
		}
	}
	if len(found) > 0 {
		p.Found("101 in spite of "+strings.Join(found, ", "), p.StartLine(p.Response), p.StartLine(p.Request))
	}
}

var response400Unexplained = rules.Rule{
	ID: "response-400-unexplained", Family: rules.Headers, Title: "400 without a visible request fault",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The answer is 400, the request shows no fault that has to be refused, and the body names no known reason.",
		Why:    "What refused is not on the wire: an application's own check, a limit on the head, a subprotocol or extension that is not wanted, or a hop that changed the request on a leg that was not captured.",
		Change: "Look into the log of the product that answered, or send the captured request octet by octet to the next hop and capture there.",
	},
	Actor: rules.Server, Level: rules.Observation, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsSymptom, Reference: "RFC 6455 s4.2.1; RFC 9110 s15.5.1",
	Needs: analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "read the log of the product that answered at this time; if it is a proxy, capture between it and the next hop"},
		{Product: "Werkzeug", Snippet: "make the route one for WebSockets (flask-sock: @sock.route('/ws')), and install simple-websocket for Flask-SocketIO"},
		{Product: "Engine.IO", Snippet: "server: transports: ['polling', 'websocket'], and what allowRequest refuses; client: socket.io-client, or the path of a server that speaks plain WebSocket"},
		{Product: "Squid", Snippet: "ERR_INVALID_URL: the client takes this port for its server; let it ask for a tunnel (CONNECT, a proxy setting), or give the port accel or intercept (http_port)"},
		{Product: "lighttpd", Snippet: "mod_wstunnel answers so to a request without Origin if it has wstunnel.origins; else look into the log of the server behind it"},
	},
	ClientSees: "`Unexpected response code: 400`",
	If:         rules.If(rules.Status400),
	Check:      check400Unexplained,
}

func check400Unexplained(p *rules.Pass) {
	if p.Status() != 400 || !asksWebSocket(p) || len(p.Hints()) > 0 || p.Request.Has("Origin") && originStated(p) {
		return
	}
	for _, id := range explain400 {
		if p.Fired(id) {
			return
		}
	}
	by := p.Answerer.String()
	if by == "" {
		by = "the server"
	}
	why := "neither the request nor the body shows why"
	switch words := refusalWords(p); {
	case bareRefusal(p) && offersVite(p):
		why = "Vite answers so to a Host that it does not allow and to a page without its current token"
	case p.Answerer.Product == "Werkzeug" && words == "":
		why = "Werkzeug (Flask) answers so to an upgrade of a route that is for plain HTTP"
	case strings.HasPrefix(words, unknownTransport) && asksTransport(p):
		why = words + ", as Engine.IO does where its option transports leaves websocket out"
	case strings.HasPrefix(words, unknownTransport):
		why = words + ", as Engine.IO does to a client that names no transport: it is none of Socket.IO's"
	case words != "":
		why = words + "; the request shows no fault"
	case p.Lost&analyzer.ResponseBody != 0:
		why = "the request shows no fault, and not all of the body was captured"
	}
	refuse(p, &rules.Finding{
		Message: "400 from " + by + "; " + why, Evidence: []rules.Evidence{p.StartLine(p.Response), p.StartLine(p.Request)},
	})
}

// unknownTransport is in the words of Engine.IO for a transport that it does not serve.
const unknownTransport = "the body says \"Transport unknown\""

// asksTransport reports whether a client of Engine.IO asks for its transport websocket.
func asksTransport(p *rules.Pass) bool {
	for _, q := range p.Params() {
		if q.Name == "transport" {
			return q.Value == "websocket"
		}
	}
	return false
}

// explain400 lists the request faults that explain a 400: those of the stages
// up to this one, which have been checked by now. Later ones outrank a symptom
// anyway.
var explain400 = []string{
	"request-not-http", "request-line-malformed", "request-http-version-malformed", "request-http-version-too-low",
	"request-method-case", "request-method-not-get", "request-target-fragment", "request-target-invalid-octets",
	"request-target-not-origin-form", "request-target-ws-scheme",
	"header-bare-cr", "header-bare-lf", "header-control-octet",
	"header-leading-whitespace-line", "header-name-invalid", "header-non-ascii", "header-obs-fold", "header-space-before-colon",
	"request-body-present", "request-cl-te-conflict", "request-content-length-invalid",
	"proxy-stripped-upgrade", "proxy-upgrade-mangled", "proxy-http10-upstream", "proxy-protocol-header-unexpected",
	"proxy-sticky-missing-socketio", "http-sent-to-tls-port", "version-engineio-mismatch", "version-rejected-by-server",
	"request-version-draft", "request-version-duplicate", "request-version-list", "request-version-malformed",
	"request-version-missing", "request-version-out-of-range", "request-version-reserved", "request-version-unsupported",
	"legacy-hixie75-request", "legacy-hixie76-request", "legacy-hixie76-body-missing",
	"http-request-head-too-large", "request-connection-missing", "request-connection-no-upgrade",
	"request-upgrade-extra-protocols", "request-host-duplicate", "request-host-invalid", "request-host-missing", "request-key-duplicate",
	"request-key-invalid-base64", "request-key-missing", "request-key-wrong-length", "request-upgrade-missing",
	"request-upgrade-not-websocket", "request-upgrade-versioned", "request-sec-header-typo",
}
