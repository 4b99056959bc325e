package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var responseSubprotocolInvalidToken = rules.Rule{
	ID: "response-subprotocol-invalid-token", Family: rules.Negotiation, Title: "Selected subprotocol is not a token",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The subprotocol that the 101 selects holds an octet that no token may hold, often quotes around the name.",
		Why:    "It cannot equal a name that was offered, so the client fails the connection.",
		Change: "Send the bare name.",
		Before: "Sec-WebSocket-Protocol: \"chat\"", After: "Sec-WebSocket-Protocol: chat",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.3",
	Needs: analyzer.ResponseHead, When: rules.On101,
	Suppresses: []string{"response-subprotocol-unoffered", "response-subprotocol-without-offer"},
	Fixes:      oneSubprotocolFixes, ClientSees: seesSubprotocol,
	If:    rules.If(rules.SubprotocolSelected),
	Check: checkSelectedToken,
}

func checkSelectedToken(p *rules.Pass) {
	if plainName(p.Response) {
		return
	}
	name, ok := selected(p)
	if !ok || field.IsToken(name) || name == kubernetesTunnel || !clientCouldObject(p) {
		return
	}
	p.Report(rules.Finding{
		Message:  opener(p) + " selects " + showName(name) + ", which is no token",
		Evidence: p.Fields(p.Response, subprotocolField), Proof: left101(p),
	})
}

var subprotocolMalformed = rules.Rule{
	ID: "subprotocol-malformed", Family: rules.Negotiation, Title: "Several faults in one Sec-WebSocket-Protocol field",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Two or more faults in the Sec-WebSocket-Protocol of one message: names repeated, empty, no token, or several selected.",
		Why:    "The field was put together without knowing its grammar; mending one fault shows the next.",
		Change: "Offer a list of different tokens; select exactly one of them.",
	},
	Actor: rules.Any, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 10), s11.3.4",
	When: rules.OnRequest, Collects: true, Needs: analyzer.RequestHead,
	Suppresses: []string{
		"request-subprotocol-duplicate", "request-subprotocol-empty", "request-subprotocol-invalid-token",
		"response-subprotocol-empty", "response-subprotocol-invalid-token", "response-subprotocol-multiple",
	},
	Fixes: oneSubprotocolFixes, ClientSees: seesRefusedOffer,
	If:    rules.If(rules.SubprotocolOffered, rules.SubprotocolSelected),
	Check: checkSubprotocolMalformed,
}

// Faults that subprotocol-malformed gathers, by message.
var (
	subprotocolOfferFaults = [...]string{
		"request-subprotocol-duplicate", "request-subprotocol-empty", "request-subprotocol-invalid-token",
	}
	subprotocolAnswerFaults = [...]string{
		"response-subprotocol-empty", "response-subprotocol-invalid-token", "response-subprotocol-multiple",
	}
)

func checkSubprotocolMalformed(p *rules.Pass) {
	if ids := fired(p, subprotocolOfferFaults[:]); len(ids) > 1 {
		p.Report(rules.Finding{
			Actor: rules.Client, Message: "several faults in the offered subprotocols: " + strings.Join(ids, ", "),
			Evidence: p.Fields(p.Request, subprotocolField), Proof: rules.Mandated,
		})
	}
	if ids := fired(p, subprotocolAnswerFaults[:]); len(ids) > 1 {
		p.Report(rules.Finding{
			Actor: rules.Server, Message: "several faults in the selected subprotocol: " + strings.Join(ids, ", "),
			Evidence: p.Fields(p.Response, subprotocolField), Proof: severalProof(p),
		})
	}
}

func fired(p *rules.Pass, ids []string) []string {
	var found []string
	for _, id := range ids {
		if p.Fired(id) {
			found = append(found, id)
		}
	}
	return found
}

// severalProof is left101 for a row that sums up breaches.
func severalProof(p *rules.Pass) rules.Proof {
	if left101(p) == rules.Proved {
		return rules.Proved
	}
	return rules.Mandated
}

var extensionDeflateParamInvalid = rules.Rule{
	ID: "extension-deflate-param-invalid", Family: rules.Negotiation, Title: "Several faults in one permessage-deflate response",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The permessage-deflate of the 101 has two or more faults: parameters not offered, repeated, unknown, with wrong values, or missing.",
		Why:    "The server did not read the offer, or repeats it with changes. Clients fail the connection at the first of the faults.",
		Change: "Answer with parameters of RFC 7692 only, those that were offered, with valid values. Switch compression off meanwhile.",
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s5.1, s7.1.1, s7.1.2",
	Needs: bothHeads, When: rules.On101, Collects: true,
	Suppresses: deflateFaults[:],
	Fixes:      pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkDeflateFaults,
}

var deflateFaults = [...]string{
	"pmd-response-client-bits-invalid", "pmd-response-client-bits-no-value", "pmd-response-client-bits-unoffered",
	"pmd-response-duplicate-param", "pmd-response-server-bits-invalid", "pmd-response-server-bits-missing",
	"pmd-response-server-bits-too-large", "pmd-response-server-takeover-missing", "pmd-response-takeover-has-value",
	"pmd-response-unknown-param", "response-extension-duplicate",
}

func checkDeflateFaults(p *rules.Pass) {
	if ids := fired(p, deflateFaults[:]); len(ids) > 1 {
		p.Report(rules.Finding{
			Message:  "several faults in the accepted permessage-deflate: " + strings.Join(ids, ", "),
			Evidence: negotiated(p, extensionsField), Proof: severalProof(p),
		})
	}
}
