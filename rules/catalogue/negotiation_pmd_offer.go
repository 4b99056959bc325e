package catalogue

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// reportOffer reports a fault of an offer. A server ought to decline the
// element; that it refuses the handshake instead is the practice of some.
func reportOffer(p *rules.Pass, message string) {
	p.Report(rules.Finding{Message: message, Evidence: p.Fields(p.Request, extensionsField), Proof: rules.Practice})
}

// checkOffer gives the check that reports the first parameter of an offer for
// which f holds.
func checkOffer(f func(*field.Param) bool, what string) func(*rules.Pass) {
	return func(p *rules.Pass) {
		if q, ok := firstParam(oddOffers(p), f); ok {
			reportOffer(p, "the offer holds "+showParam(q)+": "+what)
		}
	}
}

var pmdOfferClientBitsInvalid = rules.Rule{
	ID: "pmd-offer-client-bits-invalid", Family: rules.Negotiation, Title: "Offered client_max_window_bits invalid",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "client_max_window_bits in an offer of permessage-deflate has a value that is not 8 to 15, or begins with a zero.",
		Why:    "A server has to decline such an offer; some answer 400 to the whole handshake.",
		Change: "Give no value, or one from 8 to 15 without a leading zero.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=16", After: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 7692 s7, s7.1.2.2",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: pmdOfferFixes, ClientSees: pmdRefused,
	If:    rules.If(rules.OfferOdd),
	Check: checkOffer(badClientBits, "a window is 8 to 15"),
}

var pmdOfferServerBitsInvalid = rules.Rule{
	ID: "pmd-offer-server-bits-invalid", Family: rules.Negotiation, Title: "Offered server_max_window_bits invalid",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "server_max_window_bits in an offer of permessage-deflate has no value, one that is not 8 to 15, or one with a leading zero.",
		Why:    "A server has to decline such an offer; some answer 400 to the whole handshake.",
		Change: "Give a value from 8 to 15 without a leading zero.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=08", After: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 7692 s7, s7.1.2.1",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: pmdOfferFixes, ClientSees: pmdRefused,
	If:    rules.If(rules.OfferOdd),
	Check: checkOffer(badServerBits, "a window is 8 to 15, and the value is required"),
}

var pmdOfferTakeoverHasValue = rules.Rule{
	ID: "pmd-offer-takeover-has-value", Family: rules.Negotiation, Title: "no_context_takeover offered with a value",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "server_no_context_takeover or client_no_context_takeover in an offer of permessage-deflate has a value.",
		Why:    "These parameters have none. A server has to decline the offer; some answer 400 to the whole handshake.",
		Change: "Send the bare name.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover=true", After: "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 7692 s7, s7.1.1.1, s7.1.1.2",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: pmdOfferFixes, ClientSees: pmdRefused,
	If:    rules.If(rules.OfferOdd),
	Check: checkOffer(takeoverValue, "the parameter has no value"),
}

var pmdOfferUnknownParam = rules.Rule{
	ID: "pmd-offer-unknown-param", Family: rules.Negotiation, Title: "permessage-deflate offer has an unknown parameter",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "An offer of permessage-deflate holds a parameter that is none of the four of RFC 7692.",
		Why:    "A server has to decline the offer; ws answers 400 to the whole handshake. Names such as c2s_max_window_bits are of old drafts.",
		Change: "Use the parameters of RFC 7692 only.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; s2c_max_window_bits=10", After: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 7692 s7; RFC 6455 s9.1",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: pmdOfferFixes, ClientSees: pmdRefused,
	If:    rules.If(rules.OfferOdd),
	Check: checkOfferUnknown,
}

func checkOfferUnknown(p *rules.Pass) {
	q, ok := firstParam(oddOffers(p), unknownPMD)
	switch {
	case !ok || q.Name == "":
	case draftParam(q.Name) != "":
		reportOffer(p, "the offer holds "+showParam(q)+" of an old draft, now "+draftParam(q.Name))
	default:
		reportOffer(p, "the offer holds "+showParam(q)+", which permessage-deflate does not know")
	}
}

// draftParam gives the present name of a parameter of an old draft.
func draftParam(name string) string {
	switch name {
	case "s2c_max_window_bits":
		return serverWindowBits
	case "c2s_max_window_bits":
		return clientWindowBits
	case "s2c_no_context_takeover":
		return serverNoTakeover
	case "c2s_no_context_takeover":
		return clientNoTakeover
	}
	return ""
}

var pmdOfferDuplicateParam = rules.Rule{
	ID: "pmd-offer-duplicate-param", Family: rules.Negotiation, Title: "permessage-deflate offer repeats a parameter",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "One element of the offer names the same parameter twice. Several elements may well name the same one.",
		Why:    "A server has to decline the element; ws answers 400 to the whole handshake.",
		Change: "Name each parameter once for each permessage-deflate.",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: pmdSectionOffer,
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: pmdOfferFixes, ClientSees: pmdRefused,
	If:    rules.If(rules.OfferOdd),
	Check: checkOfferDuplicate,
}

func checkOfferDuplicate(p *rules.Pass) {
	for _, x := range oddOffers(p) {
		if name := repeatedParam(&x); name != "" {
			reportOffer(p, "the offer names "+rules.Quote(name)+" twice in one element")
			return
		}
	}
}

var pmdAcceptedInvalidOffer = rules.Rule{
	ID: "pmd-accepted-invalid-offer", Family: rules.Negotiation, Title: "Server accepted although every offer was invalid",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 accepts permessage-deflate, and each offer of it has a fault.",
		Why:    "A server has to decline invalid offers. Some look at the name only.",
		Change: "Let the server leave the extension out then; mend the offer of the client.",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Warning},
	Cause: rules.NotCause, Reference: pmdSectionOffer,
	Needs: bothHeads, When: rules.On101,
	Fixes: pmdAnswerFixes, ClientSees: "Nothing by itself.",
	If:    rules.If(rules.AnswerOdd),
	Check: checkAcceptedInvalidOffer,
}

func checkAcceptedInvalidOffer(p *rules.Pass) {
	if len(oddAnswers(p)) > 0 && len(pmdOffers(p)) > 0 && len(validPMDOffers(p)) == 0 {
		p.Found(opener(p)+" accepts permessage-deflate, though no offer of it is valid", negotiated(p, extensionsField)...)
	}
}
