package catalogue

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var captureIncomplete = rules.Rule{
	ID: "capture-incomplete", Family: rules.Meta, Title: "Capture cannot support a verdict",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The capture lacks part of this attempt: a direction, the beginning, or octets inside a head. How the attempt ended cannot be read from what is left.",
		Why:    "Something that was not captured proves nothing: an answer that is not in the file may well have been sent. No root cause is given.",
		Change: "Capture both directions with full packet length, on one of the two hosts if possible, and start before the client connects.",
	},
	Actor: rules.Capture, Level: rules.Diagnosis,
	Severity:   rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference:  "RFC 9293 s3.4 (sequence numbers)",
	When:       rules.OnAlways,
	Suppresses: []string{"meta-capture-ends-early", "meta-capture-gap", "meta-capture-starts-mid-stream", "meta-one-direction-only"},
	Collects:   true,
	Fixes: []rules.Fix{
		{Product: "tcpdump", Snippet: "tcpdump -i any -s 0 -w ws.pcap 'tcp port 443 or port 53 or icmp or icmp6'"},
		{Product: "any", Snippet: "SSLKEYLOGFILE=keys.log   # browsers, curl, Node (--tls-keylog), Go (KeyLogWriter)"},
	},
	ClientSees: "nothing: this is a property of the capture",
	If:         rules.If(rules.OutcomeIncomplete),
	Check:      checkCaptureIncomplete,
}

func checkCaptureIncomplete(p *rules.Pass) {
	if p.Outcome != analyzer.Incomplete {
		return
	}
	for _, r := range []*rules.Rule{&metaOneDirectionOnly, &metaCaptureGap, &metaCaptureStartsMidStream} {
		if p.Fired(r.ID) {
			p.Found("the capture is too incomplete to tell how this attempt ended",
				p.Packet(reassembly.Client, "connection", p.Conn.First, p.Conn.Last))
			return
		}
	}
}

var metaCaptureStartsMidStream = rules.Rule{
	ID: "meta-capture-starts-mid-stream", Family: rules.Meta, Title: "Capture begins after the connection did",
	Doc: rules.Doc{
		Seen:   "The first packet of this connection is no SYN, and its first octets are not the start of a request or of a TLS connection, or what the server sends after a request is no answer.",
		Why:    "What came before is unknown: earlier requests on the connection, or the handshake itself. Rules about the beginning of the connection are left unjudged.",
		Change: "Start the capture before the client connects, or make the client reconnect.",
	},
	Actor: rules.Capture, Level: rules.Observation,
	Severity:   rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference:  "RFC 9293 s3.5 (connection setup)",
	When:       rules.OnAlways,
	ClientSees: "nothing: this is a property of the capture",
	Fixes:      []rules.Fix{{Product: "any", Snippet: "start the capture first, then restart the client"}},
	If:         rules.If(rules.NoSYN),
	Check:      checkMidStream,
}

func checkMidStream(p *rules.Pass) {
	if p.Lookup != nil || p.Conn.SYN.Seen || p.Conn.SYNACK.Seen || p.Tunnel != nil {
		return
	}
	first := p.Packet(reassembly.Client, "first packet", p.Conn.First)
	switch {
	case !metaStartsCleanly(p):
		p.Found("the first packet of the connection is no SYN, and its octets start in the middle of something", first)
	case p.Outcome == analyzer.Incomplete && p.Response == nil && p.Conn.Halves[reassembly.Server].DataPackets > 0:
		p.Found("the first packet of the connection is no SYN, and no answer can be read in what the server sent", first)
	}
}

// metaStartsCleanly reports whether the first octets that were captured are the
// client's and begin a request, a PROXY header or a TLS handshake.
func metaStartsCleanly(p *rules.Pass) bool {
	client, server := &p.Prefix[reassembly.Client], &p.Prefix[reassembly.Server]
	if p.Proxy != nil {
		return true
	}
	if len(client.Data) == 0 || len(server.Data) > 0 && server.Ref.Time < client.Ref.Time {
		return false
	}
	tls := p.TLS != nil && p.TLS.ClientHello.Seen
	return tls || http1.StartsRequest(client.Data) || isHTTP2Preface(client.Data)
}

var metaOneDirectionOnly = rules.Rule{
	ID: "meta-one-direction-only", Family: rules.Meta, Title: "Only one direction of the connection was captured",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "One side's octets are in the capture and its acknowledgements advance over octets of the other side that no captured packet carries.",
		Why:    "The other side did answer; only the capture does not show it, because of asymmetric routing or a mirror port for one direction. No rule may conclude that nothing came back.",
		Change: "Mirror both directions, or capture on one of the two hosts.",
	},
	Actor: rules.Capture, Level: rules.Observation,
	Severity:   rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference:  "RFC 9293 s3.4 (acknowledgement)",
	When:       rules.OnAlways,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "mirror both directions (SPAN rx and tx), or run tcpdump on the server itself"}},
	ClientSees: "nothing: this is a property of the capture",
	If:         rules.If(rules.OneSided),
	Check:      checkOneDirection,
}

func checkOneDirection(p *rules.Pass) {
	for _, absent := range [...]reassembly.Side{reassembly.Client, reassembly.Server} {
		gone, seen := &p.Conn.Halves[absent], &p.Conn.Halves[absent.Other()]
		lost := p.Lost&analyzer.BothSides != 0 && gone.Packets == 0 || gone.DataPackets == 0 && gone.BeyondAck
		if lost && seen.DataPackets > 0 {
			p.Found("no octets of the "+absent.String()+" were captured, although the "+absent.Other().String()+
				" acknowledged some or answered them", p.Packet(absent.Other(), "acknowledgement", seen.FirstData, seen.Last))
			return
		}
	}
}
