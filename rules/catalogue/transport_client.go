package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var clientGaveUp = rules.Rule{
	ID: "client-gave-up", Family: rules.Transport, Title: "Client gave up before the server answered",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The client closes or resets the connection after its complete request and before any octet of a response, or inside its head without having waited for the rest. A 101 may still come afterwards.",
		Why:    "Its handshake timeout ran out, which makes the slow server the real cause (it is blamed after 10 s), or the user left the page, which is no fault at all. Waits near a round number of seconds are timeouts.",
		Change: "Make the server answer the upgrade before slow work such as an auth call; raise the client's handshake timeout if the wait is legitimate.",
	},
	Actor: rules.Client, Level: rules.Observation,
	Severity:  rules.Severity{Failed: rules.Error},
	Cause:     rules.IsSymptom,
	Reference: "RFC 6455 s4.1, s7.1.7",
	Needs:     transportUnanswered, When: rules.OnNoStatus | rules.On101,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "raise the client's handshake timeout; answer the upgrade before slow calls, and on every path: a handler that skips paths that it does not know leaves the client waiting"},
		{Product: "React", Snippet: "do not open sockets in effects that unmount at once (StrictMode mounts twice)"},
	},
	ClientSees: "WebSocket is closed before the connection is established; TimeoutError",
	If:         rules.If(rules.NotEstablished),
	Check:      checkClientGaveUp,
}

func checkClientGaveUp(p *rules.Pass) {
	end, ok := goodbye(p)
	if !ok || p.EndedBy != analyzer.ByClient || !leftUnanswered(p) {
		return
	}
	d := time.Duration(p.Ending.Time - p.Request.Last.Time)
	before := "before any answer"
	switch m := transportInterim(p); {
	case p.Response != nil && p.Response.Torn():
		before = "in the middle of the answer's head"
	case m != nil:
		before = fmt.Sprintf("after an interim %d and before the final answer", m.Status)
	}
	f := rules.Finding{
		Message:  fmt.Sprintf("the client left (%s) %v after its request, %s%s", end.Field, roundTime(max(0, d)), before, transportLimit(d)),
		Evidence: []rules.Evidence{end, p.StartLine(p.Request)},
	}
	if p.Outcome == analyzer.Aborted && d >= longestWait && len(p.Interim) == 0 {
		f.Actor = rules.Server
	}
	p.Report(f)
}

// longestWait is how long a client may be expected to wait: a 101 that comes after that
// is the server's fault, whoever ended the connection. (Without one there is no response
// at all by then.)
const longestWait = 10 * time.Second

// leftUnanswered reports whether the client ended the attempt before any octet of
// an answer, though a 101 may have come too late, or without waiting for the end of
// its head.
func leftUnanswered(p *rules.Pass) bool {
	switch p.Outcome {
	case analyzer.Closed, analyzer.Reset:
		return p.Response == nil || p.Response.Torn() && p.Ending.Time-p.Response.Last.Time < int64(headPause)
	case analyzer.Aborted:
		return p.Unanswered(p.Ending.Time)
	}
	return false
}

// goodbye is the packet by which the client ended the attempt. An RST that follows
// its FIN only says that nobody reads the answer any more.
func goodbye(p *rules.Pass) (rules.Evidence, bool) {
	if p.HTTP2 != nil && p.HTTP2.Reset != nil && p.HTTP2.Reset.From == reassembly.Client && p.HTTP2.Reset.Ref.Time == p.Ending.Time {
		return p.Teardown(reassembly.Client)
	}
	if fin := &p.Conn.Halves[reassembly.Client].FIN; fin.Seen && fin.Ref.Time == p.Ending.Time {
		return p.Packet(reassembly.Client, "FIN", fin.Ref), true
	}
	return p.Teardown(reassembly.Client)
}

// clientLimits are handshake timeouts of well-known clients. Read only.
var clientLimits = [...]struct {
	after time.Duration
	whose string
}{
	{5 * time.Second, "a usual setting in Node.js applications"},
	{10 * time.Second, "open_timeout of Python websockets"},
	{20 * time.Second, "the opening timeout of Firefox"},
	{30 * time.Second, "a usual handshake timeout"},
	{45 * time.Second, "HandshakeTimeout of gorilla's DefaultDialer"},
	{60 * time.Second, "a usual read timeout of proxies"},
	{240 * time.Second, "the handshake timeout of Chromium"},
}

// transportLimit names the timeout that a wait comes near to.
func transportLimit(d time.Duration) string {
	for _, l := range clientLimits {
		if slack := l.after / 50; d >= l.after-slack && d <= l.after+slack {
			return fmt.Sprintf("; %v is %s", l.after, l.whose)
		}
	}
	return ""
}

var response408 = rules.Rule{
	ID: "response-408", Family: rules.Transport, Title: "Server timed out reading the request",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is 408.",
		Why:    "The server waited for the rest of the request until its limit: the head was not finished, or arrived too slowly.",
		Change: "Send the complete head at once; raise the server's header timeout only for clients that are slow for a good reason.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity:  rules.Severity{Failed: rules.Error},
	Cause:     rules.IsSymptom,
	Reference: "RFC 9110 s15.5.9",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "write the whole head in one go, within the server's header timeout"}},
	ClientSees: "Unexpected response code: 408",
	If:         rules.If(rules.StatusClientError),
	Check: func(p *rules.Pass) {
		if p.Status() == 408 {
			p.Found("the server answered 408: it gave up waiting for the rest of the request", p.StartLine(p.Response))
		}
	},
}

var tcpAcceptThenClose = rules.Rule{
	ID: "tcp-accept-then-close", Family: rules.Transport, Title: "TCP accepted, closed at once, before the client could send",
	Doc: rules.Doc{
		Seen:   "The connection is set up, and the server's side closes or resets it within moments, before any octet was sent.",
		Why:    "Something accepts in the server's place and has nobody to hand the connection to: a container port without a listener behind it, a TCP load balancer without healthy servers, an address filter.",
		Change: "Make the application listen on the address that the port mapping reaches, bring a backend up, or lift the filter for this client.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Ends(analyzer.EndingNoTCP, analyzer.EndingNoStatus),
	Reference: "RFC 9293 s3.6 (practice of port mappers and load balancers)",
	Needs:     analyzer.TCPOpen | analyzer.TCPClose | analyzer.BothSides, When: rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "let the application listen where the port mapping leads, bring a backend up, or lift the filter for this client"},
		{Product: "Docker", Snippet: "bind the application to 0.0.0.0 inside the container"},
		{Product: "HAProxy", Snippet: "check that the backend has servers that are UP; look for tcp-request connection reject"},
	},
	ClientSees: "EOF, connection reset by peer",
	Check:      checkAcceptThenClose,
}

func checkAcceptThenClose(p *rules.Pass) {
	c := &p.Conn
	silent := c.Halves[reassembly.Client].DataPackets == 0 && c.Halves[reassembly.Server].DataPackets == 0
	if !c.SYNACK.Seen || !silent || p.EndedBy != analyzer.ByServer {
		return
	}
	end, ok := p.Teardown(reassembly.Server)
	if !ok {
		return
	}
	p.Found(fmt.Sprintf("the server accepted the connection and ended it (%s) %v later, before anything was sent",
		end.Field, transportSpan(c.SYNACK.Ref.Time, end.Refs[0].Time)), p.Packet(reassembly.Server, "SYN-ACK", c.SYNACK.Ref), end)
}
