package catalogue

import (
	"slices"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var statusLineFixes = []rules.Fix{
	{Product: "server", Snippet: "HTTP/1.1 101 Switching Protocols"},
	{Product: "wsproto, amphp", Snippet: "reason=b'Switching Protocols'"},
	{Product: "client", Snippet: "Update the library: the readers of most have become lenient."},
}

const statusLineRefused = "Python `did not receive a valid HTTP response` or `unsupported HTTP version: HTTP/1.0`; Ruby driver: error of the handshake"

var response101HTTP10 = rules.Rule{
	ID: "response-101-http10", Family: rules.Response, Title: "101 with an HTTP/1.0 status line",
	Doc: rules.Doc{
		Seen:   "The status line of the 101 says HTTP/1.0.",
		Why:    "HTTP/1.0 knows neither 1xx nor Upgrade: Firefox and Python refuse such an answer, others let it pass.",
		Change: "Answer with HTTP/1.1 101.",
		Before: "HTTP/1.0 101 Switching Protocols", After: "HTTP/1.1 101 Switching Protocols",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.2.2 (step 5.1); RFC 9110 s15.2",
	Needs: on101Needs, When: rules.On101,
	Fixes: statusLineFixes, ClientSees: statusLineRefused,
	If:    rules.If(rules.HTTPVersionOddInAnswer),
	Check: check101HTTP10,
}

func check101HTTP10(p *rules.Pass) {
	if major, minor, ok := p.Response.HTTPVersion(); ok && major == 1 && minor == 0 {
		p.Found("status line "+rules.Quote(p.Response.Text(p.Response.Line))+"; HTTP/1.0 has no 101", p.StartLine(p.Response))
	}
}

var responseStatusLineMalformed = rules.Rule{
	ID: "response-status-line-malformed", Family: rules.Response, Title: "Status line malformed",
	Doc: rules.Doc{
		Seen:   "The first line of the response begins with HTTP/ but is not version, blank, three digits, blank and an optional reason.",
		Why:    "The client cannot read the status and gives up. The reason itself never matters: any text, or none, is legal.",
		Change: "Write HTTP/1.1 101 Switching Protocols.",
		Before: "HTTP/1.1 101Switching Protocols", After: "HTTP/1.1 101 Switching Protocols",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9112 s4; RFC 6455 s4.2.2 (step 5.1)",
	Endings: rules.Ends(analyzer.EndingNotHTTP),
	Needs:   analyzer.ResponseHead, When: rules.On101 | rules.OnFinal | rules.OnNoStatus,
	Suppresses: []string{"response-not-http"},
	Fixes:      statusLineFixes, ClientSees: statusLineRefused,
	If:    rules.If(rules.ResponseDeviates),
	Check: checkStatusLine,
}

func checkStatusLine(p *rules.Pass) {
	line := p.Response.Text(p.Response.Line)
	if !strings.HasPrefix(line, "HTTP/") {
		return // in lower case it is response-status-line-odd
	}
	for _, kind := range [...]http1.DeviationKind{http1.BadVersion, http1.BadStatus, http1.TabSeparator} {
		if p.Response.Deviates(kind) != nil {
			p.Found("status line "+rules.Quote(line)+"; `HTTP/1.1 101 Switching Protocols` or the like is expected", p.StartLine(p.Response))
			return
		}
	}
}

var responseStatusLineOdd = rules.Rule{
	ID: "response-status-line-odd", Family: rules.Response, Title: "101 status line is unusual and the client left",
	Doc: rules.Doc{
		Seen:   "A 101 without any other fault whose status line ends in the code, has no reason, has extra blanks or writes http in lower case; the client leaves within two seconds without a frame.",
		Why:    "Most clients read such a line, some old ones do not. Browsers, curl and libraries that are known to do without a reason are taken out.",
		Change: "Write the usual reason, or update the client's library.",
		Before: "HTTP/1.1 101", After: "HTTP/1.1 101 Switching Protocols",
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9112 s4",
	Needs: on101Needs | analyzer.RequestHead | analyzer.Frames | analyzer.TCPClose | analyzer.BothSides, When: rules.On101, Collects: true,
	Suppresses: []string{"client-rejected-valid-101", "response-status-line-missing-space"},
	Fixes:      statusLineFixes, ClientSees: statusLineRefused,
	If:    rules.If(rules.ResponseDeviates, rules.HTTPVersionOddInAnswer).And(rules.TornDown),
	Check: checkStatusLineOdd,
}

// leavesAtOnce is how soon after a 101 a client leaves that does not like it.
const leavesAtOnce = 2 * time.Second

// faults101 are the faults of a 101 that explain by themselves that a client leaves.
var faults101 = [...]string{
	"response-101-http10", "response-accept-duplicate", "response-accept-mismatch", "response-accept-missing",
	"response-connection-missing", "response-connection-no-upgrade", "response-missing-upgrade-tokens",
	"response-status-line-malformed", "response-upgrade-duplicate", "response-upgrade-list",
	"response-upgrade-mismatch", "response-upgrade-missing",
	"auth-token-subprotocol-not-echoed", "extension-deflate-param-invalid", "response-extension-duplicate",
	"response-extension-unoffered", "response-subprotocol-case", "response-subprotocol-multiple",
	"response-subprotocol-unoffered", "response-subprotocol-without-offer", "subprotocol-graphql-mismatch",
	"subprotocol-not-selected",
}

func checkStatusLineOdd(p *rules.Pass) {
	leave, ok := p.ClientLeftAfter101()
	what := oddStatusLine(p.Response)
	if !ok || leave.After > leavesAtOnce || what == "" || readsWithoutReason(p) {
		return
	}
	for _, id := range faults101 {
		if p.Fired(id) {
			return
		}
	}
	p.Found("status line "+rules.Quote(p.Response.Text(p.Response.Line))+" "+what+", and the client left",
		p.StartLine(p.Response), p.Packet(reassembly.Client, "end of the client", leave.Ref))
}

// lenient are clients that were seen to read a status line without a reason, by words of
// their User-Agent: browsers, what dials with net/http of Go, websockets, curl.
var lenient = [...]string{"Mozilla/5.0 ", "Go-http-client/", " websockets/", "curl/"}

// readsWithoutReason reports whether nothing but the reason is missing, which is legal
// (RFC 9112 section 4), and the client is known not to mind: Tomcat never sends one.
func readsWithoutReason(p *rules.Pass) bool {
	agent := p.Request.Get("User-Agent")
	return p.Response.Deviates(http1.EmptyReason) != nil && slices.ContainsFunc(lenient[:], func(word string) bool { return strings.Contains(agent, word) })
}

// oddStatusLine says what is unusual of a status line; empty if nothing is.
func oddStatusLine(m *analyzer.Message) string {
	switch {
	case m.Deviates(http1.MissingReasonSpace) != nil:
		return "ends in the code"
	case m.Deviates(http1.EmptyReason) != nil:
		return "has no reason"
	case m.Deviates(http1.ExtraSpaces) != nil:
		return "has extra blanks"
	case !strings.HasPrefix(m.Text(m.Line), "HTTP/"):
		return "writes HTTP in lower case"
	}
	return ""
}
