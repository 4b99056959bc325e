package catalogue

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var requestExtensionsMalformed = rules.Rule{
	ID: "request-extensions-malformed", Family: rules.Negotiation, Title: "Sec-WebSocket-Extensions offer malformed",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The offer is no list of names with parameters: a name is missing or no token, a value is empty, a quote is not closed.",
		Why:    "A server has to fail the handshake when it cannot read the list; ws answers 400.",
		Change: "Write name; parameter=value, with commas between extensions, or offer none.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; =10", After: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s9.1, s4.3",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{
		"pmd-offer-client-bits-invalid", "pmd-offer-duplicate-param", "pmd-offer-server-bits-invalid",
		"pmd-offer-takeover-has-value", "pmd-offer-unknown-param",
	},
	Fixes: pmdOfferFixes, ClientSees: pmdRefused,
	If:    rules.If(rules.OfferOdd),
	Check: checkOfferGrammar,
}

func checkOfferGrammar(p *rules.Pass) {
	if plainOffer(p) {
		return
	}
	values := p.Request.Values(extensionsField)
	all, faults := field.ParseExtensions(values...)
	for _, f := range faults {
		if quotedFault(values, f) || f.Kind == field.EmptyElement && len(all) > 0 {
			continue
		}
		p.Found(fmt.Sprintf("the offer %s cannot be read: %s", quoteAll(p.Request, extensionsField), extensionFault(f)),
			p.Fields(p.Request, extensionsField)...)
		return
	}
}

// quotedFault reports whether a fault is that of a value in quotes that is no
// token, which has a rule of its own.
func quotedFault(values []string, f field.Fault) bool {
	if f.Kind != field.BadValue {
		return false
	}
	_, value, ok := strings.Cut(values[f.Line][f.Start:f.End], "=")
	return ok && strings.HasPrefix(strings.TrimLeft(value, " \t"), `"`)
}

func extensionFault(f field.Fault) string {
	switch f.Kind {
	case field.EmptyElement:
		return "it names no extension"
	case field.BadName:
		return "a name is missing or no token"
	case field.MissingValue:
		return "a value is missing behind ="
	case field.BadValue:
		return "a value is no token"
	case field.EmptyParam:
		return "a parameter is missing behind a semicolon"
	case field.OpenQuote:
		return "a quote is not closed"
	}
	return "something follows a quoted value"
}

var responseExtensionsMalformed = rules.Rule{
	ID: "response-extensions-malformed", Family: rules.Negotiation, Title: "Sec-WebSocket-Extensions response malformed",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Sec-WebSocket-Extensions in the 101 is no list of names with parameters, or holds an empty value.",
		Why:    "The client cannot read what was agreed on and has to fail the connection.",
		Change: "Write name; parameter=value, with commas between extensions.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=", After: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s9.1",
	Needs: bothHeads, When: rules.On101,
	Suppresses: []string{
		"pmd-response-client-bits-invalid", "pmd-response-duplicate-param", "pmd-response-server-bits-invalid",
		"pmd-response-takeover-has-value", "pmd-response-unknown-param",
	},
	Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkAnswerGrammar,
}

func checkAnswerGrammar(p *rules.Pass) {
	if plainAnswer(p) {
		return
	}
	values := p.Response.Values(extensionsField)
	_, faults := field.ParseExtensions(values...)
	for _, f := range faults {
		if !quotedFault(values, f) && f.Kind != field.EmptyElement {
			reportAnswer(p, fmt.Sprintf("the answer %s cannot be read: %s", quoteAll(p.Response, extensionsField), extensionFault(f)))
			return
		}
	}
}

var extensionQuotedValueNotToken = rules.Rule{
	ID: "extension-quoted-value-not-token", Family: rules.Negotiation, Title: "Quoted extension value is not a token after unquoting",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A parameter of an extension is in quotes, and what they hold is empty or no token.",
		Why:    "Quotes may be written around a value only if it would do without them. The side that reads it has to fail the connection.",
		Change: "Put only token characters inside the quotes, or leave the quotes out.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate; x=\"a b\"",
	},
	Actor: rules.Any, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.3, s9.1; erratum 6997 (reported)",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10"}},
	ClientSees: pmdRefused,
	If:         rules.If(rules.OfferOdd, rules.AnswerOdd),
	Check:      checkQuotedValues,
}

func checkQuotedValues(p *rules.Pass) {
	if !plainOffer(p) && hasQuotedFault(p.Request) {
		p.Report(rules.Finding{
			Actor: rules.Client, Message: "the offer " + quoteAll(p.Request, extensionsField) + " holds a quoted value that is no token",
			Evidence: p.Fields(p.Request, extensionsField),
		})
	}
	if p.Status() == statusSwitchingProtocols && p.Response.Complete && hasQuotedFault(p.Response) && clientCouldObject(p) {
		p.Report(rules.Finding{
			Actor: rules.Server, Message: "the answer " + quoteAll(p.Response, extensionsField) + " holds a quoted value that is no token",
			Evidence: p.Fields(p.Response, extensionsField), Proof: left101(p),
		})
	}
}

func hasQuotedFault(m *analyzer.Message) bool {
	if bytes.IndexByte(m.Raw, '"') < 0 {
		return false
	}
	values := m.Values(extensionsField)
	_, faults := field.ParseExtensions(values...)
	return slices.ContainsFunc(faults, func(f field.Fault) bool { return quotedFault(values, f) })
}

var responseExtensionDuplicate = rules.Rule{
	ID: "response-extension-duplicate", Family: rules.Negotiation, Title: "Same extension accepted twice",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 names one extension twice. In a request that is legal: the elements are alternatives.",
		Why:    "An answer says what is in use; the second element contradicts the first. Clients fail the connection.",
		Change: "Answer each extension once: the first alternative that the server can do.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate", After: "Sec-WebSocket-Extensions: permessage-deflate",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s5",
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes,
	ClientSees: "Chrome `Received duplicate permessage-deflate response`",
	If:         rules.If(rules.AnswerOdd),
	Check:      checkExtensionDuplicate,
}

func checkExtensionDuplicate(p *rules.Pass) {
	if plainAnswer(p) {
		return
	}
	all, _ := field.ParseExtensions(p.Response.Values(extensionsField)...)
	for i := range all {
		if named(all[:i], all[i].Name) {
			reportAnswer(p, opener(p)+" accepts "+rules.Quote(all[i].Name)+" twice")
			return
		}
	}
}

var responseExtensionRSVConflict = rules.Rule{
	ID: "response-extension-rsv-conflict", Family: rules.Negotiation, Title: "Accepted extensions compete for RSV1",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 accepts permessage-deflate together with another extension that uses the RSV1 bit of frames.",
		Why:    "The bit can mean one thing only. Clients fail the connection.",
		Change: "Accept one compression extension only.",
		Before: "Sec-WebSocket-Extensions: permessage-deflate, x-webkit-deflate-frame", After: "Sec-WebSocket-Extensions: permessage-deflate",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s5",
	Needs: bothHeads, When: rules.On101, Fixes: pmdAnswerFixes, ClientSees: seesExtension,
	If:    rules.If(rules.AnswerOdd),
	Check: checkRSVConflict,
}

// rsv1Users are further extensions that use RSV1.
var rsv1Users = [...]string{"deflate-frame", "x-webkit-deflate-frame", "permessage-bzip2", "permessage-snappy", "deflate-stream"}

func checkRSVConflict(p *rules.Pass) {
	if plainAnswer(p) {
		return
	}
	all, _ := field.ParseExtensions(p.Response.Values(extensionsField)...)
	if !named(all, pmd) {
		return
	}
	for i := range all {
		if slices.Contains(rsv1Users[:], all[i].Name) {
			reportAnswer(p, opener(p)+" accepts permessage-deflate and "+rules.Quote(all[i].Name)+", which both use RSV1")
			return
		}
	}
}

var extensionOfferRejected = rules.Rule{
	ID: "extension-offer-rejected", Family: rules.Negotiation, Title: "Server refuses the handshake because of the extension offer",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The offer of extensions is in order, the server answers 400 or 500, and its body names the extension or a parameter of it.",
		Why:    "A server that does not like an offer ought to leave the extension out of its answer. This one fails instead.",
		Change: "Update the server. Until then offer `permessage-deflate; client_max_window_bits` only, or no extension.",
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 7692 s5.1, s7.1",
	Needs: bothHeads | analyzer.ResponseBody, When: rules.OnFinal,
	Suppresses: []string{"response-400-unexplained", "response-500"},
	Fixes: []rules.Fix{
		{Product: "client", Snippet: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"},
		{Product: "ws (npm)", Snippet: "new WebSocket(url, { perMessageDeflate: false })"},
	},
	ClientSees: pmdRefused,
	If:         rules.If(rules.Status400, rules.Status500),
	Check:      checkOfferRejected,
}

func checkOfferRejected(p *rules.Pass) {
	if s := p.Status(); s != statusBadRequest && s != statusInternalServerError || !p.Request.Has(extensionsField) {
		return
	}
	_, faults := field.ParseExtensions(p.Request.Values(extensionsField)...)
	if len(faults) > 0 || len(validPMDOffers(p)) < len(pmdOffers(p)) || !bodyNamesExtension(p) {
		return
	}
	p.Report(rules.Finding{
		Message:  "the offer " + quoteAll(p.Request, extensionsField) + " is in order, and the body names it as the reason",
		Evidence: append(p.Fields(p.Request, extensionsField), p.StartLine(p.Response), p.BodyEvidence(p.BodyText())),
		Proof:    rules.Stated,
	})
}

func bodyNamesExtension(p *rules.Pass) bool {
	for _, s := range [...]string{pmd, "sec-websocket-extensions", "max_window_bits", "no_context_takeover"} {
		if p.BodyHasFold(s) {
			return true
		}
	}
	return false
}
