package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var requestConnectionClose = rules.Rule{
	ID: "request-connection-close", Family: rules.Headers, Title: "Connection asks for close and upgrade",
	Doc: rules.Doc{
		Seen:   "Connection of the request names both close and upgrade.",
		Why:    "What close means after a 101 is not defined, and some servers close. HTTP libraries without keep-alive write it.",
		Change: "Drop close from Connection, for instance by turning keep-alive on in the client.",
		Before: "Connection: close, Upgrade", After: "Connection: Upgrade",
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "RFC 9112 s9.6; RFC 6455 s4.1 (item 6)",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes: []rules.Fix{{Product: "client", Snippet: "Connection: Upgrade"}}, ClientSees: "nothing by itself",
	If:    rules.If(rules.ConnectionOdd),
	Check: checkConnectionClose,
}

func checkConnectionClose(p *rules.Pass) {
	if asksConnection(p) && p.HasToken(p.Request, "Connection", "close") {
		p.Found("Connection is "+quoteAll(p.Request, "Connection")+": close and upgrade at once", p.Fields(p.Request, "Connection")...)
	}
}

var requestKeyNoncanonical = rules.Rule{
	ID: "request-key-noncanonical", Family: rules.Headers, Title: "Sec-WebSocket-Key has unused bits set",
	Doc: rules.Doc{
		Seen:   "The key decodes to 16 octets, but the unused bits of its last letter are not zero.",
		Why:    "A strict decoder may refuse it. Nearly all servers accept it and hash the text as it is; the specification's own example once had this fault.",
		Change: "Use a standard base64 encoder: the letter before == is then A, Q, g or w.",
		Before: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIR==", After: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "RFC 4648 s3.5; RFC 6455 erratum 3150",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes: keyFixes, ClientSees: keyRefused,
	If:    rules.If(rules.KeyOdd),
	Check: checkKeyCanonical,
}

func checkKeyCanonical(p *rules.Pass) {
	key, i, ok := onlyKey(p)
	if ok && field.CheckKey(key).Form == field.KeyNonCanonical {
		p.Found("Sec-WebSocket-Key "+rules.Quote(key)+" has unused bits set", p.Field(p.Request, i))
	}
}

var requestUpgradeExtra = rules.Rule{
	ID: "request-upgrade-extra-protocols", Family: rules.Headers, Title: "Upgrade offers more than websocket",
	Doc: rules.Doc{
		Seen:   "Upgrade of the request names websocket and something else.",
		Why:    "It is legal, but servers that compare the whole value, such as ws, pywebsocket, Tornado and aiohttp, answer 400.",
		Change: "Send Upgrade: websocket alone.",
		Before: "Upgrade: websocket, h2c", After: "Upgrade: websocket",
	},
	Actor: rules.Client, Level: rules.May, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Cause: rules.IsCause, Reference: "RFC 9110 s7.8; RFC 6455 s4.1 (item 5)",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: []rules.Fix{
		{Product: "client", Snippet: "Upgrade: websocket"},
		{Product: "curl", Snippet: "curl --http1.1 ...   # --http2 adds h2c to Upgrade"},
	}, ClientSees: "nothing by itself, or 400",
	If:    rules.If(rules.UpgradeOdd),
	Check: checkUpgradeExtra,
}

func checkUpgradeExtra(p *rules.Pass) {
	if !asksUpgrade(p) || len(p.List(p.Request, "Upgrade")) < 2 {
		return
	}
	p.Found("Upgrade is "+quoteAll(p.Request, "Upgrade")+"; some servers take websocket alone", p.Fields(p.Request, "Upgrade")...)
}

var requestUpgradeVersioned = rules.Rule{
	ID: "request-upgrade-versioned", Family: rules.Headers, Title: "Upgrade token carries a version",
	Doc: rules.Doc{
		Seen:   "Upgrade of the request names websocket with a slash and a version.",
		Why:    "The registered name has no version. Most servers compare the whole name and answer 400.",
		Change: "Send websocket without a version; the version has a field of its own.",
		Before: "Upgrade: websocket/13", After: "Upgrade: websocket\nSec-WebSocket-Version: 13",
	},
	Actor: rules.Client, Level: rules.ShouldNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9110 s7.8; RFC 6455 s11.2; RFC 8441 s9.2",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"request-upgrade-not-websocket"},
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Upgrade: websocket"}}, ClientSees: upgradeRefused,
	If:    rules.If(rules.UpgradeOdd),
	Check: checkUpgradeVersioned,
}

func checkUpgradeVersioned(p *rules.Pass) {
	for _, e := range p.List(p.Request, "Upgrade") {
		name, version, ok := strings.Cut(e.Text, "/")
		if ok && field.EqualFold(name, "websocket") && field.IsToken(version) {
			p.Found("Upgrade names "+rules.Quote(e.Text)+"; the name of the protocol has no version", p.Fields(p.Request, "Upgrade")...)
			return
		}
	}
}
