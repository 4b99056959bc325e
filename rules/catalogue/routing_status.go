package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

var response200InsteadOf101 = rules.Rule{
	ID: "response-200-instead-of-101", Family: rules.Routing, Title: "200 instead of 101: a plain web handler answered",
	Doc: rules.Doc{
		Seen:   "The handshake is answered 200, with a page, JSON or a polling response.",
		Why:    "An ordinary web handler owns the path, or a hop ignored the upgrade: a fallback to index.html, a REST route, a login page, Socket.IO polling, an IIS without the WebSocket module.",
		Change: "Route the path to the WebSocket handler before any catch-all.",
		Before: "location / { try_files $uri /index.html; }", After: "location /ws { proxy_pass http://backend; ... }",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s7.8; RFC 6455 s4.1 (response step 1)",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "route the path to the WebSocket handler before any catch-all, static files or REST route"},
		{Product: "nginx", Snippet: "location /ws { ... }   # must win over: location / { try_files $uri /index.html; }"},
		{Product: "Caddy", Snippet: "an empty 200: no site is for this Host, or no handler for this path\nexample.com {\n  reverse_proxy /ws* backend:9000   # /ws alone is that path and none below it\n}"},
		{Product: "Express", Snippet: "server.on('upgrade', ...) or new WebSocketServer({ server, path: '/ws' })"},
		{Product: "SockJS", Snippet: "wss://HOST/stomp/websocket"},
		{Product: "IIS", Snippet: "Install-WindowsFeature Web-WebSockets; <webSocket enabled=\"true\"/>\nin Azure App Service: az webapp config set --web-sockets-enabled true"},
	},
	ClientSees: "Unexpected response code: 200",
	If:         rules.If(rules.StatusSuccess),
	Check: func(p *rules.Pass) {
		if p.Status() != 200 || isConnect(p) {
			return
		}
		p.Found(routingAsked(p)+" got "+statusText(p)+" instead of 101"+routingBody(p),
			append([]rules.Evidence{p.StartLine(p.Response)}, p.Fields(p.Response, "Content-Type")...)...)
	},
}

// routingBody says what kind of handler wrote a 200.
func routingBody(p *rules.Pass) string {
	body := strings.TrimSpace(p.BodyText())
	kind := strings.ToLower(p.Response.Get("Content-Type"))
	switch {
	case strings.Contains(body, `0{"sid"`):
		return ": Socket.IO polling answered"
	case strings.HasPrefix(body, "Welcome to SockJS"):
		return ": SockJS greets; the path lacks /websocket"
	case strings.Contains(strings.ToLower(p.Response.Get("X-Powered-By")), "asp.net"):
		return ": ASP.NET answered; the WebSocket module may be off"
	case strings.HasPrefix(kind, "text/html"), strings.HasPrefix(strings.ToLower(body), "<!doctype html"):
		return ": a web page came back, as from a catch-all or a login"
	case body == "" && p.Answerer.Product == "Caddy":
		return ": Caddy answers so where no site is for the Host, or no handler for the path"
	case strings.Contains(kind, "json"):
		return ": JSON came back, as from a REST route"
	}
	return ": an ordinary web handler answered"
}

var response2xxOther = rules.Rule{
	ID: "response-2xx-other", Family: rules.Routing, Title: "Unexpected 2xx",
	Doc: rules.Doc{
		Seen:   "The handshake is answered with a status from 201 to 299.",
		Why:    "An ordinary web handler answered, such as a health check or a CORS handler with its 204.",
		Change: "Route the path to the WebSocket handler.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity:  rules.Severity{Failed: rules.Error},
	Cause:     rules.IsSymptom,
	Reference: "RFC 9110 s15.3",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "route the path to the WebSocket handler; health and CORS handlers answer 204"}},
	ClientSees: "Unexpected response code: 204",
	If:         rules.If(rules.StatusSuccess),
	Check: func(p *rules.Pass) {
		if s := p.Status(); s > 200 && s < 300 && !isConnect(p) {
			p.Found(routingAsked(p)+" got "+statusText(p)+" instead of 101", p.StartLine(p.Response))
		}
	},
}

var response405 = rules.Rule{
	ID: "response-405", Family: rules.Routing, Title: "Method not allowed",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is 405.",
		Why:    "With a GET it means that the route exists for other methods only, usually because the path is that of something else.",
		Change: "Use GET and the path of the WebSocket; register the route for GET.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.5.6",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "register the route for GET, or use the path of the WebSocket: this one is for other methods"},
		{Product: "nginx", Snippet: "no rewrite that turns the request into POST; leave proxy_method unset"},
	},
	ClientSees: "Unexpected response code: 405",
	If:         rules.If(rules.Status405),
	Check:      checkResponse405,
}

func checkResponse405(p *rules.Pass) {
	if p.Status() != 405 || isConnect(p) {
		return
	}
	text := routingAsked(p) + " got " + statusText(p)
	if allow := p.Response.Get("Allow"); allow != "" {
		text += ", which allows " + rules.Quote(allow)
	}
	if p.Request != nil && p.Request.Text(p.Request.Method) == "GET" {
		text += ": the route exists for other methods than GET"
	}
	p.Found(text, append([]rules.Evidence{p.StartLine(p.Response)}, p.Fields(p.Response, "Allow")...)...)
}

var response405MissingAllow = rules.Rule{
	ID: "response-405-missing-allow", Family: rules.Routing, Title: "405 without Allow",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The status is 405, and there is no Allow field.",
		Why:    "A 405 has to say which methods are allowed. Clients get along without it.",
		Change: "Send Allow with every 405.",
		Before: "HTTP/1.1 405 Method Not Allowed", After: "HTTP/1.1 405 Method Not Allowed\nAllow: GET",
	},
	Actor: rules.Server, Level: rules.Must,
	Severity:  rules.Severity{Failed: rules.Info},
	Reference: "RFC 9110 s15.5.6, s10.2.1",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Allow: GET"}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.Status405),
	Check: func(p *rules.Pass) {
		if p.Status() == 405 && !p.Response.Has("Allow") {
			p.Found("405 without an Allow field", p.Head(p.Response, "Allow"))
		}
	},
}

var response421 = rules.Rule{
	ID: "response-421", Family: rules.Routing, Title: "Misdirected request",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The final status is 421.",
		Why:    "The server is not responsible for the host that the request names: SNI, Host and certificate belong to different sites, or a connection was reused for another host.",
		Change: "Use the same name for SNI and Host, and open a connection of its own for each host.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.5.20, s7.4",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "use one and the same name in SNI, Host and the certificate, and a connection of its own for each host"},
		{Product: "nginx", Snippet: "proxy_ssl_server_name on; proxy_ssl_name $host; proxy_set_header Host $host;"},
	},
	ClientSees: "Unexpected response code: 421",
	If:         rules.If(rules.StatusClientError),
	Check:      checkResponse421,
}

func checkResponse421(p *rules.Pass) {
	if p.Status() != 421 {
		return
	}
	host, evidence := "", []rules.Evidence{p.StartLine(p.Response)}
	if p.Request != nil && p.Request.Has("Host") {
		host = " for Host " + rules.Quote(p.Request.Get("Host"))
		evidence = append(evidence, p.Fields(p.Request, "Host")...)
	}
	p.Found(fmt.Sprintf("the server answered 421%s: it does not serve that host on this connection", host), evidence...)
}
