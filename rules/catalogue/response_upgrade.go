package catalogue

import (
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var responseUpgradeMissing = rules.Rule{
	ID: "response-upgrade-missing", Family: rules.Response, Title: "101 without Upgrade",
	Doc: rules.Doc{
		Seen:   "The 101 has no Upgrade field.",
		Why:    "The client does not learn what the connection was switched to, and has to give up.",
		Change: "Let the server write Upgrade: websocket. If Connection is missing as well, a hop took both away.",
		Before: "HTTP/1.1 101 Switching Protocols\nConnection: Upgrade", After: whole101,
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response, item 2), s4.2.2 (step 5.2); RFC 9110 s7.8, s15.2.2",
	Needs: on101Needs, When: rules.On101,
	Fixes: whole101Fixes, ClientSees: clientRefuses,
	If:    rules.If(rules.AnswerUpgradeOdd),
	Check: checkUpgradeMissing101,
}

func checkUpgradeMissing101(p *rules.Pass) {
	if !p.Guessed && !p.Response.Has("Upgrade") {
		p.Found(`Upgrade is missing in the 101; "websocket" is expected`, p.Head(p.Response, "Upgrade"))
	}
}

var responseUpgradeMismatch = rules.Rule{
	ID: "response-upgrade-mismatch", Family: rules.Response, Title: "101 switches to something other than websocket",
	Doc: rules.Doc{
		Seen:   "Upgrade of the 101 names another protocol than websocket, and not one that the client asked for.",
		Why:    "A WebSocket client has to give up unless the value is websocket, in any letter case.",
		Change: "Let the server answer Upgrade: websocket; turn the upgrade to h2c off where WebSocket is served.",
		Before: "Upgrade: websockets", After: "Upgrade: websocket",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response, item 2), s4.2.2 (step 5.2)",
	Needs: on101Needs, When: rules.On101,
	Suppresses: []string{"response-101-unsolicited"},
	Fixes: []rules.Fix{
		{Product: "server", Snippet: "Upgrade: websocket"},
		{Product: "client", Snippet: "Do not ask for h2c beside websocket."},
	},
	ClientSees: "Chrome `'Upgrade' header value is not 'WebSocket'`; ws `Invalid Upgrade header`",
	If:         rules.If(rules.AnswerUpgradeOdd),
	Check:      checkUpgradeMismatch,
}

func checkUpgradeMismatch(p *rules.Pass) {
	if !p.Response.Has("Upgrade") || answersUpgrade(p) || p.Request != nil && askedFor(p) {
		return
	}
	p.Found("the 101 switches to "+quoteAll(p.Response, "Upgrade")+`; "websocket" is expected`, p.Fields(p.Response, "Upgrade")...)
}

// askedFor reports whether all that the 101 switches to was asked for.
func askedFor(p *rules.Pass) bool {
	list := p.List(p.Response, "Upgrade")
	for _, e := range list {
		if !p.HasToken(p.Request, "Upgrade", e.Text) {
			return false
		}
	}
	return len(list) > 0
}

var responseUpgradeList = rules.Rule{
	ID: "response-upgrade-list", Family: rules.Response, Title: "101 Upgrade lists more than websocket",
	Doc: rules.Doc{
		Seen:   "Upgrade of the 101 names websocket and something else.",
		Why:    "HTTP allows layered protocols there, but clients of RFC 6455 compare the whole value: Chromium and ws give up, Firefox takes any element.",
		Change: "Answer Upgrade: websocket alone.",
		Before: "Upgrade: websocket, h2c", After: "Upgrade: websocket",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response, item 2); RFC 9110 s7.8",
	Needs: on101Needs, When: rules.On101,
	Suppresses: []string{"response-101-unsolicited"},
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Upgrade: websocket"}},
	ClientSees: "Chrome `'Upgrade' header value is not 'WebSocket'`; ws `Invalid Upgrade header`",
	If:         rules.If(rules.AnswerUpgradeOdd),
	Check:      checkUpgradeList,
}

func checkUpgradeList(p *rules.Pass) {
	other := slices.ContainsFunc(p.List(p.Response, "Upgrade"), func(e field.Element) bool { return !field.EqualFold(e.Text, "websocket") })
	if !other || !answersUpgrade(p) {
		return
	}
	f := rules.Finding{
		Message:  "Upgrade of the 101 is the list " + quoteAll(p.Response, "Upgrade") + "; most clients take websocket alone",
		Evidence: p.Fields(p.Response, "Upgrade"),
	}
	if p.Request != nil && isFirefox(p) {
		f.Message += ", though not Firefox"
		f.Proof = rules.Heuristic
	}
	p.Report(f)
}

var responseConnectionMissing = rules.Rule{
	ID: "response-connection-missing", Family: rules.Response, Title: "101 without Connection",
	Doc: rules.Doc{
		Seen:   "The 101 has no Connection field.",
		Why:    "A client has to see upgrade in Connection, and gives up otherwise; Node.js does not even report the upgrade.",
		Change: "Let the server write Connection: Upgrade.",
		Before: "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket", After: whole101,
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response, item 3), s4.2.2 (step 5.3); RFC 9110 s7.8",
	Needs: on101Needs, When: rules.On101,
	Fixes: whole101Fixes, ClientSees: clientRefuses,
	If:    rules.If(rules.AnswerConnectionOdd),
	Check: checkConnectionMissing101,
}

func checkConnectionMissing101(p *rules.Pass) {
	if !p.Guessed && !p.Response.Has("Connection") {
		p.Found(`Connection is missing in the 101; "Upgrade" is expected`, p.Head(p.Response, "Connection"))
	}
}

var responseConnectionNoUpgrade = rules.Rule{
	ID: "response-connection-no-upgrade", Family: rules.Response, Title: "101 Connection lacks upgrade",
	Doc: rules.Doc{
		Seen:   "The 101 has a Connection field, but none of its options is upgrade.",
		Why:    "A client has to see upgrade in Connection, and gives up otherwise; Node.js does not even report the upgrade.",
		Change: "Add Upgrade to the list in Connection of the 101.",
		Before: "Connection: keep-alive", After: "Connection: Upgrade",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response, item 3); RFC 9110 s7.6.1, s7.8",
	Needs: on101Needs, When: rules.On101,
	Fixes: whole101Fixes, ClientSees: clientRefuses,
	If:    rules.If(rules.AnswerConnectionOdd),
	Check: checkConnectionNoUpgrade101,
}

func checkConnectionNoUpgrade101(p *rules.Pass) {
	if !p.Guessed && p.Response.Has("Connection") && !answersConnection(p) {
		p.Found("Connection of the 101 is "+quoteAll(p.Response, "Connection")+`; the option "Upgrade" is expected`, p.Fields(p.Response, "Connection")...)
	}
}

var responseMissingUpgradeTokens = rules.Rule{
	ID: "response-missing-upgrade-tokens", Family: rules.Response, Title: "101 lacks both Upgrade and Connection: Upgrade",
	Doc: rules.Doc{
		Seen:   "Upgrade of the 101 does not name websocket and Connection does not name upgrade.",
		Why:    "Either a hop took both fields away, as it does with hop-by-hop fields that it does not handle, or the server writes the head by hand. Clients check both and give up.",
		Change: "Capture behind the proxy: if the 101 is whole there, let the proxy relay upgrades; else mend the server.",
		Before: "HTTP/1.1 101 Switching Protocols\nSec-WebSocket-Accept: dw4dLLrGesZlGNtwt61cFvT17Ik=", After: whole101,
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response, items 2 and 3); RFC 9110 s7.8",
	Needs: on101Needs, When: rules.On101, Collects: true,
	Suppresses: []string{
		"response-connection-missing", "response-connection-no-upgrade", "response-upgrade-duplicate", "response-upgrade-missing",
	},
	Fixes: whole101Fixes, ClientSees: clientRefuses,
	If:    rules.If(rules.AnswerUpgradeOdd).And(rules.AnswerConnectionOdd),
	Check: checkUpgradeTokens101,
}

func checkUpgradeTokens101(p *rules.Pass) {
	if p.WebSocket != analyzer.Yes || p.Guessed || answersUpgrade(p) || answersConnection(p) {
		return
	}
	p.Report(rules.Finding{
		Message: "the 101 has neither Upgrade: websocket nor Connection: Upgrade; clients need both", Proof: rules.Mandated,
		Evidence: append(head101(p, "Upgrade"), head101(p, "Connection")...),
	})
}
