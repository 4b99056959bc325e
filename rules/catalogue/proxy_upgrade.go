package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var proxyStrippedUpgrade = rules.Rule{
	ID: "proxy-stripped-upgrade", Family: rules.Proxy, Title: "Reverse proxy dropped Upgrade and Connection: Upgrade",
	Doc: rules.Doc{
		Seen:   "Behind the proxy the request still carries Sec-WebSocket-Key or -Version, but neither Upgrade: websocket nor Connection: Upgrade. In front of it a complete request is refused for lack of them.",
		Why:    "Both fields concern one connection only, so a proxy drops them unless it is told to relay upgrades. The server sees an ordinary GET and answers 400, 404, 426 or 200.",
		Change: "Configure every hop to relay upgrades: speak HTTP/1.1 to the upstream and pass both fields on.",
		Before: "GET /chat HTTP/1.1\nConnection: close\nX-Forwarded-For: 198.51.100.9\nSec-WebSocket-Key: ...",
		After:  "GET /chat HTTP/1.1\nUpgrade: websocket\nConnection: Upgrade\nX-Forwarded-For: 198.51.100.9\nSec-WebSocket-Key: ...",
	},
	Actor: rules.Intermediary, Level: rules.Observation,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9110 s7.6.1, s7.8; RFC 6455 s4.1 (items 5-6)",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{
		"http-wrong-path", "proxy-upgrade-mangled", "request-connection-missing", "request-connection-no-upgrade",
		"request-http-version-too-low", "request-key-missing", "request-missing-upgrade-tokens",
		"request-upgrade-missing", "response-101-unsolicited", "response-200-instead-of-101",
		"response-400-unexplained", "response-426", "response-426-lists-requested-version", "response-501",
		"response-timeout",
	},
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: nginxUpgrade},
		{Product: "Apache", Snippet: apacheUpgrade},
		{Product: "HAProxy", Snippet: haproxyUpgrade},
		{Product: "Varnish", Snippet: varnishPipe},
		{Product: "lighttpd", Snippet: "proxy.header = ( \"upgrade\" => \"enable\" )"},
		{Product: "Squid", Snippet: "http_upgrade_request_protocols websocket allow all"},
		{Product: "Traefik/Caddy", Snippet: traefikUpgrade},
		{Product: "oauth2-proxy", Snippet: "--proxy-websockets=true"},
	},
	ClientSees: "Unexpected response code: 400, 404, 426 or 200; websocket: bad handshake",
	If:         rules.If(rules.UpgradeOdd, rules.BodySpeaks, rules.Status426),
	Check:      checkProxyStripped,
}

// What products that relay upgrades, or can, are told.
const (
	apacheUpgrade = "ProxyPass \"/ws\" \"http://127.0.0.1:8080/ws\" upgrade=websocket   # 2.4.47 and later\n" +
		"ProxyPass \"/ws\" \"ws://127.0.0.1:8080/ws\"                       # before, with mod_proxy_wstunnel"
	haproxyUpgrade = "take out http-request del-header and set-header lines for Upgrade and Connection: HAProxy relays both by itself"
	traefikUpgrade = "take out what sets or deletes Upgrade and Connection (headers middleware, header_up): both are relayed by default"
)

const varnishPipe = `sub vcl_recv {
  if (req.http.upgrade ~ "(?i)websocket") { return (pipe); }
}
sub vcl_pipe {
  if (req.http.upgrade) {
    set bereq.http.upgrade = req.http.upgrade;
    set bereq.http.connection = req.http.connection;
  }
}`

const nginxUpgrade = `map $http_upgrade $connection_upgrade {
  default upgrade;
  ''      close;
}
location /ws {
  proxy_pass http://backend;
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header Host $http_host;
}`

func checkProxyStripped(p *rules.Pass) {
	m := p.Request
	switch {
	case m.Has("Sec-WebSocket-Key") || m.Has("Sec-WebSocket-Version"):
		unread := httpBefore11(p) && p.Lost&analyzer.ResponseHead != 0 // the answer may blame the version
		if !m.Has("Upgrade") && !hasConnectionUpgrade(p) && !proxyBlamedVersion(p) && !unread {
			checkStrippedBehind(p)
		}
		if proxyCleanRequest(p) && len(p.List(m, "Upgrade")) == 1 {
			checkStrippedInFront(p)
		}
	}
}

// checkStrippedBehind judges a request that lost both fields.
func checkStrippedBehind(p *rules.Pass) {
	m := p.Request
	proof, sign := rules.Mandated, ""
	switch connection := m.Get("Connection"); {
	case p.Marked():
		sign = "it passed an intermediary"
	case httpBefore11(p):
		sign = "it was rewritten as " + m.Text(m.Version)
	case field.EqualFold(connection, "close"):
		proof, sign = rules.Heuristic, "Connection is close, as proxies set it"
	case strings.HasPrefix(m.Get("User-Agent"), "Mozilla/5.0 "):
		proof, sign = rules.Heuristic, "browsers always send both"
	default:
		return
	}
	evidence := append([]rules.Evidence{p.FieldOrAbsent(m, "Connection"), p.Head(m, "Upgrade")}, p.Markers()...)
	p.Report(rules.Finding{
		Message:  "the request carries Sec-WebSocket fields but neither Upgrade nor Connection: Upgrade, and " + sign,
		Evidence: evidence, Proof: proof,
	})
}

// checkStrippedInFront judges the leg before the proxy: the answer denies what
// the request plainly contains.
func checkStrippedInFront(p *rules.Pass) {
	status := p.Status()
	if status < 400 || status > 499 || answerDeniesHTTP11(p) || p.Response.Has("Upgrade") && !answersUpgrade(p) {
		return // an Upgrade to something else, such as TLS (RFC 2817), denies nothing
	}
	for _, h := range p.Hints() {
		if h.Points("proxy-stripped-upgrade") {
			reportDenied(p, h.Text)
			return
		}
	}
	if status == 426 && p.BodyHas("Upgrade Required") && !p.Response.Has("Sec-WebSocket-Version") {
		reportDenied(p, "Upgrade Required")
	}
}

func reportDenied(p *rules.Pass, text string) {
	p.Report(rules.Finding{
		Message: "the answer says " + rules.Quote(text) +
			", although the request asks for the upgrade correctly: a hop behind this one seems to have taken that out",
		Evidence: []rules.Evidence{p.FieldOrAbsent(p.Request, "Upgrade"), p.FieldOrAbsent(p.Request, "Connection"), p.BodyEvidence(text)},
		Proof:    rules.Heuristic,
	})
}

// proxyCleanRequest reports whether the request asks for the upgrade as RFC 6455
// section 4.1 wants it.
func proxyCleanRequest(p *rules.Pass) bool {
	m := p.Request
	return hasUpgradeWebSocket(p) && hasConnectionUpgrade(p) && !httpBefore11(p) && m.Text(m.Method) == "GET" &&
		m.Has("Host") && m.Get("Sec-WebSocket-Version") == "13" && field.CheckKey(m.Get("Sec-WebSocket-Key")).Form == field.KeyValid
}

var proxyUpgradeMangled = rules.Rule{
	ID: "proxy-upgrade-mangled", Family: rules.Proxy, Title: "Proxy kept one upgrade token and damaged the other",
	Doc: rules.Doc{
		Seen:   "A request that passed an intermediary has only one of Upgrade: websocket and Connection: Upgrade; the other is absent, empty, doubled or another word.",
		Why:    "The proxy sets one of the two fields and leaves its own value in the other, or two proxies in a row both add it. The server refuses with 400 or ignores the upgrade.",
		Change: "Set both fields on exactly one hop, from the values of the incoming request.",
		Before: "Upgrade: websocket\nConnection: close\nX-Forwarded-For: 198.51.100.9", After: "Upgrade: websocket\nConnection: Upgrade\nX-Forwarded-For: 198.51.100.9",
	},
	Actor: rules.Intermediary, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9110 s7.6.1, s7.8",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{
		"request-connection-close", "request-connection-no-upgrade", "request-upgrade-extra-protocols",
		"request-upgrade-missing", "request-upgrade-not-websocket", "response-200-instead-of-101",
		"response-400-unexplained", "response-426",
	},
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: nginxUpgrade},
		{Product: "Apache", Snippet: apacheUpgrade},
		{Product: "HAProxy", Snippet: haproxyUpgrade},
		{Product: "Traefik/Caddy", Snippet: traefikUpgrade},
	},
	ClientSees: `Unexpected response code: 400; handshake error: bad "Upgrade" header`,
	If:         rules.If(rules.UpgradeOdd, rules.ConnectionOdd).And(rules.Relayed),
	Check:      checkProxyMangled,
}

func checkProxyMangled(p *rules.Pass) {
	m := p.Request
	if !p.Marked() || httpBefore11(p) || !p.SecWebSocket() {
		return
	}
	upgrade, connection := hasUpgradeWebSocket(p), hasConnectionUpgrade(p)
	var damaged, says string
	switch {
	case upgrade && !connection:
		damaged, says = "Connection", "no upgrade token"
	case connection && !upgrade:
		damaged, says = "Upgrade", "no websocket"
	case upgrade && len(p.List(m, "Upgrade")) > 1 && allWebSocket(p):
		damaged, says = "Upgrade", "websocket twice"
	default:
		return
	}
	seen := "is absent"
	if m.Has(damaged) {
		seen = "is " + rules.Quote(strings.Join(m.Values(damaged), ", ")) + ": " + says
	}
	p.Found("an intermediary relayed the upgrade in part: "+damaged+" "+seen,
		append([]rules.Evidence{p.FieldOrAbsent(m, damaged)}, p.Markers()...)...)
}

func allWebSocket(p *rules.Pass) bool {
	for _, e := range p.List(p.Request, "Upgrade") {
		if !field.EqualFold(e.Text, "websocket") {
			return false
		}
	}
	return true
}
