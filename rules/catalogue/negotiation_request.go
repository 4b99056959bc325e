package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

const seesRefusedOffer = "ws server 400 `Invalid Sec-WebSocket-Protocol header`; Chrome `Unexpected response code: 400`; gorilla `websocket: bad handshake`"

var requestSubprotocolDuplicate = rules.Rule{
	ID: "request-subprotocol-duplicate", Family: rules.Negotiation, Title: "Subprotocol offered twice",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The same name occurs twice among the subprotocols of the request. Letter case counts; several lines are one list.",
		Why:    "The names have to differ. Servers that parse strictly (ws) answer 400.",
		Change: "Offer each name once.",
		Before: "Sec-WebSocket-Protocol: chat, chat", After: "Sec-WebSocket-Protocol: chat",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 6455 s4.1 (item 10)",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "new WebSocket(url, [...new Set(protocols)])"}},
	ClientSees: seesRefusedOffer,
	If:         rules.If(rules.SubprotocolOffered),
	Check:      checkSubprotocolDuplicate,
}

func checkSubprotocolDuplicate(p *rules.Pass) {
	if plainName(p.Request) {
		return
	}
	seen := map[string]bool{}
	for _, e := range offers(p) {
		if seen[e.Text] {
			p.Found("the subprotocol "+showName(e.Text)+" is offered twice; names have to differ", p.Fields(p.Request, subprotocolField)...)
			return
		}
		seen[e.Text] = true
	}
}

var requestSubprotocolEmpty = rules.Rule{
	ID: "request-subprotocol-empty", Family: rules.Negotiation, Title: "Sec-WebSocket-Protocol without a name",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request has a Sec-WebSocket-Protocol field without any name in it, or, where the answer is 400, an empty element in its list.",
		Why:    "The field has to name at least one subprotocol. Some servers take it for absent, others (ws) answer 400, also to a comma too many.",
		Change: "Leave the field out, or offer a name. A variable that is not set is the usual reason.",
		Before: "Sec-WebSocket-Protocol:", After: "Sec-WebSocket-Protocol: chat",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 6455 s4.1 (item 10), s4.3",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "new WebSocket(url)  // no second argument rather than an empty one"}},
	ClientSees: seesRefusedOffer,
	If:         rules.If(rules.SubprotocolOffered),
	Check:      checkSubprotocolEmpty,
}

func checkSubprotocolEmpty(p *rules.Pass) {
	if plainName(p.Request) {
		return
	}
	list := field.ParseList(p.Request.Values(subprotocolField)...)
	switch {
	case list.Empty == 0:
	case len(list.Elements) == 0:
		p.Found("Sec-WebSocket-Protocol is there and names no subprotocol", p.Fields(p.Request, subprotocolField)...)
	case p.Status() == statusBadRequest:
		p.Report(rules.Finding{
			Message:  fmt.Sprintf("Sec-WebSocket-Protocol holds %d empty elements, which strict servers answer with 400", list.Empty),
			Evidence: p.Fields(p.Request, subprotocolField),
			Proof:    rules.Practice, // recipients ought to skip them
		})
	}
}

var requestSubprotocolInvalidToken = rules.Rule{
	ID: "request-subprotocol-invalid-token", Family: rules.Negotiation, Title: "Subprotocol name is not a token",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A subprotocol that is offered holds an octet that no token may hold: a blank, a slash, a colon, an equals sign, quotes.",
		Why:    "Names are tokens, so that they can stand in a list. Strict servers (ws) answer 400, and browsers do not let such a name out.",
		Change: "Use letters, digits and the signs of a token. Encode a token that has to travel here in base64url without padding.",
		Before: "Sec-WebSocket-Protocol: chat room", After: "Sec-WebSocket-Protocol: chat-room",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 6455 s4.1 (item 10), s4.3",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "only letters, digits and !#$%&'*+-.^_`|~ in a name"}},
	ClientSees: seesRefusedOffer + "; browsers throw in the constructor: `The subprotocol '...' is invalid`",
	If:         rules.If(rules.SubprotocolOffered),
	Check:      checkSubprotocolToken,
}

func checkSubprotocolToken(p *rules.Pass) {
	if plainName(p.Request) {
		return
	}
	for _, e := range offers(p) {
		if !field.IsToken(e.Text) && e.Text != kubernetesTunnel {
			p.Found("the subprotocol "+showName(e.Text)+" is no token", p.Fields(p.Request, subprotocolField)...)
			return
		}
	}
}
