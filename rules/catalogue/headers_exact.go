package catalogue

import "github.com/handshark/handshark/rules"

var headerExactMatchPeer = rules.Rule{
	ID: "header-exact-match-peer", Family: rules.Headers, Title: "Peer wants one spelling of Connection or Upgrade",
	Doc: rules.Doc{
		Seen:   "The request has the upgrade tokens in a legal but less usual form (Connection: keep-alive, Upgrade; two lines; other letter case) and gets 400; a like request with another form was accepted.",
		Why:    "The server compares whole values instead of reading a list of tokens without regard to case. Typically one browser works and another, or one proxy's spelling, does not.",
		Change: "Update the server. Until then let the proxy in front of it set the fields to the form that it wants.",
		Before: "Connection: keep-alive, Upgrade",
		After:  "Connection: Upgrade",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause:     rules.IsCause,
	Reference: "RFC 6455 s4.2.1; RFC 9110 s7.6.1",
	When:      rules.OnRequest,
	Endings:   rules.Status(statusBadRequest),
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "proxy_set_header Upgrade \"websocket\";\nproxy_set_header Connection \"Upgrade\";"},
		{Product: "any", Snippet: "split at commas, trim blanks, compare without regard to case, join repeated lines"},
	},
	ClientSees: "Firefox alone: `can't establish a connection to the server`; `Unexpected response code: 400`",
	If:         rules.If(rules.Compared),
	Check:      seenByComparison,
}
