package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

const secAccept = "Sec-WebSocket-Accept"

var responseAcceptMissing = rules.Rule{
	ID: "response-accept-missing", Family: rules.Response, Title: "101 without Sec-WebSocket-Accept",
	Doc: rules.Doc{
		Seen:   "The 101 has no Sec-WebSocket-Accept, or a blank one.",
		Why:    "The client has no proof that the server understood the handshake, and has to give up.",
		Change: "Let the server answer with the digest of the key. A gateway from HTTP/2 to HTTP/1.1 has to make it itself.",
		Before: "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade", After: whole101,
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response, item 4), s4.2.2 (step 5.4)",
	Needs: analyzer.RequestHead | on101Needs, When: rules.On101,
	Suppresses: []string{"response-accept-mismatch"},
	Fixes: []rules.Fix{
		{Product: "server", Snippet: whole101},
		{Product: "IIS", Snippet: "Install-WindowsFeature Web-WebSockets"},
	},
	ClientSees: "Chrome `'Sec-WebSocket-Accept' header is missing`; ws `Invalid Sec-WebSocket-Accept header`; gorilla `websocket: bad handshake`",
	If:         rules.If(rules.AcceptOdd),
	Check:      checkAcceptMissing,
}

func checkAcceptMissing(p *rules.Pass) {
	if p.Dialect != analyzer.RFC6455 || !asksWebSocket(p) {
		return
	}
	if strings.Trim(strings.Join(p.Response.Values(secAccept), ""), " \t") == "" {
		p.Report(rules.Finding{
			Message:  "Sec-WebSocket-Accept is missing in the 101; the client has to give up",
			Evidence: head101(p, secAccept), Proof: left101(p),
		})
	}
}

var responseAcceptDuplicate = rules.Rule{
	ID: "response-accept-duplicate", Family: rules.Response, Title: "Sec-WebSocket-Accept sent twice",
	Doc: rules.Doc{
		Seen:   "The 101 has two Sec-WebSocket-Accept lines, or one with a comma.",
		Why:    "The field may occur once. Chromium gives up even when both lines are equal; other clients compare the joined value and give up, too.",
		Change: "Write the field in one place: remove the copy that a proxy or middleware adds.",
		Before: "Sec-WebSocket-Accept: dw4dLLrGesZlGNtwt61cFvT17Ik=\nSec-WebSocket-Accept: dw4dLLrGesZlGNtwt61cFvT17Ik=", After: "Sec-WebSocket-Accept: dw4dLLrGesZlGNtwt61cFvT17Ik=",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s11.3.3",
	Needs: on101Needs, When: rules.On101,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Remove the Sec-WebSocket-Accept line that middleware or the proxy adds to the one of the library."}},
	ClientSees: "Chrome `'Sec-WebSocket-Accept' header must not appear more than once in a response`; browsers close with 1006",
	If:         rules.If(rules.AcceptOdd),
	Check:      checkAcceptDuplicate,
}

func checkAcceptDuplicate(p *rules.Pass) {
	lines := p.Fields(p.Response, secAccept)
	switch {
	case len(lines) > 1:
		p.Found(fmt.Sprintf("Sec-WebSocket-Accept occurs %d times; one line is allowed", len(lines)), lines...)
	case strings.Contains(p.Response.Get(secAccept), ","):
		p.Found("Sec-WebSocket-Accept "+quoteAll(p.Response, secAccept)+" is a list; one value is allowed", lines...)
	}
}

var responseAcceptMismatch = rules.Rule{
	ID: "response-accept-mismatch", Family: rules.Response, Title: "Sec-WebSocket-Accept does not match the key",
	Doc: rules.Doc{
		Seen:   "Sec-WebSocket-Accept of the 101 is not the base64 of the SHA-1 of the request's key followed by 258EAFA5-E914-47DA-95CA-C5AB0DC85B11.",
		Why:    "The client compares it and has to give up. The usual mistakes each give a value of their own; the finding names the one that fits.",
		Change: "Hash the text of Sec-WebSocket-Key as received, the GUID appended, and encode the 20 octets of the digest. A proxy that opens a connection of its own has to compute the value for the key of its client.",
		Before: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==\nSec-WebSocket-Accept: CGRj9hot521e7RZUoKZCuD+WD00=", After: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==\nSec-WebSocket-Accept: dw4dLLrGesZlGNtwt61cFvT17Ik=",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response, item 4), s4.2.2 (step 5.4), s1.3",
	Needs: analyzer.RequestHead | on101Needs, When: rules.On101,
	Fixes: []rules.Fix{
		{Product: "server", Snippet: "base64(sha1(key + \"258EAFA5-E914-47DA-95CA-C5AB0DC85B11\"))   // key as received"},
		{Product: "proxy", Snippet: "Compute Sec-WebSocket-Accept from the key of the client, not from the one sent upstream."},
	},
	ClientSees: "Chrome `Incorrect 'Sec-WebSocket-Accept' header value`; ws `Invalid Sec-WebSocket-Accept header`; gorilla `websocket: bad handshake`; Python `InvalidHeader: invalid Sec-WebSocket-Accept`",
	Check:      checkAcceptMismatch,
}

func checkAcceptMismatch(p *rules.Pass) {
	if field.Accepts(p.Key(), p.Accept()) {
		return
	}
	keys, seen := p.Request.Values("Sec-WebSocket-Key"), p.Response.Values(secAccept)
	if p.Dialect != analyzer.RFC6455 || len(keys) == 0 || len(seen) != 1 || seen[0] == "" || strings.Contains(seen[0], ",") {
		return
	}
	if slices.ContainsFunc(keys, func(k string) bool { return field.Accept(k) == seen[0] }) {
		return
	}
	message := fmt.Sprintf("Sec-WebSocket-Accept is %s; %q belongs to the key", rules.Quote(seen[0]), field.Accept(keys[0]))
	if mistake := acceptMistake(keys[0], seen[0]); mistake != "" {
		message += ": " + mistake
	}
	evidence := append(p.Fields(p.Response, secAccept), p.Fields(p.Request, "Sec-WebSocket-Key")...)
	p.Report(rules.Finding{Message: message, Evidence: evidence, Proof: left101(p)})
}

// acceptMistake names the mistake that turns the key into what the server sent.
func acceptMistake(key, seen string) string {
	for _, v := range field.AcceptVariants(key) {
		if v.Value == seen {
			return v.Mistake
		}
	}
	if seen == field.Accept("") {
		return "the server hashed an empty key"
	}
	return ""
}
