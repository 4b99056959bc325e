package catalogue

import (
	"slices"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// permessage-deflate and its parameters (RFC 7692 section 7). Their names
// compare octet by octet.
const (
	pmd                = "permessage-deflate"
	serverNoTakeover   = "server_no_context_takeover"
	clientNoTakeover   = "client_no_context_takeover"
	serverWindowBits   = "server_max_window_bits"
	clientWindowBits   = "client_max_window_bits"
	smallestWindow     = 8
	largestWindow      = 15
	pmdSectionOffer    = "RFC 7692 s7"
	pmdSectionTakeover = "RFC 7692 s7, s7.1.1"
)

var (
	pmdOfferFixes = []rules.Fix{
		{Product: "client", Snippet: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"},
	}
	pmdAnswerFixes = []rules.Fix{
		{Product: "server", Snippet: "answer only parameters that were offered or that RFC 7692 lets a server add, with valid values"},
		{Product: "any", Snippet: "switch compression off until the library is mended"},
	}
)

const pmdRefused = "`Unexpected response code: 400`; ws server `Invalid or unacceptable Sec-WebSocket-Extensions header`; coder `unsupported permessage-deflate parameter`"

// oddOffers gives the offers of permessage-deflate unless they are those of
// browsers, which have no fault.
func oddOffers(p *rules.Pass) []field.Extension {
	if plainOffer(p) {
		return nil
	}
	return pmdOffers(p)
}

// pmdOffers gives the offers of permessage-deflate, in the client's order of
// preference.
func pmdOffers(p *rules.Pass) []field.Extension {
	all, _ := field.ParseExtensions(p.Request.Values(extensionsField)...)
	return pmdOnly(all)
}

// oddAnswers gives the elements of the 101 that accept permessage-deflate, unless
// the answer is one that fits every offer of browsers.
func oddAnswers(p *rules.Pass) []field.Extension {
	if plainAnswer(p) {
		return nil
	}
	all, _ := field.ParseExtensions(p.Response.Values(extensionsField)...)
	return pmdOnly(all)
}

func pmdOnly(all []field.Extension) []field.Extension {
	return slices.DeleteFunc(all, func(x field.Extension) bool { return x.Name != pmd })
}

// validPMDOffers gives the offers without a fault: a server has to decline the others.
func validPMDOffers(p *rules.Pass) []field.Extension {
	return slices.DeleteFunc(pmdOffers(p), func(x field.Extension) bool { return !validPMDOffer(&x) })
}

func validPMDOffer(x *field.Extension) bool {
	for i := range x.Params {
		q := &x.Params[i]
		if unknownPMD(q) || takeoverValue(q) || badServerBits(q) || badClientBits(q) || q.HasValue && q.Value == "" {
			return false
		}
	}
	return repeatedParam(x) == ""
}

func unknownPMD(q *field.Param) bool {
	switch q.Name {
	case serverNoTakeover, clientNoTakeover, serverWindowBits, clientWindowBits:
		return false
	}
	return true
}

// takeoverValue reports a no_context_takeover parameter with a value.
func takeoverValue(q *field.Param) bool {
	return q.HasValue && (q.Name == serverNoTakeover || q.Name == clientNoTakeover)
}

// badServerBits reports a server_max_window_bits without a valid value; an empty
// one is a fault of the grammar already.
func badServerBits(q *field.Param) bool {
	_, ok := windowBits(q)
	return q.Name == serverWindowBits && !ok && !emptyValue(q)
}

// badClientBits reports a client_max_window_bits with an invalid value; none at
// all is legal in an offer.
func badClientBits(q *field.Param) bool {
	_, ok := windowBits(q)
	return q.Name == clientWindowBits && q.HasValue && !ok && !emptyValue(q)
}

func emptyValue(q *field.Param) bool { return q.HasValue && q.Value == "" }

// windowBits reads a window size: 8 to 15, without leading zero.
func windowBits(q *field.Param) (int, bool) {
	n, ok := field.Decimal(q.Value)
	if !q.HasValue || !ok || n < smallestWindow || n > largestWindow {
		return 0, false
	}
	return int(n), true
}

// repeatedParam gives the name of the first parameter that occurs twice.
func repeatedParam(x *field.Extension) string {
	for i := range x.Params {
		for j := range i {
			if x.Params[i].Name == x.Params[j].Name {
				return x.Params[i].Name
			}
		}
		if i > 64 {
			break
		}
	}
	return ""
}

// every reports whether f holds for all elements, of which there is at least one.
func every(all []field.Extension, f func(*field.Extension) bool) bool {
	for i := range all {
		if !f(&all[i]) {
			return false
		}
	}
	return len(all) > 0
}

func hasParam(name string) func(*field.Extension) bool {
	return func(x *field.Extension) bool {
		_, ok := x.Param(name)
		return ok
	}
}

// firstParam gives the first parameter of the elements for which f holds.
func firstParam(all []field.Extension, f func(*field.Param) bool) (field.Param, bool) {
	for i := range all {
		for j := range all[i].Params {
			if f(&all[i].Params[j]) {
				return all[i].Params[j], true
			}
		}
	}
	return field.Param{}, false
}

// showParam quotes a parameter as it stands.
func showParam(q field.Param) string {
	if q.HasValue {
		return rules.Quote(q.Name + "=" + q.Value)
	}
	return rules.Quote(q.Name)
}
