package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

var httpHijackUnsupported = rules.Rule{
	ID: "http-hijack-unsupported", Family: rules.Backend, Title: "Middleware cannot hand over the raw connection (Hijacker)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A Go server answers a correct upgrade at once: gorilla/websocket with a 500 that carries Sec-Websocket-Version, coder/websocket with 501.",
		Why:    "The library takes over the connection through http.Hijacker. Middleware for compression, metrics or recording that wraps the ResponseWriter hides it, and HTTP/2 does not have it.",
		Change: "Let the wrapper pass Hijack on (or give it Unwrap), or leave the WebSocket route out of the middleware.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(500, 501),
	Reference: "net/http: Hijacker; practice of gorilla and coder",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"response-500", "response-501"},
	Fixes: []rules.Fix{
		{Product: "Go", Snippet: "func (w rw) Unwrap() http.ResponseWriter { return w.ResponseWriter }   // for http.NewResponseController\nfunc (w rw) Hijack() (net.Conn, *bufio.ReadWriter, error) {\n  return http.NewResponseController(w.ResponseWriter).Hijack()\n}"},
		{Product: "any", Snippet: "leave the path of the WebSocket out of gzip, timeout and recording middleware"},
		{Product: "Go", Snippet: "TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}   // no HTTP/2 on that listener"},
	},
	ClientSees: "bad handshake; server log: websocket: response does not implement http.Hijacker",
	If:         rules.If(rules.Status500, rules.Status501, rules.Status502, rules.Status503, rules.Status504, rules.StatusServerError),
	Check:      checkHijackUnsupported,
}

func checkHijackUnsupported(p *rules.Pass) {
	gorilla := p.Status() == 500 && p.Answerer.Product == "gorilla/websocket"
	coder := p.Status() == 501 && p.Answerer.Product == "coder/websocket"
	named := p.BodyHas("does not implement http.Hijacker")
	if !(gorilla || coder || named && p.Status() >= 500) || !proxyCleanRequest(p) {
		return
	}
	f := rules.Finding{
		Message: fmt.Sprintf("%s answered %d to a correct upgrade, as it does when it cannot take over the connection",
			p.Answerer.Product, p.Status()),
		Evidence: []rules.Evidence{p.StartLine(p.Response), p.BodyEvidence(p.BodyText())}, Proof: rules.Practice,
	}
	if named {
		f.Message, f.Proof = fmt.Sprintf("the server answered %d: the response does not implement http.Hijacker", p.Status()), rules.Stated
	}
	p.Report(f)
}

var httpRateLimited = rules.Rule{
	ID: "http-rate-limited", Family: rules.Backend, Title: "Rate limited (429)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is 429, often with Retry-After or RateLimit fields.",
		Why:    "The server or a hop limits how often a client may connect. Clients that reconnect at once keep themselves above the limit.",
		Change: "Back off exponentially with jitter and honour Retry-After; raise the limit for the WebSocket path if the rate is legitimate.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 6585 s4; RFC 6455 s7.2.3",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "client: exponential backoff with jitter, Retry-After, at most 5 minutes"},
		{Product: "HAProxy", Snippet: "look at the http-request deny deny_status 429 rules and the rate that they allow (sc_http_req_rate, sc_conn_rate); clients have to back off in any case"},
		{Product: "nginx", Snippet: "# a larger burst, if so many connections are legitimate; clients have to back off in any case\nlimit_req zone=ws burst=20 nodelay; limit_req_status 429;"},
	},
	ClientSees: "Unexpected response code: 429",
	If:         rules.If(rules.StatusClientError),
	Check: func(p *rules.Pass) {
		if p.Status() != 429 {
			return
		}
		refuse(p, &rules.Finding{
			Message:  "the server answered 429" + retryAfter(p) + ": the client connects more often than it may",
			Evidence: append([]rules.Evidence{p.StartLine(p.Response)}, p.Fields(p.Response, "Retry-After")...), Proof: rules.Stated,
		})
	},
}

var response4xxOther = rules.Rule{
	ID: "response-4xx-other", Family: rules.Backend, Title: "Refused with a status that is unusual for a handshake",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is one from 402 to 499 of which no other rule speaks, such as 402, 406, 409, 418, 422, 451, 460 or 463.",
		Why:    "The application or a hop has a reason of its own, which the body may name. 460 and 463 are of load balancers of AWS: the client hung up, or X-Forwarded-For has more than 30 addresses.",
		Change: "Look into the log of the one who answered.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.5",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "look into the log of the one who answered at the time of the response"},
	},
	ClientSees: "Unexpected response code: 409",
	If:         rules.If(rules.StatusClientError),
	Check: func(p *rules.Pass) {
		if unusual4xx(p.Status()) {
			reportStatus(p, tell4xxOther)
		}
	},
}

// unusual4xx reports whether no other rule speaks of a status by itself.
func unusual4xx(status int) bool {
	switch status {
	case 407, 408, 410, 413, 414, 417, 421, 426, 429, 431, 464:
		return false
	}
	return status == 402 || status >= 406 && status <= 499
}

var tell4xxOther = statusTeller(func(p *rules.Pass) string {
	if p.Status() == 463 && p.Answerer.Product == "AWS ALB" {
		return ": X-Forwarded-For has more than 30 addresses, so the request passed too many proxies or goes in a circle"
	}
	if words := refusalWords(p); words != "" {
		return "; " + words
	}
	return ""
})

var response500 = rules.Rule{
	ID: "response-500", Family: rules.Backend, Title: "Server-side exception during the handshake (500)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is 500, and nothing more specific explains it.",
		Why:    "The application or its middleware failed while it handled the upgrade.",
		Change: "Read the exception in the server's log at the time of the packets. Middleware that assumes a session or a body is the usual culprit.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.6.1",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "read the exception in the server's log at the time of the response: it is in the handler, or in middleware that expects a session or a body"},
		{Product: "Apache", Snippet: "in error.log: No protocol handler was valid = load mod_proxy_wstunnel (ws://, wss://); SSL Proxy requested but not enabled = SSLProxyEngine on\nelse the exception of the server behind it"},
		{Product: "nginx", Snippet: "in error.log: auth request unexpected status = the server that auth_request asks; rewrite or internal redirection cycle = try_files\nelse the exception of the server behind it"},
		{Product: "HAProxy", Snippet: "termination state in the log: PT = http-request tarpit; PR = denied or a fault inside; else the exception of the server behind it"},
	},
	ClientSees: "Unexpected response code: 500",
	If:         rules.If(rules.Status500),
	Check: func(p *rules.Pass) {
		if p.Status() == 500 && !isConnect(p) {
			reportStatus(p, tell500)
		}
	},
}

var tell500 = statusTeller(func(p *rules.Pass) string {
	d, _ := p.ResponseTime()
	return fmt.Sprintf(" after %v: the server failed while it handled the upgrade", roundTime(max(d, time.Microsecond)))
})

var response501 = rules.Rule{
	ID: "response-501", Family: rules.Backend, Title: "Feature not implemented",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is 501.",
		Why:    "The server does not know the method or cannot do what was asked, or a hop does not support upgrades.",
		Change: "Enable the feature on the server, or correct the request.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity:  rules.Severity{Failed: rules.Error},
	Cause:     rules.IsSymptom,
	Reference: "RFC 9110 s15.6.2; RFC 9220 s3",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "enable WebSocket support on the server that answers"}},
	ClientSees: "Unexpected response code: 501",
	If:         rules.If(rules.Status501),
	Check: func(p *rules.Pass) {
		if p.Status() == 501 && !isConnect(p) {
			reportStatus(p, tell501)
		}
	},
}

var tell501 = statusTeller(func(*rules.Pass) string { return ": the server does not implement what was asked for" })

var response505 = rules.Rule{
	ID: "response-505", Family: rules.Backend, Title: "HTTP version not supported",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is 505.",
		Why:    "The server does not accept the HTTP version of the request.",
		Change: "Send HTTP/1.1, and set HTTP/1.1 towards the upstream on proxies.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.6.6",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "GET /path HTTP/1.1"},
		{Product: "nginx", Snippet: "proxy_http_version 1.1;"},
	},
	ClientSees: "Unexpected response code: 505",
	If:         rules.If(rules.StatusServerError),
	Check: func(p *rules.Pass) {
		if p.Status() == 505 {
			reportStatus(p, tell505)
		}
	},
}

var tell505 = statusTeller(func(p *rules.Pass) string {
	if p.Request == nil {
		return ""
	}
	return ": it does not accept " + rules.Quote(p.Request.Text(p.Request.Version))
})
