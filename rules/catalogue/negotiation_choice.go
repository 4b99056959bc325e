package catalogue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var subprotocolNotSelected = rules.Rule{
	ID: "subprotocol-not-selected", Family: rules.Negotiation, Title: "Subprotocols offered, 101 selects none",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request offers subprotocols and the 101 has no Sec-WebSocket-Protocol.",
		Why:    "RFC 6455 lets a server select none, but a browser that was given a list has to fail the connection then, and so do ws and libraries that follow it. Firefox opens it all the same.",
		Change: "Let the server select one of the names offered, or let the client offer none.",
		Before: "Sec-WebSocket-Protocol: chat\n\nHTTP/1.1 101 Switching Protocols", After: "Sec-WebSocket-Protocol: chat\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: chat",
	},
	Actor: rules.Server, Level: rules.ClientPractice, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "WHATWG WebSockets, establish a WebSocket connection; RFC 6455 s4.2.2 step 5",
	Needs: bothHeads, When: rules.On101, Suppresses: []string{"client-rejected-valid-101"},
	Fixes: []rules.Fix{
		{Product: "gorilla/websocket", Snippet: "websocket.Upgrader{Subprotocols: []string{\"mqtt\", \"graphql-transport-ws\"}}"},
		{Product: "coder/websocket", Snippet: "websocket.AcceptOptions{Subprotocols: []string{\"mqtt\"}}"},
		{Product: "ws (npm)", Snippet: "new WebSocketServer({ handleProtocols: (protocols) => protocols.has('mqtt') ? 'mqtt' : false })"},
		{Product: "aiohttp", Snippet: "web.WebSocketResponse(protocols=('mqtt',))"},
		{Product: "Starlette/FastAPI", Snippet: "await websocket.accept(subprotocol='mqtt')"},
		{Product: "Tomcat", Snippet: "@ServerEndpoint(value = \"/mqtt\", subprotocols = {\"mqtt\"})"},
		{Product: "Jetty", Snippet: "response.setAcceptedSubProtocol(\"mqtt\");   // in createWebSocket of the WebSocketCreator\n@ServerEndpoint(value = \"/mqtt\", subprotocols = {\"mqtt\"})   // of Jakarta WebSocket"},
		{Product: "Netty", Snippet: "new WebSocketServerProtocolHandler(\"/mqtt\", \"mqtt, mqttv3.1\")"},
		{Product: "WebSocket++", Snippet: "server.set_validate_handler([&](hdl h) { server.get_con_from_hdl(h)->select_subprotocol(\"mqtt\"); return true; });   // a name of get_requested_subprotocols()"},
		{Product: "Boost.Beast", Snippet: "ws.set_option(websocket::stream_base::decorator([](websocket::response_type& r) { r.set(http::field::sec_websocket_protocol, \"mqtt\"); }));"},
		{Product: "Mojolicious", Snippet: "$c->tx->with_protocols('mqtt');   # in the action of the route"},
		{Product: "Cowboy", Snippet: "init(Req, State) -> {cowboy_websocket, cowboy_req:set_resp_header(<<\"sec-websocket-protocol\">>, <<\"mqtt\">>, Req), State}."},
		{Product: "client", Snippet: "new WebSocket(url)  // without names, if the server knows none"},
	},
	ClientSees: "Chrome `Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received`; ws `Server sent no subprotocol`; Netty `Invalid subprotocol. Actual: null`",
	If:         rules.If(rules.SubprotocolOffered),
	Check:      checkNotSelected,
}

func checkNotSelected(p *rules.Pass) {
	if p.Response.Has(subprotocolField) || len(offers(p)) == 0 || offersToken(p) || !clientCouldObject(p) {
		return
	}
	p.Report(rules.Finding{
		Message:  fmt.Sprintf("the request offers %s and %s selects none: browsers and ws fail the connection", showNames(offers(p)), opener(p)),
		Evidence: negotiated(p, subprotocolField), Proof: refusalProof(p),
	})
}

var subprotocolRequiredMissing = rules.Rule{
	ID: "subprotocol-required-missing", Family: rules.Negotiation, Title: "Server demands a subprotocol that the client did not offer",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A request to an endpoint that speaks one subprotocol (MQTT, OCPP, XMPP, SIP, VNC ...) does not offer it; the server answers 400, 403 or 426 (Prosody: 501), or drops the connection after the 101.",
		Why:    "Such servers only talk to clients that name the subprotocol. Which one is guessed from the path, or read from the body.",
		Change: "Offer the subprotocol that the server speaks.",
		Before: "GET /ocpp/CP1 HTTP/1.1", After: "GET /ocpp/CP1 HTTP/1.1\nSec-WebSocket-Protocol: ocpp1.6",
	},
	Actor: rules.Client, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Endings: rules.Status(403, 426, 501),
	Reference: "RFC 6455 s4.2.2; MQTT 5.0 s6.0; OCPP-J 1.6 s3.1.2; RFC 7118 s4.1; RFC 7395 s3.1",
	Needs:     bothHeads, When: rules.On101 | rules.OnFinal,
	Suppresses: []string{
		"auth-forbidden", "early-close-protocol-error", "post-eof-after-101", "response-400-unexplained",
		"response-403", "response-426", "response-501",
	},
	Fixes: []rules.Fix{
		{Product: "browser", Snippet: "new WebSocket(url, 'mqtt')  // or ['ocpp1.6', 'ocpp2.0.1'], 'xmpp', 'sip'"},
		{Product: "gorilla/websocket", Snippet: "websocket.Dialer{Subprotocols: []string{\"NAME\"}}"},
		{Product: "coder/websocket", Snippet: "&websocket.DialOptions{Subprotocols: []string{\"NAME\"}}"},
		{Product: "ws (npm)", Snippet: "new WebSocket(url, 'NAME')"},
		{Product: "WebSocket-Node (npm)", Snippet: "client.connect(url, 'NAME')"},
		{Product: "Node.js", Snippet: "new WebSocket(url, 'NAME')"},
		{Product: "websockets (Python)", Snippet: "connect(uri, subprotocols=[\"NAME\"])"},
		{Product: "aiohttp", Snippet: "session.ws_connect(url, protocols=[\"NAME\"])"},
		{Product: "websocket-client (Python)", Snippet: "create_connection(url, subprotocols=[\"NAME\"])"},
		{Product: "Tornado", Snippet: "websocket_connect(url, subprotocols=[\"NAME\"])"},
		{Product: "curl", Snippet: "curl -H 'Sec-WebSocket-Protocol: NAME' ..."},
		{Product: "noVNC", Snippet: "new RFB(element, url, { wsProtocols: ['binary'] })  // old websockify only"},
	},
	ClientSees: "Chrome `Unexpected response code: 400`; noVNC `Failed to connect to server`",
	If:         rules.If(rules.BodySpeaks, rules.Status400, rules.Status403, rules.Status426, rules.Status501, rules.CloseSeen, rules.TornDown).And(rules.NotEstablished),
	Check:      checkRequiredMissing,
}

// endpoint is a path by which a server of one subprotocol is known.
type endpoint struct {
	segment string // of the path, or its beginning; lower case
	name    string // what to offer
	accepts string // beginning of the names that are accepted
}

var endpoints = [...]endpoint{
	{"mqtt", "mqtt", "mqtt"},
	{"ocpp", "ocpp1.6 or ocpp2.0.1", "ocpp"},
	{"centralsystem", "ocpp1.6 or ocpp2.0.1", "ocpp"},
	{"websockify", "binary", "b"}, // binary, base64
	{"xmpp-websocket", "xmpp", "xmpp"},
	{"guacamole", "guacamole", "guacamole"},
	{"janus", "janus-protocol", "janus-"},
	{"stomp", "v12.stomp", "v"},
}

func checkRequiredMissing(p *rules.Pass) {
	f := rules.Finding{}
	if p.Status() != statusSwitchingProtocols && requiredStated(p) {
		f.Evidence, f.Proof = bothLines(p), rules.Stated
		f.Message = "the body says that the subprotocol is not one that the server speaks; the request offers " + offersOrNone(p)
		f.Evidence = append(f.Evidence, p.BodyEvidence(p.BodyText()))
		p.Report(f)
		return
	}
	if !mayDemand(p) {
		return
	}
	e := endpointOf(p)
	if e == nil || offersLike(p, e.accepts) || p.Status() == statusNotImplemented && e.name != "xmpp" {
		return
	}
	f.Evidence = bothLines(p)
	f.Message = fmt.Sprintf("the path %s is one of servers that speak %s; the request offers %s", rules.Quote(p.Target().Path), e.name, offersOrNone(p))
	p.Report(f)
}

// bothLines gives the start lines and what was offered.
func bothLines(p *rules.Pass) []rules.Evidence {
	return []rules.Evidence{p.StartLine(p.Response), p.StartLine(p.Request), p.FieldOrAbsent(p.Request, subprotocolField)}
}

// requiredStated reports whether a refusal says that no subprotocol fits.
func requiredStated(p *rules.Pass) bool {
	return p.Shows(rules.BodySpeaks) && (p.BodyHas("Client must support 'binary' or 'base64' protocol") || p.BodyHas("Invalid protocol selected"))
}

func offersOrNone(p *rules.Pass) string {
	if list := offers(p); len(list) > 0 {
		return showNames(list)
	}
	return "none"
}

func endpointOf(p *rules.Pass) *endpoint {
	for segment := range strings.SplitSeq(strings.ToLower(p.Target().Path), "/") {
		for i := range endpoints {
			if strings.HasPrefix(segment, endpoints[i].segment) {
				return &endpoints[i]
			}
		}
	}
	return nil
}

func offersLike(p *rules.Pass, prefix string) bool {
	return slices.ContainsFunc(offers(p), func(e field.Element) bool {
		return strings.HasPrefix(strings.ToLower(e.Text), prefix)
	})
}

// mayDemand reports whether the attempt ended as it does where a server wants
// another subprotocol, and the response does not name another reason.
func mayDemand(p *rules.Pass) bool {
	switch p.Status() {
	case statusBadRequest, statusForbidden, statusUpgradeRequired, statusNotImplemented:
		return len(p.Hints()) == 0 && !p.Answerer.Hop && !saysAuth(p) && !saysCSRF(p)
	case statusSwitchingProtocols:
		return !p.Response.Has(subprotocolField) && droppedAtOnce(p)
	}
	return false
}

// droppedAtOnce reports whether the server ended a session with a protocol error
// or without a word, before it had sent anything.
func droppedAtOnce(p *rules.Pass) bool {
	const atOnce = time.Second
	switch {
	case p.Upgraded == nil:
		return false
	case p.Ending.Kind == analyzer.EndingClose && p.Ending.From == analyzer.ByServer && p.Ending.Code == 1002:
		return p.After101(serverClose(p).Ref) <= atOnce
	case p.Ending.Kind == analyzer.EndingDropped:
		end := firstTeardown(p.Upgraded)
		return end != nil && end.From == reassembly.Server && p.Upgraded.After[reassembly.Server] == 0 && p.After101(end.Ref) <= atOnce
	}
	return false
}

var clientRejectedValid101 = rules.Rule{
	ID: "client-rejected-valid-101", Family: rules.Negotiation, Title: "Client closed after a 101 that passes every check",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 is in order, and within two seconds the client ends the connection without having sent a frame; neither side sent a Close frame.",
		Why:    "The client did not want the connection any more: a check of its own that goes beyond RFC 6455, a page that was left, a program that ended.",
		Change: "Read the log of the client. Nothing on the wire is wrong.",
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsSymptom, Reference: "RFC 6455 s4.1, s7.1.7",
	Needs: bothHeads | analyzer.Frames | analyzer.TCPClose, When: rules.On101,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "look for client-side checks (certificate pinning, subprotocol, page left) in its log"}},
	ClientSees: "close 1006, or nothing at all",
	If:         rules.If(rules.NotEstablished),
	Check:      checkRejectedValid,
}

func checkRejectedValid(p *rules.Pass) {
	left, ok := p.ClientLeftAfter101()
	if !ok || p.Outcome != analyzer.Aborted || left.After > leftAfter || !valid101(p) {
		return
	}
	end := p.Packet(reassembly.Client, teardownName(p, firstTeardown(p.Upgraded)), left.Ref)
	answer := "the " + opening(p)
	if p.HTTP2 != nil || plain101(p) {
		answer = "a " + opening(p) + " that is in order"
	}
	f := rules.Finding{
		Message:  fmt.Sprintf("the client sent %s %s, without a frame", end.Field, afterWords(left.After, answer)),
		Evidence: []rules.Evidence{end, p.StartLine(p.Response)},
	}
	if i := p.Line(p.Request, "Sec-WebSocket-Key"); p.HTTP2 != nil && i >= 0 && !p.Response.Has(secAccept) {
		f.Proof = rules.Practice
		f.Message += "; it had sent a Sec-WebSocket-Key and may want a Sec-WebSocket-Accept, which HTTP/2 does not have (undici does)"
		f.Fix = "let the client open WebSockets over HTTP/1.1 (undici: new Agent({ allowH2: false })), or correct its check: HTTP/2 has neither key nor Accept"
		f.Evidence = append(f.Evidence, p.Field(p.Request, i))
	}
	p.Report(f)
}

// plain101 reports whether nothing at all is odd about the head of a valid 101.
func plain101(p *rules.Pass) bool {
	for _, odd := range [...]rules.Mark{
		rules.ResponseDeviates, rules.HTTPVersionOddInAnswer, rules.ResponseRepeats, rules.ResponseContent, rules.LengthOdd,
	} {
		if p.Shows(odd) {
			return false
		}
	}
	upgrade, one := p.Response.Only("Upgrade")
	return one && field.EqualFold(p.Response.Text(p.Response.Field(upgrade).Value), "websocket")
}

// extensionAnswerFaults are further faults of what a 101 accepts. Like those of
// permessage-deflate they have been checked before the row that asks for them.
var extensionAnswerFaults = [...]string{
	"extension-quoted-value-not-token", "response-extension-rsv-conflict", "response-extension-unoffered",
	"response-extensions-empty", "response-extensions-malformed",
}

// valid101 reports whether a 101 is one that RFC 6455 makes a client accept, or in HTTP/2
// an answer one of RFC 8441.
func valid101(p *rules.Pass) bool {
	if p.HTTP2 != nil {
		return h2Valid(p) && validChoice(p)
	}
	if !answersUpgrade(p) || !answersConnection(p) || p.Dialect != analyzer.RFC6455 {
		return false
	}
	return validChoice(p) && p.Response.Get(secAccept) == field.Accept(p.Request.Get("Sec-WebSocket-Key"))
}

// validChoice reports whether subprotocol and extensions that were selected are in order.
func validChoice(p *rules.Pass) bool {
	name, one := selected(p)
	if p.Response.Has(subprotocolField) && (!one || !offered(p, name)) {
		return false
	}
	return len(fired(p, extensionAnswerFaults[:])) == 0 && len(fired(p, deflateFaults[:])) == 0
}
