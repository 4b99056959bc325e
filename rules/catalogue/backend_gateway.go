package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

var response502 = rules.Rule{
	ID: "response-502", Family: rules.Backend, Title: "Gateway got no usable upstream answer (502)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A gateway answers 502.",
		Why:    "Its upstream refused or reset the connection, spoke another protocol (TLS against plain text), or answered something that the gateway does not accept. The reason is on the leg behind it.",
		Change: "Read the gateway's error log for this second, and try the handshake from the gateway's host against the upstream.",
	},
	Actor: rules.Intermediary, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.6.3",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "in error.log: connect() failed = nothing listens there; upstream prematurely closed = the server hung up; upstream sent too big header = proxy_buffer_size is too small; could not be resolved, no resolver defined = its name\nproxy_pass http://backend;   # https:// only if the backend speaks TLS"},
		{Product: "HAProxy", Snippet: "termination state in the log: SC = no connection, SH = server hung up before its head, PH = its answer was not accepted"},
		{Product: "Caddy", Snippet: "in its log: connect: connection refused = nothing listens there; EOF = the server hung up; no such host = its name; server gave HTTP response to HTTPS client = https:// before a plain port\nreverse_proxy backend:9000   # https:// only if the backend speaks TLS"},
		{Product: "any", Snippet: "look into the gateway's log, and try the handshake from its host:\ncurl --http1.1 -i -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' http://BACKEND/ws"},
	},
	ClientSees: "Unexpected response code: 502; websocket: bad handshake",
	If:         rules.If(rules.Status502),
	Check: func(p *rules.Pass) {
		if p.Status() == 502 && !isConnect(p) {
			reportStatus(p, tell502)
		}
	},
}

var tell502 = statusTeller(func(p *rules.Pass) string {
	return gatewayDelay(p, "the upstream seems to have refused or reset the connection, or answered something unusable")
})

var response503 = rules.Rule{
	ID: "response-503", Family: rules.Backend, Title: "Service unavailable (503)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is 503.",
		Why:    "A load balancer has no healthy server to ask, the application sheds load or is shutting down, or WebSockets are switched off on the platform.",
		Change: "Look at the health of the backends; honour Retry-After in the client; switch WebSockets on.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.6.4",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "with Retry-After: let the client wait that long and then back off\nwithout: see why no server behind the load balancer counts as healthy"},
		{Product: "Kubernetes", Snippet: "kubectl get endpoints SERVICE   # the readiness probe must answer plain GET"},
		{Product: "HAProxy", Snippet: "termination state in the log: SC = no server is up or it could not be connected to; sQ = all were busy for as long as timeout queue; backend <NOSRV> = no use_backend or default_backend is for this request\necho 'show servers state' | socat stdio /run/haproxy/admin.sock   # then its health check"},
		{Product: "nginx", Snippet: "in error.log: limiting connections (limit_conn) or limiting requests (limit_req) = nginx refused; limit_conn_status and limit_req_status set another status\nelse the 503 is that of the server behind it"},
		{Product: "Caddy", Snippet: "in its log: no upstreams available = its health checks (health_uri, fail_duration) take all for down\nno line = respond or error in the Caddyfile, or the 503 is that of the server behind it"},
		{Product: "Heroku", Snippet: "heroku logs --tail, at=error: H10 = the app crashed, H12 = no answer within 30s, H14 = no web dyno runs, H15 = idle for 55s"},
		{Product: "Azure App Service", Snippet: "az webapp config set --web-sockets-enabled true"},
	},
	ClientSees: "Unexpected response code: 503",
	If:         rules.If(rules.Status503),
	Check: func(p *rules.Pass) {
		if p.Status() != 503 || isConnect(p) {
			return
		}
		f := rules.Finding{
			Message:  routingAsked(p) + " got " + statusText(p) + retryAfter(p) + unavailable(p),
			Evidence: append([]rules.Evidence{p.StartLine(p.Response)}, p.Fields(p.Response, "Retry-After")...),
		}
		if jettyMadeNone(p) {
			f.Evidence, f.Proof = append(f.Evidence, p.BodyEvidence(endpointFailed)), rules.Stated
			f.Fix = "let createWebSocket of the WebSocketCreator return an endpoint, or refuse by sendForbidden or sendError so that the client can tell; look at what it wants of path, subprotocol and Origin"
		}
		p.Report(f)
	},
}

// endpointFailed is what Jetty says where its WebSocketCreator made no endpoint.
const endpointFailed = "Endpoint Creation Failed"

func jettyMadeNone(p *rules.Pass) bool {
	return p.Answerer.Product == "Jetty" && p.BodyHas(endpointFailed)
}

// unavailable says what the body or the maker of a 503 tells of its reason.
func unavailable(p *rules.Pass) string {
	switch {
	case jettyMadeNone(p):
		return ": Jetty says " + rules.Quote(endpointFailed) + ", as it does where the application's WebSocketCreator returns null for a request"
	case p.BodyHas("no healthy upstream"):
		return ": Envoy has no healthy upstream"
	case p.BodyHas("upstream connect error or disconnect/reset before headers"):
		return ": Envoy could not connect to its upstream"
	case p.BodyHas("No server is available to handle this request"):
		return ": HAProxy had no server to give it to, none that is up, none free in time, or no backend for such a request"
	case strings.HasPrefix(p.Response.Get("Server"), "awselb/"):
		return ": the load balancer has no registered target"
	case p.BodyHasFold("websocket") && p.BodyHasFold("disabled"):
		return ": WebSockets are switched off"
	case p.Response.Text(p.Response.Reason) == "Backend fetch failed":
		return ": Varnish got no answer from its server"
	case p.Response.Has("Retry-After"):
		return ": the server sheds load on purpose"
	}
	return ""
}

var response504 = rules.Rule{
	ID: "response-504", Family: rules.Backend, Title: "Gateway gave up waiting for the upgrade answer (504)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A gateway answers 504.",
		Why:    "Its upstream did not answer the upgrade within the gateway's limit; a 504 within two seconds is a connection that could not be made.",
		Change: "Find out why the upstream never answers, such as a blocked worker or a handler that does not accept. Only then raise the gateway's timeout.",
	},
	Actor: rules.Intermediary, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.6.5",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "find out why the upstream does not answer the upgrade; only then raise the gateway's timeout"},
		{Product: "nginx", Snippet: "in error.log: while connecting to upstream = it cannot be reached, look at address and firewall\nwhile reading response header from upstream = it does not answer; if that cannot be helped:\nproxy_read_timeout 60s;"},
		{Product: "HAProxy", Snippet: "# find out first why the server behind it is slow; if that cannot be helped:\ntimeout server 60s   # wait for the 101\ntimeout tunnel 1h    # silence after it"},
	},
	ClientSees: "Unexpected response code: 504",
	If:         rules.If(rules.Status504),
	Check: func(p *rules.Pass) {
		if p.Status() == 504 && !isConnect(p) {
			reportStatus(p, tell504)
		}
	},
}

var tell504 = statusTeller(func(p *rules.Pass) string {
	return gatewayDelay(p, "too soon for an answer to be awaited, so the connection to the upstream seems to have failed")
})

var proxyCloudflare52x = rules.Rule{
	ID: "proxy-cloudflare-52x", Family: rules.Backend, Title: "Cloudflare edge got no usable answer from the origin (52x, 530)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Cloudflare answers with one of its own statuses from 520 to 526, or 530.",
		Why:    "The edge could not connect to the origin, got no answer or an unusable one, or the TLS between them failed; the status says which.",
		Change: "Correct the origin as the status says: firewall, listener, certificate, or time to answer.",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "Cloudflare documentation: 5xx errors",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"response-5xx-vendor"},
	Fixes: []rules.Fix{
		{Product: "Cloudflare", Snippet: "allow Cloudflare's ranges at the origin firewall; SSL mode Full needs TLS at the origin"},
		{Product: "Cloudflare", Snippet: `PATCH /zones/ID/settings/websockets {"value":"on"}`},
	},
	ClientSees: "Unexpected server response: 522",
	If:         rules.If(rules.StatusServerError),
	Check: func(p *rules.Pass) {
		m := p.Response
		what := edgeStatus(p.Status())
		if what == "" || !strings.EqualFold(m.Get("Server"), "cloudflare") {
			return
		}
		p.Report(rules.Finding{
			Message:  fmt.Sprintf("Cloudflare answered %d: %s", p.Status(), what),
			Evidence: append([]rules.Evidence{p.StartLine(m)}, p.Fields(m, "CF-RAY")...), Proof: rules.Stated,
		})
	},
}

// edgeStatus says what a status that CDNs made up means; empty for others.
func edgeStatus(status int) string {
	switch status {
	case 520:
		return "the origin's answer was empty or unusable"
	case 521:
		return "the origin refused the connection"
	case 522:
		return "the connection to the origin timed out"
	case 523:
		return "the origin cannot be reached or its name does not resolve"
	case 524:
		return "the origin took the request and did not answer in time"
	case 525:
		return "the TLS handshake with the origin failed"
	case 526:
		return "the origin's certificate is not valid"
	case 527:
		return "the connection between edge and origin was interrupted"
	case 530:
		return "the tunnel or the name of the origin is not available"
	}
	return ""
}

var response5xxVendor = rules.Rule{
	ID: "response-5xx-vendor", Family: rules.Backend, Title: "CDN-specific 5xx",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is one from 520 to 527, or 530.",
		Why:    "CDNs use these statuses for trouble between the edge and the origin.",
		Change: "Look up the status in the documentation of the CDN and correct the origin.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "documentation of the CDN",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "Cloudflare", Snippet: "allow Cloudflare's ranges at the origin firewall; SSL mode Full needs TLS at the origin"},
	},
	ClientSees: "Unexpected server response: 522",
	If:         rules.If(rules.StatusServerError),
	Check: func(p *rules.Pass) {
		if edgeStatus(p.Status()) != "" {
			reportStatus(p, tellEdgeStatus)
		}
	},
}

var tellEdgeStatus = statusTeller(func(p *rules.Pass) string { return ": " + edgeStatus(p.Status()) })
