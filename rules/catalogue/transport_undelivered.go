package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var responseUndelivered = rules.Rule{
	ID: "response-undelivered", Family: rules.Transport, Title: "Response sent, but it never reached the client",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The server sends its 101 again and again, and no packet of the client acknowledges it. The capture has acknowledgements of the client from before. Or, seen from the client: no octet of a response came, and an acknowledgement of the server has a sequence number that says that it sent some.",
		Why:    "The server answered, as a rule with 101, and its answer is lost on the way: a firewall or an IPS drops it, it does not fit through a link on the path (of a large one that is said), the way back leads through a firewall that does not know the connection, or the client is gone. The client waits until its handshake timeout while the server counts the connection as open.",
		Change: "Capture at the other end, too: if the 101 leaves the server and does not arrive at the client, look for what drops it in between; if it arrives, its acknowledgements are lost on the way back.",
	},
	Actor: rules.Network, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9293 s3.8.1; RFC 6455 s4.1",
	Needs:     analyzer.RequestHead | analyzer.BothSides, When: rules.OnNoStatus,
	Suppresses: []string{"response-timeout", "client-gave-up", "closed-without-close-frame", "ping-unanswered", "response-head-truncated"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "capture at both ends and on each hop between them; where the answer is gone, that hop drops it: a firewall rule, an IPS signature for WebSocket, or a state table that did not see the SYN (asymmetric routing)"},
		{Product: "Linux firewall", Snippet: "conntrack -S; nft list ruleset | grep -n 'ct state invalid'   # does it drop what it takes for invalid?"},
	},
	ClientSees: "i/o timeout, timed out during opening handshake, opening handshake timed out",
	If:         rules.If(rules.NotEstablished),
	Check:      checkResponseUndelivered,
}

func checkResponseUndelivered(p *rules.Pass) {
	switch {
	case p.Response == nil:
		checkUnseenResponse(p)
	case p.Outcome != analyzer.NoResponse:
	case p.Upgraded != nil && p.Have&analyzer.ResponseHead != 0:
		reportRepeated(p, opening(p), p.Upgraded.Resent)
	case !p.Response.Complete && p.EndedBy == analyzer.ByNetwork && p.Conn.Halves[reassembly.Server].Missing == 0:
		reportRepeated(p, "answer, as far as it came,", p.Conn.Halves[reassembly.Server].Retransmissions)
	}
}

// checkUnseenResponse looks at a capture on the client's side of where the answer is
// lost: the server's numbers say that it sent one. Had the client got it, it would have
// acknowledged it, and the attempt would be incomplete.
func checkUnseenResponse(p *rules.Pass) {
	client, server := &p.Conn.Halves[reassembly.Client], &p.Conn.Halves[reassembly.Server]
	if !p.Outcome.Failed() || p.TLS != nil || !p.Conn.Ahead[reassembly.Server] || !transportDelivered(p) {
		return
	}
	p.Report(rules.Finding{
		Message: fmt.Sprintf("the server acknowledged the request, and its sequence number then lies beyond all that came from it: it sent an answer, and the client, whose last acknowledgement is %d (relative), did not get it",
			server.Acked+1),
		Evidence: []rules.Evidence{
			p.StartLine(p.Request), p.Packet(reassembly.Server, "last packet of the server", server.Last),
			p.Packet(reassembly.Client, "last packet of the client", client.Last),
		},
		Proof: rules.Practice,
	})
}

// reportRepeated reports an answer, or the beginning of one, that was sent again.
func reportRepeated(p *rules.Pass, what string, times uint32) {
	client, server := &p.Conn.Halves[reassembly.Client], &p.Conn.Halves[reassembly.Server]
	f := rules.Finding{
		Message: fmt.Sprintf("the server sent its %s and repeated it %d times within %v without an acknowledgement: the last number that the client acknowledged is %d, the head ends at %d (relative)",
			what, times, transportSpan(p.Response.Last.Time, server.LastData.Time), server.Acked+1, p.Response.End()+1),
		Evidence: []rules.Evidence{
			p.StartLine(p.Response), p.Packet(reassembly.Server, "last data", server.LastData),
			p.Packet(reassembly.Client, "last packet of the client", client.Last),
		},
		Proof: rules.Practice,
	}
	switch {
	case lacksStill(p):
		f.Proof = rules.Proved
		f.Message += "; the client is there and says that it does not have it"
	case p.Until-p.Response.Last.Time < int64(lateEnough):
		f.Proof = rules.Heuristic
	}
	if full := analyzer.FullSegment(&p.Conn); server.Acked < full && p.Response.End() >= server.Acked+full {
		f.Message += "; no packet that large got through on this connection: a link on the path may carry smaller ones only"
	}
	p.Report(f)
}

// lateEnough is how long a 101 must have been on its way for a client that says
// nothing not to be about to acknowledge it.
const lateEnough = 5 * time.Second

// lacksStill reports whether a packet of the client, sent long after the 101, does not
// acknowledge it. An RST may be that of a client that had closed the connection.
func lacksStill(p *rules.Pass) bool {
	client := &p.Conn.Halves[reassembly.Client]
	return !client.RST.Seen && client.Last.Time-p.Response.Last.Time >= int64(time.Second)
}

var requestUndelivered = rules.Rule{
	ID: "request-undelivered", Family: rules.Transport, Title: "Request sent, but it never reached the server",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The connection is set up; then the client sends its request again and again, and no packet of the server acknowledges it.",
		Why:    "The small packets of the TCP handshake pass and the request does not: a firewall or an IPS drops it for what is in it, a state table lost the connection, or the server's host went away.",
		Change: "Capture at the server's end, too: if the request does not arrive there, look for what drops it in between, such as an inspection that knows WebSocket; TLS hides the request from it.",
	},
	Actor: rules.Network, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9293 s3.8.1; RFC 6455 s4.1",
	Needs:     transportUnanswered, When: rules.OnNoStatus,
	Suppresses: []string{"response-timeout", "client-gave-up"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "capture at the server's end and on each hop until the request is gone; that hop drops it: a firewall that inspects HTTP, or a state table that lost the connection"},
		{Product: "any", Snippet: "try wss:// on port 443, which inspection cannot read"},
	},
	ClientSees: "i/o timeout, timed out during opening handshake, opening handshake timed out",
	If:         rules.If(rules.NoResponse),
	Check:      checkRequestUndelivered,
}

func checkRequestUndelivered(p *rules.Pass) {
	client, server := &p.Conn.Halves[reassembly.Client], &p.Conn.Halves[reassembly.Server]
	if !sentInVain(p) {
		return
	}
	f := rules.Finding{
		Message: fmt.Sprintf("the client sent its request and repeated it %d times within %v without an acknowledgement: the last number that the server acknowledged is %d, the request ends at %d (relative)",
			client.Retransmissions, transportSpan(p.Request.Last.Time, client.LastData.Time), client.Acked+1, p.Request.End()+1),
		Evidence: []rules.Evidence{
			p.StartLine(p.Request), p.Packet(reassembly.Client, "last data", client.LastData),
			p.Packet(reassembly.Server, "last packet of the server", server.Last),
		},
		Proof: rules.Practice,
	}
	if server.Last.Time-p.Request.Last.Time >= int64(time.Second) {
		f.Proof = rules.Proved
		f.Message += "; the server is there and says that it does not have it"
	}
	p.Report(f)
}

// sentInVain reports whether the client repeated its request for a while, and neither
// an acknowledgement nor the end of the connection came from the server.
func sentInVain(p *rules.Pass) bool {
	const often, aWhile = 3, int64(time.Second)
	client := &p.Conn.Halves[reassembly.Client]
	ended := p.EndedBy == analyzer.ByNetwork || p.EndedBy == analyzer.ByClient
	return p.Outcome.Failed() && (p.TLS == nil || p.TLS.Decrypted) && ended && !transportDelivered(p) &&
		client.Retransmissions >= often && client.LastData.Time-p.Request.Last.Time >= aWhile
}
