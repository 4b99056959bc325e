package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var metaCaptureGap = rules.Rule{
	ID: "meta-capture-gap", Family: rules.Meta, Title: "Bytes missing inside a handshake head",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A request or response head begins in the capture, but octets between its first line and its empty line were not captured: a packet is missing, or the snap length cut it. In HTTP/2, where a head can be read only if all before it were, octets of the server are missing before its answer.",
		Why:    "This says nothing about either peer, which got the octets. Every rule that would have to see the whole head is left unjudged.",
		Change: "Capture again with the full packet length, a larger buffer and no drops; switch receive offload off on the capturing host.",
	},
	Actor: rules.Capture, Level: rules.Observation,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "RFC 9293 s3.4 (sequence numbers)",
	When:      rules.OnAlways,
	Fixes: []rules.Fix{
		{Product: "tcpdump", Snippet: "tcpdump -s 0 -B 8192 -w ws.pcap 'tcp port 443'"},
	},
	ClientSees: "nothing: this is a property of the capture",
	If:         rules.If(rules.RequestCut, rules.ResponseCut, rules.OutcomeIncomplete),
	Check:      checkCaptureGap,
}

func checkCaptureGap(p *rules.Pass) {
	if server := &p.Conn.Halves[reassembly.Server]; p.HTTP2 != nil && p.HTTP2.Lost[reassembly.Server] && p.Response == nil && server.Missing+server.Cut > 0 {
		p.Found("octets of the server were not captured, and what it said in HTTP/2 after them cannot be read",
			p.Packet(reassembly.Server, "octets of the server", server.FirstData, server.LastData))
	}
	for _, m := range []*analyzer.Message{p.Request, p.Response} {
		if m == nil || m.Complete || m.Why != http1.StopGap {
			continue
		}
		what := "was not captured"
		if p.Conn.Halves[m.From].Cut > 0 {
			what = "was cut off by the snap length"
		}
		p.Found(fmt.Sprintf("the %s head %s after %d octets", metaHeadName(m), what, len(m.Raw)),
			p.Span(m, http1.SpanOf(0, len(m.Raw)), "incomplete head", ""))
	}
}

func metaHeadName(m *analyzer.Message) string {
	if m.Kind == http1.Request {
		return "request"
	}
	return "response"
}
