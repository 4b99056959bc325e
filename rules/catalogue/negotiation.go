package catalogue

import (
	"fmt"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// negotiationRules lists the rules of family Negotiation.
var negotiationRules = []*rules.Rule{
	&extensionDeflateParamInvalid,
	&extensionOfferRejected,
	&extensionQuotedValueNotToken,
	&pmdAcceptedInvalidOffer,
	&pmdOfferClientBitsInvalid,
	&pmdOfferDuplicateParam,
	&pmdOfferServerBitsInvalid,
	&pmdOfferTakeoverHasValue,
	&pmdOfferUnknownParam,
	&pmdResponseClientBitsAboveHint,
	&pmdResponseClientBitsInvalid,
	&pmdResponseClientBitsNoValue,
	&pmdResponseClientBitsUnoffered,
	&pmdResponseDuplicateParam,
	&pmdResponseServerBitsInvalid,
	&pmdResponseServerBitsMissing,
	&pmdResponseServerBitsTooLarge,
	&pmdResponseServerTakeoverMissing,
	&pmdResponseTakeoverHasValue,
	&pmdResponseUnknownParam,
	&pmdWindowBits8,
	&requestExtensionsMalformed,
	&requestSubprotocolDuplicate,
	&requestSubprotocolEmpty,
	&requestSubprotocolInvalidToken,
	&responseExtensionDuplicate,
	&responseExtensionRSVConflict,
	&responseExtensionUnoffered,
	&responseExtensionsEmpty,
	&responseExtensionsMalformed,
	&responseSubprotocolCase,
	&responseSubprotocolEmpty,
	&responseSubprotocolInvalidToken,
	&responseSubprotocolMultiple,
	&responseSubprotocolUnoffered,
	&responseSubprotocolWithoutOffer,
	&subprotocolGraphQLMismatch,
	&subprotocolK8sChannel,
	&subprotocolMalformed,
	&subprotocolNotSelected,
	&subprotocolRequiredMissing,
	&clientRejectedValid101,
}

// Fields of the negotiation.
const (
	subprotocolField = "Sec-WebSocket-Protocol"
	extensionsField  = "Sec-WebSocket-Extensions"
)

const (
	seesSubprotocol = "Chrome `'Sec-WebSocket-Protocol' header value ... in response does not match any of sent values`; ws `Server sent an invalid subprotocol`"
	seesExtension   = "Chrome `Found an unsupported extension` or `Error in permessage-deflate`; ws `Invalid Sec-WebSocket-Extensions header`"
)

var oneSubprotocolFixes = []rules.Fix{
	{Product: "server", Snippet: "pick one name of the client's list and send exactly that, or leave Sec-WebSocket-Protocol out"},
	{Product: "nginx", Snippet: "remove add_header Sec-WebSocket-Protocol"},
}

// leftAfter is how soon a client that objects to a 101 leaves.
const leftAfter = 2 * time.Second

// clientCouldObject reports whether what the 101 says can still be why the
// attempt ended: the client ended it, and soon. An attempt that did not end
// counts, too.
func clientCouldObject(p *rules.Pass) bool {
	switch p.Ending.Kind {
	case analyzer.EndingClientLeft:
		left, ok := p.ClientLeftAfter101()
		return !ok || left.After <= leftAfter
	case analyzer.EndingClose:
		return p.Ending.From == analyzer.ByClient
	case analyzer.EndingDropped:
		return false
	}
	return true
}

// offers gives the subprotocols that the request offers.
func offers(p *rules.Pass) []field.Element { return p.List(p.Request, subprotocolField) }

func offered(p *rules.Pass, name string) bool {
	for _, e := range offers(p) {
		if e.Text == name {
			return true
		}
	}
	return false
}

// selected gives the one subprotocol that the 101 selects; ok only if there is
// exactly one line with one name.
func selected(p *rules.Pass) (name string, ok bool) {
	if len(p.Response.Lookup(subprotocolField)) != 1 {
		return "", false
	}
	name = p.Response.Get(subprotocolField)
	return name, name != "" && !strings.Contains(name, ",")
}

// showName quotes a subprotocol name, or says how long it is if it may be a
// credential.
func showName(name string) string {
	if rules.LooksLikeToken(name) {
		return fmt.Sprintf("a name of %d octets that looks like a credential", len(name))
	}
	return rules.Quote(name)
}

// showNames shows a list of names, at most four.
func showNames(list []field.Element) string {
	var names []string
	for i, e := range list {
		if i == 4 {
			names = append(names, "...")
			break
		}
		names = append(names, showName(e.Text))
	}
	return strings.Join(names, ", ")
}

// negotiated gives the lines of a field in both heads, or what shows its absence.
func negotiated(p *rules.Pass, name string) []rules.Evidence {
	asked := p.Fields(p.Request, name)
	if len(asked) == 0 {
		asked = []rules.Evidence{p.Head(p.Request, name)}
	}
	return append(head101(p, name), asked...)
}

// serverClose gives the Close frame of the server, nil if there is none.
func serverClose(p *rules.Pass) *analyzer.Close {
	if p.Upgraded == nil {
		return nil
	}
	return p.Upgraded.Closes[reassembly.Server]
}
