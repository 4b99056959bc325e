package catalogue

import "github.com/handshark/handshark/rules"

var idleTimeoutAfterUpgrade = rules.Rule{
	ID: "idle-timeout-after-upgrade", Family: rules.Timing, Title: "Connection dies a round number of seconds after the last frame",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The handshake succeeded and frames flowed; then both sides were silent, and after just 30, 60, 90, 300, 350 or another customary number of seconds the server's side ended the connection without a Close frame.",
		Why:    "A proxy, a load balancer or a firewall ends connections on which nothing moves. The client sees close code 1006 and cannot tell it from an outage.",
		Change: "Send a Ping at less than half of the shortest timeout on the path, or raise the timeout where the connection ends.",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity:  rules.Severity{Established: rules.Warning},
	Reference: "RFC 6455 s5.5.2",
	When:      rules.OnSession,
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "proxy_read_timeout 3600s;  # default 60s"},
		{Product: "HAProxy", Snippet: "timeout tunnel 1h"},
		{Product: "AWS", Snippet: "load balancer attribute idle_timeout.timeout_seconds=3600 (default 60; network load balancer 350, fixed)"},
		{Product: "ws (npm)", Snippet: "setInterval(() => wss.clients.forEach(c => c.ping()), 25000)"},
		{Product: "any", Snippet: "send a Ping every 25 seconds"},
	},
	ClientSees: "onclose code 1006; gorilla `websocket: close 1006 (abnormal closure): unexpected EOF`",
	// Only the end of the connection, long after the verdict, shows it.
	If:    rules.If(rules.Compared),
	Check: seenByComparison,
}
