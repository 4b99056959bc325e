package catalogue

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// The rules of this file need both legs of a proxy: the comparison of the
// attempts of a run names them, their Check sees one leg and nothing.

var proxy101Rewritten = rules.Rule{
	ID: "proxy-101-rewritten", Family: rules.Proxy, Title: "Backend switched protocols but the proxy did not relay it",
	Doc: rules.Doc{
		Seen:   "Two connections carry the same Sec-WebSocket-Key. Behind the proxy the server answers 101; the client gets another status, a 101 without its fields, or nothing.",
		Why:    "A proxy that does not know upgrades treats the 101 like any answer: it drops the hop-by-hop fields, or waits for a final response that never comes.",
		Change: "Let the proxy relay upgrades on this route, and take rules out that set or delete Upgrade, Connection or Sec-WebSocket-Accept in responses.",
	},
	Actor: rules.Intermediary, Level: rules.Must,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9110 s7.8, s15.2",
	When:      rules.OnRequest,
	Endings:   rules.Ends(analyzer.EndingStatus, analyzer.EndingClientLeft, analyzer.EndingNoStatus),
	Fixes: []rules.Fix{
		{Product: "HAProxy", Snippet: "remove http-response del-header Upgrade / Connection / Sec-WebSocket-Accept; set timeout tunnel 1h"},
		{Product: "nginx", Snippet: "proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $connection_upgrade;\nproxy_buffer_size 16k;   # if error.log says: upstream sent too big header"},
		{Product: "http-proxy (npm)", Snippet: "server.on('upgrade', proxy.upgrade)   // http-proxy-middleware and Vite: ws: true"},
		{Product: "any", Snippet: "relay the 101 and then octets in both directions, untouched"},
	},
	ClientSees: "Chrome `'Upgrade' header is missing` or `Unexpected response code`; gorilla `websocket: bad handshake`",
	If:         rules.If(rules.Compared),
	Check:      seenByComparison,
}

var httpPathPrefixRewritten = rules.Rule{
	ID: "http-path-prefix-rewritten", Family: rules.Routing, Title: "Proxy changed the path",
	Doc: rules.Doc{
		Seen:   "Two connections carry the same Sec-WebSocket-Key, and the request behind the proxy names another path than the client's. The server knows no WebSocket there.",
		Why:    "The proxy strips a prefix that the application expects, strips one that it should keep, or adds one twice.",
		Change: "Make the path that the proxy asks for the one that the application serves: change the proxy's rewriting or the application's base path.",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "practice of reverse proxies",
	When:      rules.OnRequest,
	Endings:   rules.Status(statusNotFound, statusBadRequest),
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "proxy_pass http://backend;   # keeps the path\nproxy_pass http://backend/;  # replaces the location's prefix by /"},
		{Product: "Apache", Snippet: "ProxyPass \"/ws/\" \"http://127.0.0.1:8080/ws/\" upgrade=websocket   # a slash at the end of both, or of neither"},
		{Product: "Caddy", Snippet: "handle /ws/* { ... }   # keeps the path; handle_path cuts the prefix off"},
		{Product: "Traefik", Snippet: "remove the stripPrefix middleware from this router, or set the application's base path"},
		{Product: "any", Snippet: "serve the WebSocket under the path that the proxy asks for"},
	},
	ClientSees: "`Unexpected server response: 404`, `websocket: bad handshake`",
	If:         rules.If(rules.Compared),
	Check:      seenByComparison,
}

// seenByComparison is the Check of rules that only several attempts together show.
func seenByComparison(*rules.Pass) {}
