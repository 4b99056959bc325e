package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var postClosedLikeHTTP = rules.Rule{
	ID: "post-101-closed-like-http", Family: rules.PostUpgrade, Title: "Server switches and then closes, as the request tells it to",
	Doc: rules.Doc{
		Seen:   "The request has Connection: close in place of Connection: Upgrade, or is HTTP/1.0 to Mojolicious. The server answers 101 all the same and ends the connection at once, without a frame.",
		Why:    "The WebSocket part of the server looks at Upgrade alone, its HTTP part closes after the response, as a request of HTTP/1.0 or with Connection: close wants it. nginx sends both to its upstream unless told otherwise.",
		Change: "Send HTTP/1.1 with Connection: Upgrade; if the client does, look at the hop that wrote the request.",
		Before: "GET /chat HTTP/1.0\nUpgrade: websocket\nConnection: close", After: "GET /chat HTTP/1.1\nUpgrade: websocket\nConnection: Upgrade",
	},
	Actor: rules.Client, Level: rules.Diagnosis, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9112 s9.3, s9.6; RFC 6455 s4.1 (items 2 and 6)",
	Needs: bothHeads | analyzer.Frames | analyzer.TCPClose, When: rules.OnSession,
	Suppresses: []string{
		"closed-without-close-frame", "post-eof-after-101", "request-connection-close", "request-connection-no-upgrade",
		"request-http-version-too-low", "response-1xx-to-http10",
	},
	Fixes: []rules.Fix{
		{Product: "client", Snippet: wholeRequest},
		{Product: "nginx", Snippet: nginxUpgrade},
	},
	ClientSees: "close 1006; `unexpected EOF`",
	If:         rules.If(rules.TornDown).And(rules.ServerSilent),
	Check:      checkClosedLikeHTTP,
}

func checkClosedLikeHTTP(p *rules.Pass) {
	end := firstTeardown(p.Upgraded)
	if end == nil || end.From != reassembly.Server || p.Upgraded.Closes[reassembly.Client] != nil || p.After101(end.Ref) >= time.Second {
		return
	}
	said, proof := closesByRequest(p)
	if said == "" {
		return
	}
	f := rules.Finding{
		Message: fmt.Sprintf("the request %s, and the server sent %s %s: it closes as after any other response",
			said, teardownName(p, end), afterWords(p.After101(end.Ref), "its 101")),
		Evidence: []rules.Evidence{
			p.StartLine(p.Request), p.FieldOrAbsent(p.Request, "Connection"), p.Packet(reassembly.Server, teardownName(p, end), end.Ref),
		},
		Proof: proof,
	}
	if p.Marked() || httpBefore11(p) { // clients of WebSocket do not write HTTP/1.0
		f.Actor, f.Fix = rules.Intermediary, "HTTP/1.1 and both fields towards the server. With nginx:\n"+nginxUpgrade
	}
	p.Report(f)
}

// closesByRequest says what in a request makes a server close that has not looked at it
// when it switched; empty if nothing does. Others refuse Connection: close, and to a
// request of HTTP/1.0 that they take they keep the connection open.
func closesByRequest(p *rules.Pass) (string, rules.Proof) {
	proof, ends := rules.Heuristic, false
	if p.Answerer.Product == "Mojolicious" {
		proof, ends = rules.Practice, httpBefore11(p)
	}
	switch {
	case !hasConnectionUpgrade(p) && p.HasToken(p.Request, "Connection", "close"):
		return "says Connection: close and not Upgrade", proof
	case ends:
		return "is " + p.Request.Text(p.Request.Version), proof
	}
	return "", proof
}
