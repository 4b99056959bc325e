package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/rules"
)

var response1xxToHTTP10 = rules.Rule{
	ID: "response-1xx-to-http10", Family: rules.Response, Title: "1xx sent to an HTTP/1.0 client",
	Doc: rules.Doc{
		Seen:   "The request is HTTP/1.0 and a 1xx, such as the 101, answers it.",
		Why:    "HTTP/1.0 knows no 1xx: a client or hop that really speaks it takes the 101 for the final response.",
		Change: "Let the hop in front speak HTTP/1.1, and let the server refuse an upgrade of HTTP/1.0 with 400 or 505.",
		Before: "GET /chat HTTP/1.0", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9110 s15.2, s7.8",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "nginx", Snippet: "proxy_http_version 1.1;"}},
	ClientSees: "the client gives up after the 101; browsers close with 1006",
	If:         rules.If(rules.HTTPVersionOdd),
	Check:      check1xxToHTTP10,
}

func check1xxToHTTP10(p *rules.Pass) {
	major, minor, ok := p.Request.HTTPVersion()
	if !ok || major != 1 || minor != 0 {
		return
	}
	answer := p.Response
	if p.Status() != 101 {
		answer = nil
		if len(p.Interim) > 0 {
			answer = p.Interim[0]
		}
	}
	if answer != nil {
		p.Found(fmt.Sprintf("status %d to a request of HTTP/1.0, which knows no 1xx", answer.Status), p.StartLine(answer), p.StartLine(p.Request))
	}
}

var responseAcceptOnOther = rules.Rule{
	ID: "response-accept-on-non-101", Family: rules.Response, Title: "Sec-WebSocket-Accept on a status other than 101",
	Doc: rules.Doc{
		Seen:   "The final response is no 101 but has a Sec-WebSocket-Accept.",
		Why:    "A WebSocket handler ran, and then something changed the status: a proxy, or a default of the framework.",
		Change: "Find the hop or the middleware that changed the status after the handler.",
		Before: "HTTP/1.1 200 OK\nSec-WebSocket-Accept: dw4dLLrGesZlGNtwt61cFvT17Ik=", After: whole101,
	},
	Actor: rules.Server, Level: rules.Observation, Severity: rules.Severity{Failed: rules.Warning},
	Reference: "RFC 6455 s1.3, s4.2.2 (step 5)",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Find the hop or the middleware that changed the status of the 101."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.AcceptSent),
	Check:      checkAcceptOnOther,
}

func checkAcceptOnOther(p *rules.Pass) {
	if p.Response.Has(secAccept) {
		p.Found(fmt.Sprintf("Sec-WebSocket-Accept in a %d: something changed the status", p.Status()), append(p.Fields(p.Response, secAccept), p.StartLine(p.Response))...)
	}
}

var responseStatusLineNoSpace = rules.Rule{
	ID: "response-status-line-missing-space", Family: rules.Response, Title: "No blank after the status code",
	Doc: rules.Doc{
		Seen:   "The status line ends directly after the three digits.",
		Why:    "The blank is mandatory even without a reason. Most clients let it pass.",
		Change: "Put a blank after the status code.",
		Before: "HTTP/1.1 101", After: "HTTP/1.1 101 Switching Protocols",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "RFC 9112 s4",
	Needs:     analyzer.ResponseHead, When: rules.On101 | rules.OnFinal,
	Fixes: statusLineFixes, ClientSees: statusLineRefused,
	If:    rules.If(rules.ResponseDeviates),
	Check: checkStatusLineSpace,
}

func checkStatusLineSpace(p *rules.Pass) {
	if p.Response.Deviates(http1.MissingReasonSpace) != nil {
		p.Found("status line "+rules.Quote(p.Response.Text(p.Response.Line))+" ends in the code; a blank has to follow", p.StartLine(p.Response))
	}
}

var responseUpgradeDuplicate = rules.Rule{
	ID: "response-upgrade-duplicate", Family: rules.Response, Title: "101 with several Upgrade lines",
	Doc: rules.Doc{
		Seen:   "The 101 has two or more Upgrade field lines.",
		Why:    "Chromium refuses even equal lines; others compare the joined value and refuse, too. As a rule a proxy adds a copy of its own.",
		Change: "Write Upgrade once: remove the line that the proxy or middleware adds.",
		Before: "Upgrade: websocket\nUpgrade: websocket", After: "Upgrade: websocket",
	},
	Actor: rules.Server, Level: rules.ClientPractice, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response, item 2); Chromium",
	Needs: on101Needs, When: rules.On101,
	Fixes: whole101Fixes, ClientSees: "Chrome `'Upgrade' header must not appear more than once in a response`; ws `Invalid Upgrade header`",
	If:    rules.If(rules.AnswerUpgradeOdd),
	Check: checkUpgradeDuplicate,
}

func checkUpgradeDuplicate(p *rules.Pass) {
	if lines := p.Fields(p.Response, "Upgrade"); len(lines) > 1 {
		p.Found(fmt.Sprintf("Upgrade occurs %d times in the 101; most clients take one line", len(lines)), lines...)
	}
}
