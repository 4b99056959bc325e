package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// reportAnswer reports a fault of what the 101 accepts.
func reportAnswer(p *rules.Pass, message string) {
	if clientCouldObject(p) {
		p.Report(rules.Finding{Message: message, Evidence: negotiated(p, extensionsField), Proof: left101(p)})
	}
}

// checkAnswer gives the check that reports the first parameter of the answer for
// which f holds.
func checkAnswer(f func(*field.Param) bool, what string) func(*rules.Pass) {
	return func(p *rules.Pass) {
		if q, ok := firstParam(oddAnswers(p), f); ok {
			reportAnswer(p, opener(p)+" accepts permessage-deflate with "+showParam(q)+": "+what)
		}
	}
}

var pmdResponseClientBitsInvalid = rules.Rule{
	ID: "pmd-response-client-bits-invalid", Family: rules.Negotiation, Title: "Accepted client_max_window_bits invalid",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "client_max_window_bits in the 101 is not 8 to 15, or begins with a zero.",
		Why:    "The client has to fail the connection.",
		Change: "Answer a value from 8 to 15 without a leading zero.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=7", After: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s7, s7.1.2.2",
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkAnswer(badClientBits, "a window is 8 to 15"),
}

var pmdResponseClientBitsNoValue = rules.Rule{
	ID: "pmd-response-client-bits-no-value", Family: rules.Negotiation, Title: "client_max_window_bits accepted without value",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "client_max_window_bits in the 101 has no value.",
		Why:    "Only an offer may leave the value out; an answer has to name the window. Clients fail the connection.",
		Change: "Answer with a value, or leave the parameter out.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", After: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s7.1.2.2",
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes,
	ClientSees: "Chrome `Error in permessage-deflate: client_max_window_bits must have value`; ws `Invalid value for parameter`",
	If:         rules.If(rules.AnswerOdd),
	Check:      checkAnswer(func(q *field.Param) bool { return q.Name == clientWindowBits && !q.HasValue }, "an answer needs the value"),
}

var pmdResponseClientBitsUnoffered = rules.Rule{
	ID: "pmd-response-client-bits-unoffered", Family: rules.Negotiation, Title: "client_max_window_bits accepted but not offered",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 accepts client_max_window_bits, and no valid offer names it.",
		Why:    "A client that does not offer the parameter cannot limit its window, and has to fail the connection.",
		Change: "Leave the parameter out unless the client offered it.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12", After: "Sec-WebSocket-Extensions: permessage-deflate\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Extensions: permessage-deflate",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s7.1.2.2",
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkClientBitsUnoffered,
}

func checkClientBitsUnoffered(p *rules.Pass) {
	q, ok := firstParam(oddAnswers(p), func(q *field.Param) bool { return q.Name == clientWindowBits })
	if !ok {
		return
	}
	for _, x := range validPMDOffers(p) {
		if _, there := x.Param(clientWindowBits); there {
			return
		}
	}
	reportAnswer(p, opener(p)+" accepts "+showParam(q)+", which no valid offer names")
}

var pmdResponseClientBitsAboveHint = rules.Rule{
	ID: "pmd-response-client-bits-above-hint", Family: rules.Negotiation, Title: "Accepted client window above the client's hint",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The client names a value with client_max_window_bits, and the 101 answers a larger one.",
		Why:    "It is legal: the value of an offer is a hint, and the client keeps its smaller window. Some clients (Python websockets) fail the connection all the same.",
		Change: "Answer at most the value of the offer.",
	},
	Actor: rules.Server, Level: rules.ClientPractice, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Cause: rules.NotCause, Reference: "RFC 7692 s7.1.2.2",
	Needs: bothHeads, When: rules.On101,
	Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkClientBitsHint,
}

func checkClientBitsHint(p *rules.Pass) {
	q, ok := firstParam(oddAnswers(p), func(q *field.Param) bool { return q.Name == clientWindowBits })
	n, valid := windowBits(&q)
	if !ok || !valid {
		return
	}
	hint := 0
	for _, x := range validPMDOffers(p) {
		if o, there := x.Param(clientWindowBits); there {
			bits, given := windowBits(&o)
			if !given {
				return // no value: any will do
			}
			hint = max(hint, bits)
		}
	}
	if hint > 0 && n > hint {
		p.Found(fmt.Sprintf("%s accepts a client window of %d bits; the client hinted at %d", opener(p), n, hint), negotiated(p, extensionsField)...)
	}
}

var pmdResponseServerBitsInvalid = rules.Rule{
	ID: "pmd-response-server-bits-invalid", Family: rules.Negotiation, Title: "Accepted server_max_window_bits invalid",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "server_max_window_bits in the 101 has no value, one that is not 8 to 15, or one with a leading zero.",
		Why:    "The client has to fail the connection. A valid value that the client did not ask for is legal.",
		Change: "Answer a value from 8 to 15 without a leading zero.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits", After: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s7, s7.1.2.1",
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkAnswer(badServerBits, "a window is 8 to 15, and the value is required"),
}

var pmdResponseServerBitsMissing = rules.Rule{
	ID: "pmd-response-server-bits-missing", Family: rules.Negotiation, Title: "Requested server window not acknowledged",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Every valid offer asks for server_max_window_bits, and the 101 accepts permessage-deflate without it.",
		Why:    "The client has no memory for a larger window. A server that accepts has to confirm the limit, or decline; the client fails the connection otherwise.",
		Change: "Repeat server_max_window_bits with a value not above the one asked for, or leave the extension out.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Extensions: permessage-deflate", After: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s7.1.2.1, s5",
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: func(p *rules.Pass) { checkUnconfirmed(p, serverWindowBits) },
}

var pmdResponseServerTakeoverMissing = rules.Rule{
	ID: "pmd-response-server-takeover-missing", Family: rules.Negotiation, Title: "Requested server_no_context_takeover not acknowledged",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Every valid offer asks for server_no_context_takeover, and the 101 accepts permessage-deflate without it.",
		Why:    "A server that accepts has to confirm it, or decline; clients fail the connection otherwise. client_no_context_takeover, in contrast, is a mere hint.",
		Change: "Repeat server_no_context_takeover, or leave the extension out.",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s7.1.1.1, s5",
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: func(p *rules.Pass) { checkUnconfirmed(p, serverNoTakeover) },
}

// checkUnconfirmed reports a parameter that every valid offer asks for and that
// the answer leaves out.
func checkUnconfirmed(p *rules.Pass, name string) {
	answers := oddAnswers(p)
	if len(answers) == 0 || hasParam(name)(&answers[0]) || !every(validPMDOffers(p), hasParam(name)) {
		return
	}
	reportAnswer(p, "every offer asks for "+name+", and "+opener(p)+" accepts permessage-deflate without it")
}

var pmdResponseServerBitsTooLarge = rules.Rule{
	ID: "pmd-response-server-bits-too-large", Family: rules.Negotiation, Title: "Accepted server window larger than requested",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "server_max_window_bits in the 101 is larger than in every valid offer.",
		Why:    "The client has no memory for it and has to fail the connection.",
		Change: "Answer a window not larger than the one asked for, or leave the extension out.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s7.1.2.1, s5",
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkServerBitsLarge,
}

func checkServerBitsLarge(p *rules.Pass) {
	q, ok := firstParam(oddAnswers(p), func(q *field.Param) bool { return q.Name == serverWindowBits })
	n, valid := windowBits(&q)
	if !ok || !valid {
		return
	}
	smaller := func(x *field.Extension) bool {
		o, there := x.Param(serverWindowBits)
		asked, given := windowBits(&o)
		return there && given && asked < n
	}
	if every(validPMDOffers(p), smaller) {
		reportAnswer(p, fmt.Sprintf("%s accepts a server window of %d bits, more than any offer allows", opener(p), n))
	}
}

var pmdResponseTakeoverHasValue = rules.Rule{
	ID: "pmd-response-takeover-has-value", Family: rules.Negotiation, Title: "no_context_takeover accepted with a value",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "server_no_context_takeover or client_no_context_takeover in the 101 has a value.",
		Why:    "These parameters have none, and the client has to fail the connection.",
		Change: "Answer the bare name.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover=1", After: "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: pmdSectionTakeover,
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkAnswer(takeoverValue, "the parameter has no value"),
}

var pmdResponseUnknownParam = rules.Rule{
	ID: "pmd-response-unknown-param", Family: rules.Negotiation, Title: "permessage-deflate response has an unknown parameter",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 accepts permessage-deflate with a parameter that is none of the four of RFC 7692.",
		Why:    "The client cannot know what was agreed on and has to fail the connection.",
		Change: "Answer only with the parameters of RFC 7692.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; foo", After: "Sec-WebSocket-Extensions: permessage-deflate",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: pmdSectionOffer,
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkAnswer(unknownPMD, "permessage-deflate does not know it"),
}

var pmdResponseDuplicateParam = rules.Rule{
	ID: "pmd-response-duplicate-param", Family: rules.Negotiation, Title: "permessage-deflate response repeats a parameter",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 accepts permessage-deflate and names the same parameter twice.",
		Why:    "The client has to fail the connection.",
		Change: "Answer each parameter once.",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: pmdSectionOffer,
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkAnswerDuplicate,
}

func checkAnswerDuplicate(p *rules.Pass) {
	for _, x := range oddAnswers(p) {
		if name := repeatedParam(&x); name != "" {
			reportAnswer(p, opener(p)+" names "+rules.Quote(name)+" twice")
			return
		}
	}
}

var pmdWindowBits8 = rules.Rule{
	ID: "pmd-window-bits-8", Family: rules.Negotiation, Title: "Window of 256 octets agreed on",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 agrees on a window of 8 bits for one of the directions.",
		Why:    "It is legal, but zlib cannot make raw deflate streams of that window and uses 9 bits instead; .NET knows 9 to 15 only. The other side may fail to inflate the first message.",
		Change: "Use 9 bits or more.",
	},
	Actor: rules.Server, Level: rules.ClientPractice, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Cause: rules.NotCause, Reference: "RFC 7692 s7.1.2",
	Needs: analyzer.ResponseHead, When: rules.On101,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9"}},
	ClientSees: "Nothing by itself; inflate errors or Close 1007 later.",
	If:         rules.If(rules.AnswerOdd),
	Check:      checkWindow8,
}

func checkWindow8(p *rules.Pass) {
	q, ok := firstParam(oddAnswers(p), func(q *field.Param) bool {
		n, valid := windowBits(q)
		return valid && n == smallestWindow && (q.Name == serverWindowBits || q.Name == clientWindowBits)
	})
	if ok {
		p.Found(opener(p)+" agrees on "+showParam(q)+": zlib cannot make that window", p.Fields(p.Response, extensionsField)...)
	}
}
