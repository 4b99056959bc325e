package catalogue

import (
	"bytes"
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var subprotocolGraphQLMismatch = rules.Rule{
	ID: "subprotocol-graphql-mismatch", Family: rules.Negotiation, Title: "graphql-ws and graphql-transport-ws confused",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The client offers one of the two GraphQL subprotocols and the server selects the other or none, closes with 4406, or the first messages belong to the other one.",
		Why:    "The library called graphql-ws speaks graphql-transport-ws; the subprotocol graphql-ws belongs to the older subscriptions-transport-ws. They do not understand one another.",
		Change: "Let both sides use the same subprotocol, best graphql-transport-ws, or let the server serve both.",
		Before: "Sec-WebSocket-Protocol: graphql-transport-ws\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: graphql-ws", After: "Sec-WebSocket-Protocol: graphql-transport-ws\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: graphql-transport-ws",
	},
	Actor: rules.Any, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Endings: rules.CloseCodes(4406),
	Reference: "RFC 6455 s1.9, s4.1 (response step 6)",
	Needs:     bothHeads, When: rules.On101,
	Suppresses: []string{
		"client-rejected-valid-101", "early-close-protocol-error", "post-close-other", "response-subprotocol-unoffered",
		"subprotocol-not-selected",
	},
	Fixes: []rules.Fix{
		{Product: "ws (npm)", Snippet: "new WebSocketServer({ handleProtocols: (p) => p.has('graphql-transport-ws') ? 'graphql-transport-ws' : p.has('graphql-ws') ? 'graphql-ws' : false })"},
		{Product: "Apollo iOS", Snippet: "WebSocket(url: url, protocol: .graphql_transport_ws)"},
	},
	ClientSees: "Chrome `'Sec-WebSocket-Protocol' header value 'graphql-ws' in response does not match any of sent values`; Apollo iOS `Subprotocol not acceptable, code: 4406`",
	If:         rules.If(rules.SubprotocolOffered),
	Check:      checkGraphQL,
}

// The two subprotocols of GraphQL over WebSocket.
const (
	graphQLOld = "graphql-ws"           // of subscriptions-transport-ws
	graphQLNew = "graphql-transport-ws" // of the library graphql-ws
)

func checkGraphQL(p *rules.Pass) {
	if !p.Request.Has(subprotocolField) {
		return
	}
	before, now := offered(p, graphQLOld), offered(p, graphQLNew)
	if before == now {
		return
	}
	mine, other := graphQLOld, graphQLNew
	if now {
		mine, other = graphQLNew, graphQLOld
	}
	name, _ := selected(p)
	switch c := serverClose(p); {
	case name == other && !offered(p, other):
		if clientCouldObject(p) {
			reportGraphQL(p, rules.Server, left101(p), fmt.Sprintf("the client offers %s and the server selects %s", mine, other))
		}
	case c != nil && c.Code == 4406:
		reportGraphQL(p, rules.Client, rules.Stated,
			fmt.Sprintf("the server closed with 4406 %s; the client offers %s", rules.Quote(string(c.Reason)), mine), p.Close(reassembly.Server, c))
	case name == "" && p.Ending.Kind == analyzer.EndingClientLeft && clientCouldObject(p):
		reportGraphQL(p, rules.Server, refusalProof(p), fmt.Sprintf("the client offers %s and the server selects nothing; it may only know %s", mine, other))
	case name == mine:
		checkGraphQLDialect(p, mine, other)
	}
}

func reportGraphQL(p *rules.Pass, actor rules.Actor, proof rules.Proof, message string, more ...rules.Evidence) {
	p.Report(rules.Finding{
		Actor: actor, Proof: proof, Message: message, Evidence: append(negotiated(p, subprotocolField), more...),
	})
}

// checkGraphQLDialect judges the first messages of the client: start belongs to
// the old subprotocol, subscribe to the new one.
func checkGraphQLDialect(p *rules.Pass, mine, other string) {
	if p.Upgraded == nil {
		return
	}
	wrong := []byte(`"type":"start"`)
	if mine == graphQLOld {
		wrong = []byte(`"type":"subscribe"`)
	}
	list := p.Upgraded.Messages(reassembly.Client)
	for i := range list {
		f := &list[i]
		if bytes.Contains(withoutBlanks(f.Payload), wrong) {
			reportGraphQL(p, rules.Client, rules.Heuristic,
				fmt.Sprintf("%s was agreed on, and the client sends a message of %s", mine, other), p.Frame(reassembly.Client, f))
			return
		}
	}
}

// withoutBlanks removes the blanks that a JSON text may have anywhere.
func withoutBlanks(b []byte) []byte {
	return bytes.Join(bytes.Fields(b), nil)
}
