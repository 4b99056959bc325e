package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var response426 = rules.Rule{
	ID: "response-426", Family: rules.Version, Title: "Server demands an upgrade (426)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The answer is 426 although the request, as captured, asks for an upgrade to WebSocket and for version 13.",
		Why:    "Whoever answered did not see such a request: a hop in between may have taken Upgrade and Connection away, or the server wants another protocol.",
		Change: "Compare the Upgrade and Sec-WebSocket-Version fields of the answer with the request, and capture on the far side of the proxy.",
	},
	Actor: rules.Server, Level: rules.Observation, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsSymptom, Sufficient: true, Reference: "RFC 9110 s15.5.22; RFC 6455 s4.2.2 (step 4)",
	Needs: analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "Capture on the leg behind the proxy and look for Upgrade and Connection in the request there."},
	},
	ClientSees: "`Unexpected response code: 426`; a browser tab shows `Upgrade Required`",
	If:         rules.If(rules.Status426),
	Check:      check426,
}

func check426(p *rules.Pass) {
	if p.Status() != 426 || explains426(p) {
		return
	}
	message := "426 without an Upgrade field; what it demands is not said"
	if p.Response.Has("Upgrade") {
		message = "426 that demands an upgrade to " + quoteAll(p.Response, "Upgrade")
	}
	p.Found(message, append([]rules.Evidence{p.StartLine(p.Response)}, p.Fields(p.Response, "Upgrade")...)...)
}

// explains426 reports whether the request itself explains a 426. Its version does
// not where the answer lists that very one.
func explains426(p *rules.Pass) bool {
	_, listed := versionListed(p)
	return !asks13(p.Request) && !listed || !asksUpgrade(p) || !asksConnection(p) || !http11(p.Request)
}

// The fields of the answer of the dialects before hybi-04.
var legacyAnswer = [...]string{"Sec-WebSocket-Location", "Sec-WebSocket-Origin", "WebSocket-Location", "WebSocket-Origin"}

var legacyResponse = rules.Rule{
	ID: "legacy-response-to-rfc6455-request", Family: rules.Version, Title: "Server answers an RFC 6455 request in a legacy dialect",
	Doc: rules.Doc{
		Seen:   "The 101 has a WebSocket-Location or WebSocket-Origin field, with or without Sec-, and no Sec-WebSocket-Accept, although the request has a Sec-WebSocket-Key.",
		Why:    "That is the handshake of 2010. A client of RFC 6455 needs Sec-WebSocket-Accept and has to give up.",
		Change: "Update the server, or the library that it uses, to RFC 6455.",
		Before: "HTTP/1.1 101 WebSocket Protocol Handshake\nUpgrade: WebSocket\nConnection: Upgrade\nSec-WebSocket-Location: ws://ws.example.test/chat",
		After:  "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: dw4dLLrGesZlGNtwt61cFvT17Ik=",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.2.2 (step 5)",
	Endings: rules.Ends(analyzer.EndingClientLeft),
	Needs:   analyzer.RequestHead | analyzer.ResponseHead, When: rules.On101,
	Suppresses: []string{"response-accept-missing"},
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Update to a library that speaks RFC 6455 (2011)."}},
	ClientSees: "a complaint about a missing Sec-WebSocket-Accept; browsers close with 1006",
	If:         rules.If(rules.AcceptOdd),
	Check:      checkLegacyResponse,
}

func checkLegacyResponse(p *rules.Pass) {
	if p.Dialect != analyzer.RFC6455 || !p.Request.Has("Sec-WebSocket-Key") || p.Response.Has("Sec-WebSocket-Accept") {
		return
	}
	for _, name := range legacyAnswer {
		if p.Response.Has(name) {
			p.Found(name+" instead of Sec-WebSocket-Accept: the answer of a dialect before RFC 6455", p.FieldOrAbsent(p.Response, name))
			return
		}
	}
}

var versionEngineIOMismatch = rules.Rule{
	ID: "version-engineio-mismatch", Family: rules.Version, Title: "Engine.IO generations of client and server differ",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The server says that it does not support the Engine.IO protocol that the client names in the query parameter EIO.",
		Why:    "Socket.IO 2 speaks Engine.IO 3, Socket.IO 3 and 4 speak Engine.IO 4; they do not understand each other.",
		Change: "Bring client and server to the same generation, or let the server accept the older one.",
		Before: "GET /socket.io/?EIO=3&transport=websocket HTTP/1.1", After: "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
	},
	Actor: rules.Any, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "Engine.IO protocol, query parameter EIO",
	// A server that has switched protocols already says it in place of frames.
	Endings: append(rules.Status(400), append(rules.CloseCodes(1002), rules.Ends(analyzer.EndingDropped, analyzer.EndingClientLeft)...)...),
	Needs:   analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal | rules.On101,
	Suppresses: []string{"post-second-http-response", "response-400-unexplained"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: sameGeneration},
		{Product: "Socket.IO", Snippet: nodeForOldClient + "\n" + nodeForNewClient},
		{Product: "python-socketio", Snippet: pythonForOldClient + "\n" + pythonForNewClient},
	},
	ClientSees: "400 on every attempt below /socket.io/; the page stays silent",
	If:         rules.If(rules.Status400, rules.NotFrames),
	Check:      checkEngineIO,
}

func checkEngineIO(p *rules.Pass) {
	evidence, ok := engineIORefusal(p)
	if !ok {
		return
	}
	eio, actor := engineIO(p), rules.Client
	if eio == "" && !strings.Contains(evidence.Value, "Engine.IO") {
		return // other servers say the first of these words of Sec-WebSocket-Version
	}
	said := "the client names no Engine.IO protocol"
	if eio != "" {
		said = "the client speaks Engine.IO " + rules.Quote(eio)
	}
	if eio == "4" {
		actor = rules.Server // the server is the older one
	}
	p.Report(rules.Finding{
		Actor: actor, Proof: rules.Stated, Fix: engineIOFix(p, eio, evidence.Value), Message: said + ", the server says that it does not support that",
		Evidence: []rules.Evidence{p.StartLine(p.Request), evidence},
	})
}

// What brings the generations of Engine.IO together.
const (
	sameGeneration     = "use client and server libraries of the same generation: EIO=3 is Socket.IO 2, EIO=4 is Socket.IO 3 and 4"
	nodeForOldClient   = "EIO=3: update the client to socket.io-client 3.x or 4.x, or let the server take both: new Server(http, { allowEIO3: true })"
	nodeForNewClient   = "EIO=4: update the server to socket.io 3.x or 4.x, or use socket.io-client 2.x"
	pythonForOldClient = "EIO=3: update the client to socket.io-client 3.x or 4.x (in Python: python-socketio 5), or install python-socketio 4, python-engineio 3 and Flask-SocketIO 4 at the server: newer ones do not take EIO=3"
	pythonForNewClient = "EIO=4: update the server to python-socketio 5, python-engineio 4 and Flask-SocketIO 5, or use socket.io-client 2.x (in Python: python-socketio 4)"
)

// engineIOFix gives what to change for a client that names that protocol and a server
// that refused it in those words: in Python there is no switch that admits both.
func engineIOFix(p *rules.Pass, eio, words string) string {
	node, python := nodeForOldClient, pythonForOldClient
	switch eio {
	case "3":
	case "4":
		node, python = nodeForNewClient, pythonForNewClient
	default:
		return sameGeneration
	}
	switch {
	case words == pythonRefusal || inPython(p):
		return python
	case p.Answerer.Product == "Engine.IO", p.Answerer.Product == "Node.js", p.Answerer.Product == "ws (npm)", p.Status() == 101:
		return node
	}
	return "server in Node.js: " + node + "\nserver in Python: " + python
}

// inPython reports whether the server is one for applications in Python.
func inPython(p *rules.Pass) bool {
	switch p.Answerer.Product {
	case "python-engineio", "uvicorn", "Hypercorn", "Daphne", "gunicorn", "Werkzeug", "aiohttp", "Tornado", "websockets (Python)":
		return true
	}
	return false
}

// engineIO gives the protocol that the client names; empty if none.
func engineIO(p *rules.Pass) string {
	for _, q := range field.QueryPairs(p.Target().Query) {
		if q.Name == "EIO" {
			return q.Value
		}
	}
	return ""
}

// engineIORefusals are the words of the servers in JavaScript and Python.
var engineIORefusals = [...]string{"Unsupported protocol version", pythonRefusal}

const pythonRefusal = "unsupported version of the Socket.IO or Engine.IO protocols"

// engineIORefusal finds those words in the body of a 400, or in what a server
// wrote in place of frames.
func engineIORefusal(p *rules.Pass) (rules.Evidence, bool) {
	for _, words := range engineIORefusals {
		if p.Status() == 400 && p.BodyHas(words) {
			return p.BodyEvidence(words), true
		}
		if x := notFrames(p, reassembly.Server); x != nil && strings.Contains(string(x.Data), words) {
			return octets(p, reassembly.Server, "octets after the 101", x), true
		}
	}
	return rules.Evidence{}, false
}
