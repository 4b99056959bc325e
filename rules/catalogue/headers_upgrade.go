package catalogue

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

const upgradeRefused = "ws 426 `Upgrade Required`; coder 426 `Connection header \"\" does not contain Upgrade`; Tornado 400 `\"Connection\" must be \"Upgrade\".`; Kubernetes 400 `Upgrade request required`"

var requestFixes = []rules.Fix{{Product: "client", Snippet: wholeRequest}}

var requestUpgradeMissing = rules.Rule{
	ID: "request-upgrade-missing", Family: rules.Headers, Title: "Upgrade missing",
	Doc: rules.Doc{
		Seen:   "The request carries Sec-WebSocket-* fields but no Upgrade field.",
		Why:    "Without Upgrade it is an ordinary GET: the server refuses with 400 or 426, or answers with a page.",
		Change: "Send Upgrade: websocket. If the client does, a hop between removed it: look at the leg in front of that hop.",
		Before: "Connection: Upgrade\nSec-WebSocket-Version: 13", After: "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 5), s4.2.1 (item 3); RFC 9110 s7.8",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: requestFixes, ClientSees: upgradeRefused,
	If:    rules.If(rules.UpgradeOdd),
	Check: checkUpgradeMissing,
}

func checkUpgradeMissing(p *rules.Pass) {
	if http11(p.Request) && p.SecWebSocket() && !p.Request.Has("Upgrade") {
		p.Found(`the request has no Upgrade field; "websocket" is expected`, p.Head(p.Request, "Upgrade"))
	}
}

var requestUpgradeNotWebSocket = rules.Rule{
	ID: "request-upgrade-not-websocket", Family: rules.Headers, Title: "Upgrade asks for another protocol",
	Doc: rules.Doc{
		Seen:   "The request carries Sec-WebSocket-* fields, but none of the protocols in Upgrade is websocket.",
		Why:    "The server is asked for something else, an HTTP/2 upgrade for instance: it refuses, ignores the field, or switches to that.",
		Change: "Send Upgrade: websocket, in any letter case and without quotes, and turn the upgrade to h2c off in the client.",
		Before: "Upgrade: websockets", After: "Upgrade: websocket",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 5), s4.2.1 (item 3); RFC 9110 s7.8",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "Upgrade: websocket"},
		{Product: "Java HttpClient", Snippet: "HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)"},
		{Product: "Apache HttpClient", Snippet: "RequestConfig.custom().setProtocolUpgradeEnabled(false)"},
		{Product: "HAProxy", Snippet: "http-request del-header upgrade if { req.hdr(upgrade) -i h2c }"},
	},
	ClientSees: "400 or 426; server log `Unsupported upgrade request.`",
	If:         rules.If(rules.UpgradeOdd),
	Check:      checkUpgradeOther,
}

func checkUpgradeOther(p *rules.Pass) {
	if p.SecWebSocket() && p.Request.Has("Upgrade") && !asksUpgrade(p) {
		p.Found("Upgrade is "+quoteAll(p.Request, "Upgrade")+`; "websocket" is expected`, p.Fields(p.Request, "Upgrade")...)
	}
}

var requestConnectionMissing = rules.Rule{
	ID: "request-connection-missing", Family: rules.Headers, Title: "Connection missing",
	Doc: rules.Doc{
		Seen:   "The request has Upgrade: websocket but no Connection field.",
		Why:    "Upgrade counts only if Connection names it, so that servers refuse with 400 or 426 or answer as to an ordinary GET.",
		Change: "Send Connection: Upgrade.",
		Before: "Upgrade: websocket", After: "Upgrade: websocket\nConnection: Upgrade",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 6), s4.2.1 (item 4); RFC 9110 s7.8",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: requestFixes, ClientSees: upgradeRefused,
	If:    rules.If(rules.ConnectionOdd),
	Check: checkConnectionMissing,
}

func checkConnectionMissing(p *rules.Pass) {
	// With the mark of an intermediary it is proxy-upgrade-mangled.
	if asksUpgrade(p) && !p.Request.Has("Connection") && !p.Marked() {
		p.Found(`the request has no Connection field; "Upgrade" is expected`, p.Head(p.Request, "Connection"))
	}
}

var requestConnectionNoUpgrade = rules.Rule{
	ID: "request-connection-no-upgrade", Family: rules.Headers, Title: "Connection lacks the upgrade token",
	Doc: rules.Doc{
		Seen:   "The request has a Connection field, but none of its options is upgrade.",
		Why:    "Upgrade counts only if Connection names it, so that servers refuse with 400 or 426 or answer as to an ordinary GET.",
		Change: "Add Upgrade to the list in Connection; keep-alive may stay beside it.",
		Before: "Connection: keep-alive", After: "Connection: keep-alive, Upgrade",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 6), s4.2.1 (item 4); RFC 9110 s7.6.1, s7.8",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: requestFixes, ClientSees: upgradeRefused,
	If:    rules.If(rules.ConnectionOdd),
	Check: checkConnectionNoUpgrade,
}

func checkConnectionNoUpgrade(p *rules.Pass) {
	if asksWebSocket(p) && p.Request.Has("Connection") && !asksConnection(p) && !p.Marked() {
		p.Found("Connection is "+quoteAll(p.Request, "Connection")+`; the option "Upgrade" is expected`, p.Fields(p.Request, "Connection")...)
	}
}

var requestMissingUpgradeTokens = rules.Rule{
	ID: "request-missing-upgrade-tokens", Family: rules.Headers, Title: "Client sent neither Upgrade nor Connection: Upgrade",
	Doc: rules.Doc{
		Seen:   "The request carries Sec-WebSocket-* fields, but Upgrade does not name websocket and Connection does not name upgrade. Nothing shows that an intermediary handled it.",
		Why:    "Without both the request is an ordinary GET. Servers answer 426 or 400, serve a page, or in the case of a bare Node.js server never answer.",
		Change: "Let the client send both fields: use its WebSocket API instead of a plain HTTP request, or add the two lines to a test by hand.",
		Before: "GET /chat HTTP/1.1\nHost: ws.example.test\nSec-WebSocket-Version: 13", After: wholeRequest,
	},
	Actor: rules.Client, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (items 5 and 6)",
	Needs: analyzer.RequestHead, When: rules.OnRequest, Collects: true,
	Suppresses: []string{
		"http-wrong-path", "request-connection-missing", "request-connection-no-upgrade", "request-key-missing",
		"request-upgrade-missing", "request-upgrade-not-websocket", "response-200-instead-of-101", "response-400-unexplained",
		"response-426", "response-426-lists-requested-version", "response-timeout",
	},
	Fixes: []rules.Fix{
		{Product: "client", Snippet: wholeRequest},
		{Product: "bundler", Snippet: "Leave the npm package ws out of the browser bundle; browsers have WebSocket built in."},
	},
	ClientSees: upgradeRefused,
	If:         rules.If(rules.UpgradeOdd).And(rules.ConnectionOdd),
	Check:      checkUpgradeTokens,
}

func checkUpgradeTokens(p *rules.Pass) {
	switch {
	case !p.SecWebSocket() || asksUpgrade(p) || asksConnection(p):
		return
	case !http11(p.Request) || p.Marked() || browser(p) || p.Fired("proxy-stripped-upgrade"):
		return // the fields were taken out on the way
	}
	p.Report(rules.Finding{
		Message:  `the request has neither Upgrade: websocket nor Connection: Upgrade; both are expected beside Sec-WebSocket-*`,
		Proof:    rules.Mandated,
		Evidence: []rules.Evidence{p.FieldOrAbsent(p.Request, "Upgrade"), p.FieldOrAbsent(p.Request, "Connection")},
	})
}
