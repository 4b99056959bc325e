package catalogue

import (
	"strconv"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var proxyStickyMissingSocketIO = rules.Rule{
	ID: "proxy-sticky-missing-socketio", Family: rules.Proxy, Title: "Socket.IO session landed on another node (Session ID unknown)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A Socket.IO request with a sid is answered 400 and {\"code\":1,\"message\":\"Session ID unknown\"}, by python-engineio with \"Invalid session\".",
		Why:    "The session was opened by polling at one node, and the load balancer sent the upgrade to another that does not know it. A restart of the node looks the same.",
		Change: "Give the load balancer session affinity, or open the connection with the websocket transport only.",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(400),
	Reference: "Engine.IO protocol v3 and v4",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"response-400-unexplained"},
	Fixes: []rules.Fix{
		{Product: "socket.io-client", Snippet: "io(url, { transports: ['websocket'] })   // no polling, no affinity needed"},
		{Product: "nginx", Snippet: "upstream io {\n  hash $remote_addr consistent;\n  server a:3000;\n  server b:3000;\n}"},
		{Product: "ingress-nginx", Snippet: "nginx.ingress.kubernetes.io/affinity: \"cookie\""},
		{Product: "HAProxy", Snippet: "cookie SRV insert indirect nocache; server a ... cookie a"},
		{Product: "AWS ALB", Snippet: "target group attribute stickiness.enabled=true"},
	},
	ClientSees: "xhr poll error; WebSocket connection failed; connection_error code 1 on the server",
	If:         rules.If(rules.Status400),
	Check:      checkStickySocketIO,
}

func checkStickySocketIO(p *rules.Pass) {
	sid, engine := false, strings.Contains(p.Target().Path, "/socket.io/")
	for _, q := range p.Params() {
		sid = sid || q.Name == "sid" && q.Value != ""
		engine = engine || q.Name == "EIO"
	}
	unknown := "Session ID unknown"
	if p.Answerer.Product == "python-engineio" {
		unknown = "Invalid session"
	}
	if !sid || !engine || p.Status() != 400 || !p.BodyHas(unknown) {
		return
	}
	p.Report(rules.Finding{
		Message:  "the node that answered does not know the session id: " + rules.Quote(unknown),
		Evidence: []rules.Evidence{p.BodyEvidence(unknown), p.StartLine(p.Request)}, Proof: rules.Stated,
	})
}

var proxyCachedResponse = rules.Rule{
	ID: "proxy-cached-response", Family: rules.Proxy, Title: "An HTTP cache answers the upgrade request",
	Doc: rules.Doc{
		Seen:   "The answer to the upgrade comes from a cache: Age above zero, X-Cache or CF-Cache-Status with HIT, two ids in X-Varnish, or a Date a minute before the request.",
		Why:    "The cache serves an old answer to the same path and never asks the server.",
		Change: "Make the cache hand upgrades through (pipe), and mark the path as not to be stored.",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(301, 302, 307, 308, 404, 405),
	Reference: "RFC 6455 s1.3, s10.3; RFC 9111 s5.1",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"response-200-instead-of-101", "response-accept-mismatch"},
	Fixes: []rules.Fix{
		{Product: "Varnish", Snippet: varnishPipe},
		{Product: "any", Snippet: "Cache-Control: no-store   # on the path of the WebSocket"},
	},
	ClientSees: "Unexpected response code: 200",
	If:         rules.If(rules.CacheField),
	Check:      checkCachedResponse,
}

// staleDate is how much older than the request the Date of a fresh response may be.
const staleDate = 60 * time.Second

func checkCachedResponse(p *rules.Pass) {
	name := proxyCacheField(p)
	if name == "" || !hasUpgradeWebSocket(p) {
		return
	}
	proof := rules.Practice
	if name == "Date" {
		proof = rules.Heuristic // or the clock of the server is late
	}
	p.Report(rules.Finding{
		Message:  "the answer comes from a cache, not from the server: " + name + ": " + rules.Quote(p.Response.Get(name)) + cacheNote(name),
		Evidence: append(p.Fields(p.Response, name), p.StartLine(p.Response)), Proof: proof,
	})
}

// cacheNote says how a cache field is read where it does not speak for itself.
func cacheNote(name string) string {
	switch name {
	case "X-Varnish":
		return " (two ids: a hit)"
	case "Date":
		return ", long before the request"
	}
	return ""
}

// proxyCacheField names the response field that shows a cache hit; empty if none.
func proxyCacheField(p *rules.Pass) string {
	m := p.Response
	age, err := strconv.ParseUint(m.Get("Age"), 10, 32)
	switch {
	case err == nil && age > 0:
		return "Age"
	case strings.Contains(strings.ToUpper(m.Get("X-Cache")), "HIT"):
		return "X-Cache"
	case field.EqualFold(m.Get("CF-Cache-Status"), "HIT"):
		return "CF-Cache-Status"
	case len(strings.Fields(m.Get("X-Varnish"))) == 2:
		return "X-Varnish"
	}
	if date, ok := p.Date(); ok && m.Has("Via") && time.Unix(0, p.Request.First.Time).Sub(date) > staleDate {
		return "Date"
	}
	return ""
}

var proxyLBProtocol464 = rules.Rule{
	ID: "proxy-lb-protocol-464", Family: rules.Proxy, Title: "AWS ALB 464: client and target group protocol disagree",
	Doc: rules.Doc{
		Seen:   "An AWS application load balancer answers 464.",
		Why:    "Its target group speaks HTTP/2 or gRPC, and the upgrade is HTTP/1.1.",
		Change: "Use a target group with protocol version HTTP1 for the WebSocket route.",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "AWS Elastic Load Balancing: HTTP 464",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "AWS ALB", Snippet: "create the target group with --protocol-version HTTP1 and attach it to the rule of the WebSocket"}},
	ClientSees: "Unexpected response code: 464",
	If:         rules.If(rules.StatusClientError),
	Check: func(p *rules.Pass) {
		if m := p.Response; p.Status() == 464 && strings.HasPrefix(m.Get("Server"), "awselb/") {
			p.Report(rules.Finding{
				Message:  "the AWS load balancer answered 464: the target group does not speak HTTP/1.1",
				Evidence: append([]rules.Evidence{p.StartLine(m)}, p.Fields(m, "Server")...), Proof: rules.Stated,
			})
		}
	},
}

var requestConnectionNamesEndToEnd = rules.Rule{
	ID: "request-connection-names-end-to-end", Family: rules.Proxy, Title: "Connection lists an end-to-end field",
	Doc: rules.Doc{
		Seen:   "Connection names a field that is meant for the server, such as Host, Origin, Cookie or Sec-WebSocket-Key.",
		Why:    "Every intermediary deletes the fields that Connection names, so the server never gets them.",
		Change: "List only hop-by-hop fields in Connection.",
		Before: "Connection: Upgrade, Sec-WebSocket-Key", After: "Connection: Upgrade",
	},
	Actor: rules.Client, Level: rules.MustNot,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9110 s7.6.1",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Connection: Upgrade"}},
	ClientSees: "Unexpected response code: 400",
	If:         rules.If(rules.ConnectionOdd),
	Check:      checkConnectionNamesEndToEnd,
}

// endToEnd are fields that Connection must not name, lower case. Read only.
var endToEnd = [...]string{"host", "origin", "cookie", "authorization", "cache-control"}

func checkConnectionNamesEndToEnd(p *rules.Pass) {
	for _, e := range p.List(p.Request, "Connection") {
		name := strings.ToLower(e.Text)
		found := strings.HasPrefix(name, "sec-websocket-")
		for _, n := range endToEnd {
			found = found || n == name
		}
		if found {
			p.Found("Connection names "+rules.Quote(e.Text)+", which is meant for the server: a proxy deletes that field",
				p.Fields(p.Request, "Connection")...)
			return
		}
	}
}
