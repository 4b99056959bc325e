package catalogue

import (
	"bytes"
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var requestHeadIncomplete = rules.Rule{
	ID: "request-head-incomplete", Family: rules.Transport, Title: "Request head never terminated",
	Doc: rules.Doc{
		Seen:   "The client sends a request line and field lines, but never the empty line that ends the head, until it closes or time runs out.",
		Why:    "A server does not act on a head before its end. It waits, then answers 408 or 400, or just closes.",
		Change: "End the head with an empty line (CRLF CRLF) and flush the output before waiting for the answer.",
		Before: "...Sec-WebSocket-Version: 13\\r\\n", After: "...Sec-WebSocket-Version: 13\\r\\n\\r\\n",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:    rules.Status(400, 408),
	Reference:  "RFC 9112 s2.1",
	When:       rules.OnRequest,
	Suppresses: []string{"response-408", "response-timeout", "tcp-closed-before-response", "tcp-reset-before-response"},
	Fixes:      []rules.Fix{{Product: "any", Snippet: `write("...\r\n\r\n") and flush before reading the answer`}},
	ClientSees: "socket error or end of file; browsers close with 1006",
	If:         rules.If(rules.RequestCut),
	Check:      checkRequestHeadIncomplete,
}

func checkRequestHeadIncomplete(p *rules.Pass) {
	m := p.Request
	if m.Complete || !transportUnfinished(p) {
		return
	}
	proof := rules.ByLevel
	if h := &p.Conn.Halves[reassembly.Server]; m.Why == http1.StopReset && h.RST.Seen {
		proof = rules.Heuristic // the server may have cut the client short
	}
	p.Report(rules.Finding{
		Message: "the request head has no empty line at its end" + transportTail(m.Raw) + ": the server cannot act on it",
		Evidence: []rules.Evidence{
			p.Span(m, http1.SpanOf(max(0, len(m.Raw)-transportTailShown), len(m.Raw)), "end of head", ""),
		},
		Proof: proof,
	})
}

// transportTailShown bounds the end of an unfinished head that is pointed at.
const transportTailShown = 64

// transportUnfinished reports whether the client had all the time there was to
// finish its head.
func transportUnfinished(p *rules.Pass) bool {
	status := p.Status()
	over := status == 0 || status == 400 || status == 408
	switch p.Request.Why {
	case http1.StopClose, http1.StopReset:
		return over
	case http1.StopOpen:
		return over && p.Outcome.Failed()
	}
	return false
}

func transportTail(raw []byte) string {
	switch {
	case bytes.HasSuffix(raw, []byte("\r\n")):
		return ", it is one CRLF short"
	case bytes.HasSuffix(raw, []byte("\n")):
		return ", it is one line end short"
	}
	return ""
}

var responseHeadTruncated = rules.Rule{
	ID: "response-head-truncated", Family: rules.Transport, Title: "Response head cut short",
	Doc: rules.Doc{
		Seen:   "The answer begins with a status line, but FIN, RST or a long silence comes before the empty line that ends the head.",
		Why:    "A client treats a head without its end as no answer. The server or a hop crashed or hung while it wrote, or stumbled over a limit on the size of heads.",
		Change: "Look for a crash or a head-size limit in the hop that wrote the answer, at the time of the packets.",
	},
	Actor: rules.Server, Level: rules.Must,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference:  "RFC 9112 s8",
	Needs:      analyzer.ResponseStart | analyzer.BothSides,
	When:       rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "send the whole head in one write before closing; check the error log at that second"}},
	ClientSees: "unexpected EOF, socket hang up; browsers close with 1006",
	If:         rules.If(rules.ResponseCut),
	Check:      checkResponseHeadTruncated,
}

func checkResponseHeadTruncated(p *rules.Pass) {
	m := p.Response
	if m == nil || m.Complete {
		return
	}
	head := p.Span(m, http1.SpanOf(0, len(m.Raw)), "response head", m.Text(m.Line))
	cut := fmt.Sprintf("the response head stops after %d octets, without its empty line, ", len(m.Raw))
	silence := transportSpan(m.Last.Time, p.Ending.Time)
	switch {
	case m.Why == http1.StopOpen && p.Outcome == analyzer.NoResponse:
		p.Found(fmt.Sprintf("%sand nothing follows for %v", cut, silence), head)
	case m.Torn() && p.EndedBy == analyzer.ByClient && silence >= headPause:
		p.Found(fmt.Sprintf("%sand the client leaves %v later", cut, silence), head)
	case m.Torn() && p.EndedBy != analyzer.ByClient:
		headCutByServer(p, cut, head)
	}
}

// headPause is how long a server that writes a head is silent only if it hangs.
const headPause = time.Second

func headCutByServer(p *rules.Pass, cut string, head rules.Evidence) {
	if end, ok := p.Teardown(reassembly.Server); ok {
		p.Found(cut+"with "+end.Field, head, end)
	}
}
