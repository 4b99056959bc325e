package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var metaCaptureEndsEarly = rules.Rule{
	ID: "meta-capture-ends-early", Family: rules.Meta, Title: "Capture ends before the attempt did",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The capture ends inside a head, or after a request and before its answer, sooner than a silent server counts as one that does not answer.",
		Why:    "The rest may have come a moment later. How the attempt ended cannot be told, and nobody is to blame for it.",
		Change: "Let the capture run until the client has its answer or has given up. Of a ring buffer, read the next file along with this one.",
	},
	Actor: rules.Capture, Level: rules.Observation,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "RFC 9112 s9.2 (a response is matched with its request by order)",
	When:      rules.OnAlways,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "stop the capture only after the client has reported its error"},
		{Product: "tcpdump", Snippet: "handshark analyze ws.pcap0 ws.pcap1   # the files of a ring buffer (-C, -W) together"},
	},
	ClientSees: "nothing: this is a property of the capture",
	If:         rules.If(rules.OutcomeIncomplete),
	Check:      checkCaptureEnds,
}

func checkCaptureEnds(p *rules.Pass) {
	if p.Outcome != analyzer.Incomplete || !p.AtEnd || p.Request == nil {
		return
	}
	last := p.Request
	if p.Response != nil {
		last = p.Response
	}
	switch {
	case last.Why == http1.StopOpen:
		p.Found(fmt.Sprintf("the capture ends inside the %s head, after %d octets of it", metaHeadName(last), len(last.Raw)),
			p.Span(last, http1.SpanOf(0, len(last.Raw)), "incomplete head", ""))
	case p.Response == nil && p.Request.Complete && !p.Missed(reassembly.Server) && p.Until-p.Request.Last.Time < p.Timeout:
		p.Found(metaUnanswered(p), p.Packet(reassembly.Client, "request", p.Request.Last))
	}
}

// metaUnanswered says how soon after the request the capture ends.
func metaUnanswered(p *rules.Pass) string {
	after := time.Duration(p.Until - p.Request.Last.Time)
	return fmt.Sprintf("the capture ends %s and before any answer, which is waited for %v",
		afterWords(after, "the request"), time.Duration(p.Timeout))
}
