package catalogue

import (
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var authTokenSubprotocolNotEchoed = rules.Rule{
	ID: "auth-token-subprotocol-not-echoed", Family: rules.Auth, Title: "Token sent as a subprotocol and the 101 does not answer it",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The client offers a credential among its subprotocols and the 101 selects none of them, or repeats the credential itself.",
		Why:    "A page that hands a list of subprotocols to the browser gets an error when the server selects none: the browser closes the connection right after the 101. A server that repeats the token puts a secret into its response.",
		Change: "Let the client offer a label next to the token and let the server select the label, never the token.",
		Before: "Sec-WebSocket-Protocol: bearer, eyJhbGciOi...\n\nHTTP/1.1 101 Switching Protocols",
		After:  "Sec-WebSocket-Protocol: bearer, eyJhbGciOi...\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: bearer",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: rules.Ends(analyzer.EndingClientLeft),
	Reference: "RFC 6455 s4.2.2 step 5; WHATWG WebSockets, establish a WebSocket connection",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.On101,
	Suppresses: []string{"auth-token-in-subprotocol", "request-subprotocol-invalid-token", "subprotocol-not-selected"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "Sec-WebSocket-Protocol: bearer  # in the 101: the label, never the token"},
		{Product: "browser", Snippet: "new WebSocket(url, ['bearer', tokenInBase64url])"},
		{Product: "Kubernetes", Snippet: "offer base64url.bearer.authorization.k8s.io.<token> and a channel protocol such as v5.channel.k8s.io"},
	},
	ClientSees: "Chrome `Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received`; ws `Server sent no subprotocol`",
	If:         rules.If(rules.SubprotocolOffered),
	Check:      checkTokenNotEchoed,
}

func checkTokenNotEchoed(p *rules.Pass) {
	if !p.Request.Has(subprotocolField) || plainChoice(p) && len(onlyLine(p.Request, subprotocolField)) < shortToken || !offersToken(p) {
		return
	}
	switch selected := p.List(p.Response, subprotocolField); {
	case !p.Response.Has(subprotocolField):
		p.Report(rules.Finding{
			Message:  "the client offers a credential as a subprotocol and " + opener(p) + " selects none: browsers and ws close",
			Evidence: append(p.Fields(p.Request, subprotocolField), p.Head(p.Response, subprotocolField)),
			Proof:    refusalProof(p),
		})
	case p.Outcome == analyzer.Established && anySecret(selected):
		p.Found(opener(p)+" repeats the credential that the client offered as a subprotocol",
			append(p.Fields(p.Request, subprotocolField), p.Fields(p.Response, subprotocolField)...)...)
	}
}

// shortToken is below the length of any secret; names up to it are taken for
// labels where they are selected as they should be.
const shortToken = 24

// offersToken reports whether an offered subprotocol looks like a credential.
func offersToken(p *rules.Pass) bool {
	for _, e := range p.List(p.Request, subprotocolField) {
		if rules.LooksLikeToken(e.Text) {
			return true
		}
	}
	return false
}

// anySecret reports whether an element is a secret and not merely the label of one.
func anySecret(list []field.Element) bool {
	const label = 16 // "authorization", "access_token", "bearer"
	for _, e := range list {
		if len(e.Text) > label && rules.LooksLikeToken(e.Text) {
			return true
		}
	}
	return false
}

// refusalProof is how sure it is that a client left because its offers of
// subprotocols were ignored: the text for browsers demands it, and a client that
// does so does it at once. Firefox opens the connection all the same.
func refusalProof(p *rules.Pass) rules.Proof {
	if p.Have&(analyzer.Frames|analyzer.TCPClose) != analyzer.Frames|analyzer.TCPClose {
		return rules.Practice
	}
	left, ok := p.ClientLeftAfter101()
	if ok && left.After <= time.Second && !isFirefox(p) {
		return rules.Mandated
	}
	return rules.Practice
}
