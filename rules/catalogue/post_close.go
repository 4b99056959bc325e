package catalogue

import (
	"fmt"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// How soon after the 101 a Close frame still belongs to the handshake.
const (
	protocolCloseWithin = 5 * time.Second
	policyCloseWithin   = 2 * time.Second
	otherCloseWithin    = 10 * time.Second
)

var earlyCloseProtocolError = rules.Rule{
	ID: "early-close-protocol-error", Family: rules.PostUpgrade, Title: "Closed for a protocol error right after the upgrade",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Within five seconds of the 101 one side sends a Close frame that says protocol error, wrong data, policy or a missing extension.",
		Why:    "Who closes says what the other side did: 1002, 1003 and 1007 object to its frames, 1010 to an extension that the server did not take.",
		Change: "Look at the frames of the other side just before the Close frame and at its reason; compare the extensions in request and 101.",
	},
	Actor: rules.Any, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsSymptom, Sufficient: true, Reference: "RFC 6455 s7.4.1, s10.7",
	Needs: analyzer.Frames, When: rules.OnSession,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "Turn compression off, or negotiate it; mask the frames of the client and not those of the server."},
	},
	ClientSees: "Chrome `One or more reserved bits are on` or `A server must not mask any frames that it sends to the client.`; ws `Invalid WebSocket frame`",
	If:         rules.If(rules.CloseOdd),
	Check:      checkProtocolClose,
}

func checkProtocolClose(p *rules.Pass) {
	side, c := firstClose(p)
	if c == nil || p.After101(c.Ref) > protocolCloseWithin || p.Upgraded.Echoes(side, c) {
		return
	}
	switch c.Code {
	case 1002, 1003, 1007, 1010:
	case 1008:
		if policyClose(p, side, c) {
			return
		}
	default:
		return
	}
	f := rules.Finding{Actor: actorOf(side.Other()), Message: closeMessage(p, side, c), Evidence: []rules.Evidence{p.Close(side, c)}}
	if c.Code == 1010 && side == reassembly.Client && len(c.Reason) > 0 {
		f.Proof = rules.Stated // the reason lists the extensions that the client misses (RFC 6455 section 7.4.1)
	}
	p.Report(f)
}

// closeMessage says who closed, with what, and how soon.
func closeMessage(p *rules.Pass, side reassembly.Side, c *analyzer.Close) string {
	s := fmt.Sprintf("the %s closed with %d", side, c.Code)
	if name := frame.CloseCode(c.Code).Name(); name != "" {
		s += " (" + name + ")"
	}
	if len(c.Reason) > 0 {
		s += " " + rules.Quote(string(c.Reason))
	}
	return s + " " + afterWords(p.After101(c.Ref), opener(p))
}

var postCloseOther = rules.Rule{
	ID: "post-close-other", Family: rules.PostUpgrade, Title: "Closed with an error code right after the upgrade",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Within ten seconds of the 101 one side sends a Close frame with 1009, 1011 to 1014 or a code of the application.",
		Why:    "The handshake was fine; what runs above it failed: 1011 an exception, 1012 and 1013 a restart or overload, 1009 a message over the limit. Codes from 4000 on mean what the application says.",
		Change: "Look for code and reason in the log of the side that closed; for 1009 raise its message limit.",
	},
	Actor: rules.Any, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsSymptom, Sufficient: true, Reference: "RFC 6455 s7.4.1",
	Needs: analyzer.Frames, When: rules.OnSession,
	Suppresses: []string{"early-close-protocol-error"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "look for this code and reason in the log of the side that closed; for 1009 raise its message limit"},
	},
	ClientSees: "`close 1011 (internal server error)` or the like",
	If:         rules.If(rules.CloseOdd),
	Check:      checkOtherClose,
}

func checkOtherClose(p *rules.Pass) {
	side, c := firstClose(p)
	if c == nil || p.After101(c.Ref) > otherCloseWithin || policyClose(p, side, c) {
		return
	}
	switch {
	case p.Outcome == analyzer.Established && side == reassembly.Client:
		return // a session that was used, and the application's own goodbye
	case privateRefusal(c.Code) && len(c.Reason) == 0 && p.Have&analyzer.RequestHead == 0:
		return // whether it is a refusal depends on what was not captured
	case c.Code == 1009, c.Code >= 1011 && c.Code <= 1014, c.Code >= 3000 && c.Code <= 4999:
	default:
		return
	}
	f := rules.Finding{Actor: actorOf(side), Message: closeMessage(p, side, c), Evidence: []rules.Evidence{p.Close(side, c)}}
	if len(c.Reason) > 0 {
		f.Proof = rules.Stated
	}
	if side == reassembly.Server && string(c.Reason) == "Failed to connect to downstream server" {
		f.Message += ": websockify does so if nothing listens at its target, the VNC server"
	}
	p.Report(f)
}

var postClosePolicy = rules.Rule{
	ID: "post-close-policy", Family: rules.PostUpgrade, Title: "101, then a close for authentication or policy",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Within two seconds of a 101 the server closes with 1008, 3000 or 3003, or with 4001, 4003, 4401 or 4403 and a reason that speaks of authentication, or none although the request had no credentials.",
		Why:    "The server lets everybody in and checks afterwards. The client sees an open connection that closes at once, and often tries again for ever.",
		Change: "Give the client what the reason asks for; let the server refuse with 401 or 403 before it upgrades, so that clients can tell.",
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s7.4.1, s7.4.2; IANA WebSocket Close Code Number Registry",
	Endings: rules.CloseCodes(1008, 3000, 3003, 4001, 4003, 4401, 4403),
	Needs:   analyzer.Frames, When: rules.OnSession,
	Suppresses: []string{"early-close-protocol-error", "post-close-other"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "client: send what the reason asks for, as a rule a valid token or cookie\nserver: refuse with 401 or 403 before the upgrade, so that clients can tell"},
		{Product: "client", Snippet: "Refresh the token before the next attempt; stop on codes that will not change."},
	},
	ClientSees: "`close 1008 (policy violation)`; a loop of reconnects although the developer tools show 101",
	If:         rules.If(rules.CloseOdd),
	Check:      checkPolicyClose,
}

func checkPolicyClose(p *rules.Pass) {
	side, c := firstClose(p)
	if c == nil || !policyClose(p, side, c) {
		return
	}
	message := closeMessage(p, side, c)
	if p.Request != nil {
		message += "; the request carried " + p.Credentials().String()
	}
	proof := rules.Stated
	if c.Code >= 4000 && len(c.Reason) == 0 {
		proof = rules.Heuristic // what its code means is not said
	}
	p.Report(rules.Finding{Message: message, Proof: proof, Evidence: []rules.Evidence{p.Close(side, c)}})
}

// policyClose reports whether a Close frame is a late refusal. The codes of
// applications mean anything: they count with a reason that says so, or without
// any reason where the request had nothing to prove who sends it.
func policyClose(p *rules.Pass, side reassembly.Side, c *analyzer.Close) bool {
	if side != reassembly.Server || p.After101(c.Ref) > policyCloseWithin {
		return false
	}
	switch c.Code {
	case 1008, 3000, 3003:
		return true
	}
	if privateRefusal(c.Code) {
		bare := len(c.Reason) == 0 && p.Have&analyzer.RequestHead != 0 && !p.Credentials().Any()
		return bare || speaksOfAuth(string(c.Reason))
	}
	return false
}

// privateRefusal reports whether applications use a code of theirs for refusals.
func privateRefusal(code uint16) bool {
	switch code {
	case 4001, 4003, 4401, 4403:
		return true
	}
	return false
}

// authWords are what close reasons about authentication contain.
var authWords = [...]string{
	"auth", "token", "forbidden", "denied", "permission", "credential", "login", "log in", "session", "expired", "jwt", "api key", "not allowed",
}

func speaksOfAuth(reason string) bool {
	reason = strings.ToLower(reason)
	for _, w := range authWords {
		if strings.Contains(reason, w) {
			return true
		}
	}
	return false
}
