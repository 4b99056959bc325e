package catalogue

import (
	"cmp"
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// transportUnanswered is the evidence of rules about a complete request that got
// no status.
const transportUnanswered = analyzer.RequestHead | analyzer.BothSides | analyzer.TCPClose

var responseTimeout = rules.Rule{
	ID: "response-timeout", Family: rules.Transport, Title: "Request delivered, no response at all",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request head is complete and acknowledged by the server's TCP, the connection stays open, and no octet of a response comes.",
		Why:    "The kernel of the server took the request, but the application or a hop behind it never answered: a blocked worker, a handler that does not accept the upgrade, a proxy that waits for its upstream.",
		Change: "Find out who holds the request: look at the server's log for it, at the number of busy workers, and at the leg behind the proxy.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity:  rules.Severity{Failed: rules.Error},
	Cause:     rules.IsSymptom,
	Reference: "RFC 6455 s4.1; RFC 9110 s7.5",
	Needs:     transportUnanswered, When: rules.OnNoStatus,
	Fixes: []rules.Fix{
		{Product: "server", Snippet: "let the upgrade handler answer every request: 101, or a refusal such as 400 or 404; look for a blocked worker"},
		{Product: "Node.js", Snippet: "answer requests that are no upgrade, too: http.createServer((req, res) => { res.writeHead(426); res.end() })"},
		{Product: "gunicorn", Snippet: "more asynchronous workers; do not block in the connect handler"},
	},
	ClientSees: "i/o timeout, timed out during opening handshake, opening handshake timed out",
	Check:      checkResponseTimeout,
}

func checkResponseTimeout(p *rules.Pass) {
	if p.Outcome != analyzer.NoResponse || p.Response != nil || !transportDelivered(p) || p.Conn.Halves[reassembly.Server].Missing > 0 {
		return
	}
	evidence := []rules.Evidence{
		p.StartLine(p.Request), p.Packet(reassembly.Server, "last packet of the server", p.Conn.Halves[reassembly.Server].Last),
	}
	interim := transportInterim(p)
	if interim == nil {
		p.Found(fmt.Sprintf("the server acknowledged the request and sent nothing for %v", roundTime(p.Waited())), evidence...)
		return
	}
	wait := max(0, p.Waited()-time.Duration(interim.Last.Time-p.Request.Last.Time))
	p.Found(fmt.Sprintf("the server sent an interim %d and no final answer for %v after that", interim.Status, roundTime(wait)),
		append(evidence, p.StartLine(interim))...)
}

// transportInterim is the last interim response; nil if there is none.
func transportInterim(p *rules.Pass) *analyzer.Message {
	if n := len(p.Interim); n > 0 {
		return p.Interim[n-1]
	}
	return nil
}

// transportNothing says what came in the place of an answer.
func transportNothing(p *rules.Pass) string {
	if m := transportInterim(p); m != nil {
		return fmt.Sprintf("with an interim %d and no final answer", m.Status)
	}
	return "without an octet of a response"
}

// transportDelivered reports whether the server's TCP acknowledged the request
// head.
func transportDelivered(p *rules.Pass) bool {
	return p.Conn.Halves[reassembly.Client].Acked >= p.Request.End()
}

var tcpClosedBeforeResponse = rules.Rule{
	ID: "tcp-closed-before-response", Family: rules.Transport, Title: "Connection closed cleanly before any response byte",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request head is complete, and the server answers with FIN and no octet of a response.",
		Why:    "The server or a hop dropped the connection on purpose (an upgrade listener that destroys the socket, nginx return 444), crashed, or has no handler for upgrades. On a reused connection the FIN may have crossed the request.",
		Change: "Answer refused upgrades with a status before closing, attach an upgrade handler, and read the server's log at the time of the FIN.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9112 s9.5; RFC 6455 s7.2.1",
	Needs:     transportUnanswered, When: rules.OnNoStatus,
	Fixes: []rules.Fix{
		{Product: "Node.js", Snippet: `socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n") instead of socket.destroy()`},
		{Product: "Node.js", Snippet: "server.on('upgrade', ...) must be attached"},
		{Product: "any", Snippet: "look into the server's log at the time of the FIN; a server that refuses an upgrade should answer with a status first, and a port that expects TLS closes upon plain HTTP"},
	},
	ClientSees: "EOF, socket hang up, Connection closed before receiving a handshake response",
	Check:      checkClosedBeforeResponse,
}

func checkClosedBeforeResponse(p *rules.Pass) {
	if p.Outcome != analyzer.Closed || p.EndedBy != analyzer.ByServer || p.Response != nil {
		return
	}
	fin, ok := p.Teardown(reassembly.Server)
	if !ok || fin.Field == "END_STREAM" {
		return
	}
	p.Found(fmt.Sprintf("the server closed the connection %s, %s%s",
		transportAfterRequest(p), transportNothing(p), cmp.Or(transportRace(p), transportLarge(p)+transportOffer(p))), fin, p.StartLine(p.Request))
}

// transportLarge tells of servers that end the connection without a word because of
// the size of the request head.
func transportLarge(p *rules.Pass) string {
	const beast, lws, soon = 1700, 4096, int64(50 * time.Millisecond)
	n, waited := len(p.Request.Raw), p.Ending.Time-p.Request.Last.Time
	switch {
	case p.Outcome == analyzer.Reset && n > beast && waited < soon && !p.Marked(): // while it reads, and not through a proxy
		return fmt.Sprintf("; Boost.Beast does so if the request head, here of %d octets, is larger than the 1.7 KB or so that "+
			"accept() reads by itself (read it with an http::request_parser and call accept(request))", n)
	case p.Outcome == analyzer.Closed && n > lws:
		return fmt.Sprintf("; libwebsockets does so if the request head, here of %d octets, is larger than its buffer "+
			"(mosquitto: websockets_headers_size)", n)
	}
	return ""
}

// transportOffer tells of servers that end the connection without a word because of
// the subprotocols offered.
func transportOffer(p *rules.Pass) string {
	list := offers(p)
	if len(list) == 0 {
		return ""
	}
	return cmp.Or(plainMQTT(p), "; libwebsockets does so if it knows none of the subprotocols offered, here "+showNames(list))
}

// plainMQTT tells of brokers that are asked for WebSocket where they do not speak it.
func plainMQTT(p *rules.Pass) string {
	if !offersLike(p, "mqtt") {
		return ""
	}
	return "; a broker's port for plain MQTT does so (mosquitto: protocol websockets)"
}

// transportAfterRequest says when the attempt ended.
func transportAfterRequest(p *rules.Pass) string {
	d := time.Duration(p.Ending.Time - p.Request.Last.Time)
	if d < 0 {
		return fmt.Sprintf("%v before the request was complete", roundTime(-d))
	}
	return fmt.Sprintf("%v after the request", roundTime(d))
}

// transportRace tells of a request on a kept-alive connection that the server
// was closing already: it never acknowledged the request, or its FIN left before
// the request could have arrived.
func transportRace(p *rules.Pass) string {
	rtt, ok := p.ConnectTime()
	soon := ok && time.Duration(p.Ending.Time-p.Request.Last.Time) < rtt/2
	if p.Ordinal > 0 && (soon || p.Conn.Halves[reassembly.Client].Acked <= p.Request.Offset) {
		return "; the request reused a connection that the server was closing already, and a retry on a new one may succeed"
	}
	return ""
}

var tcpResetBeforeResponse = rules.Rule{
	ID: "tcp-reset-before-response", Family: rules.Transport, Title: "Connection reset before any response byte",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request head is complete, and an RST comes from the server's side before any octet of a response.",
		Why:    "The server process died or closed the socket with unread data, a proxy gave up its upstream, or a device on the path injected the RST.",
		Change: "Read the server's log at the time of the RST; handle errors of upgrade sockets; keep idle upstream connections shorter on the proxy than on the server.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 6455 s7.2.1, s10.7; RFC 9293 s3.5.2",
	Needs:     transportUnanswered, When: rules.OnNoStatus,
	Fixes: []rules.Fix{
		{Product: "Node.js", Snippet: "socket.on('error', () => socket.destroy()) on every upgrade socket"},
		{Product: "any", Snippet: "look into the server's log at the time of the RST; behind a proxy, let the server keep idle connections longer than the proxy does"},
	},
	ClientSees: "connection reset by peer, ECONNRESET, net::ERR_CONNECTION_RESET",
	Check:      checkResetBeforeResponse,
}

func checkResetBeforeResponse(p *rules.Pass) {
	if p.Outcome != analyzer.Reset || p.EndedBy != analyzer.ByServer || p.Response != nil {
		return
	}
	rst := &p.Conn.Halves[reassembly.Server].RST
	if !rst.Seen {
		return // a stream was reset
	}
	f := rules.Finding{
		Message: fmt.Sprintf("the server's side reset the connection %s, %s%s",
			transportAfterRequest(p), transportNothing(p), cmp.Or(transportRace(p), transportLarge(p)+plainMQTT(p))),
		Evidence: []rules.Evidence{p.Packet(reassembly.Server, "RST", rst.Ref), p.StartLine(p.Request)},
	}
	if syn := &p.Conn.SYNACK; syn.Seen && transportTTLsDiffer(syn.TTL, rst.TTL) {
		f.Actor = rules.Intermediary
		f.Message += fmt.Sprintf("; its TTL %d differs from %d of the SYN-ACK, so a device on the path may have sent it", rst.TTL, syn.TTL)
		f.Evidence = append(f.Evidence, p.Packet(reassembly.Server, "SYN-ACK", syn.Ref))
	}
	p.Report(f)
}

// transportTTLsDiffer reports whether two TTLs are too far apart for packets of
// one host.
func transportTTLsDiffer(a, b uint8) bool {
	const routes = 5
	return a != 0 && b != 0 && max(a, b)-min(a, b) > routes
}
