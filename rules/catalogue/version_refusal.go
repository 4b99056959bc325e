package catalogue

import (
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// refusal is what these rules look at: an answer other than 101.
const refusal = analyzer.RequestHead | analyzer.ResponseHead

var versionRejectedByServer = rules.Rule{
	ID: "version-rejected-by-server", Family: rules.Version, Title: "Server is too old: it does not list version 13",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request asks for version 13; the answer is 400 or 426 and lists versions without 13.",
		Why:    "The server speaks drafts of RFC 6455 only.",
		Change: "Update the server's library: it dates from before the end of 2011.",
		Before: "HTTP/1.1 426 Upgrade Required\nSec-WebSocket-Version: 8, 7", After: whole101,
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.4; RFC 9110 s15.5.22",
	Needs: refusal, When: rules.OnFinal,
	Suppresses: []string{"response-400-unexplained", "response-426"},
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Update the WebSocket library of the server to one that speaks RFC 6455 (2011)."}},
	ClientSees: "`Unexpected response code: 426` or 400",
	If:         rules.If(rules.Status400, rules.Status426).And(rules.ResponseVersion),
	Check:      checkVersionRejected,
}

func checkVersionRejected(p *rules.Pass) {
	valid := slices.ContainsFunc(p.List(p.Response, secVersion), validElement)
	if refusesVersion(p) && asks13(p.Request) && valid && !lists13(p) {
		p.Report(rules.Finding{
			Message:  "the server lists the versions " + quoteAll(p.Response, secVersion) + "; the client asks for 13",
			Evidence: p.Fields(p.Response, secVersion), Proof: rules.Stated,
		})
	}
}

func refusesVersion(p *rules.Pass) bool { return p.Status() == 400 || p.Status() == 426 }

func validElement(e field.Element) bool {
	_, form := field.Version(e.Text)
	return form == field.VersionValid
}

var response426Lists = rules.Rule{
	ID: "response-426-lists-requested-version", Family: rules.Version, Title: "426 although the requested version is in the list",
	Doc: rules.Doc{
		Seen:   "The answer is 426, and its Sec-WebSocket-Version lists the version that the client asked for.",
		Why:    "The version is not what the server objects to: it did not see a valid Upgrade or Connection.",
		Change: "Find out whether Upgrade and Connection reach the server; a proxy in between may take them away.",
	},
	Actor: rules.Server, Level: rules.Observation, Severity: rules.Severity{Failed: rules.Error},
	Reference: "RFC 6455 s4.2.2; RFC 9110 s15.5.22",
	Needs:     refusal, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Check whether Upgrade and Connection reach the server."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.Status426),
	Check:      check426Lists,
}

func check426Lists(p *rules.Pass) {
	if i, ok := versionListed(p); p.Status() == 426 && ok {
		p.Found("426 lists version "+rules.Quote(p.Request.Get(secVersion))+", which the client asked for: the version is not the reason",
			append(p.Fields(p.Response, secVersion), p.Field(p.Request, i))...)
	}
}

// versionListed reports whether the answer lists the version that the request asks
// for, and the field line by which it does.
func versionListed(p *rules.Pass) (line int, ok bool) {
	value, i, ok := onlyVersion(p)
	return i, ok && value != "" && p.HasToken(p.Response, secVersion, value)
}

var response426MissingConnection = rules.Rule{
	ID: "response-426-missing-connection", Family: rules.Version, Title: "Upgrade of a refusal not listed in Connection",
	Doc: rules.Doc{
		Seen:   "A response other than 101 has an Upgrade field that Connection does not name.",
		Why:    "Upgrade is hop-by-hop: a proxy drops it unless Connection names it, or worse, relays it.",
		Change: "Let the server add Connection: Upgrade.",
		Before: "HTTP/1.1 426 Upgrade Required\nUpgrade: websocket", After: "HTTP/1.1 426 Upgrade Required\nUpgrade: websocket\nConnection: Upgrade",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Failed: rules.Info},
	Reference: "RFC 9110 s7.8, s7.6.1",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Connection: Upgrade"}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.AnswerConnectionOdd).And(rules.Status426),
	Check:      check426Connection,
}

func check426Connection(p *rules.Pass) {
	if p.Response.Has("Upgrade") && !answersConnection(p) {
		p.Found("Upgrade "+quoteAll(p.Response, "Upgrade")+" is not named by Connection", p.Fields(p.Response, "Upgrade")...)
	}
}

var response426MissingUpgrade = rules.Rule{
	ID: "response-426-missing-upgrade", Family: rules.Version, Title: "426 without Upgrade",
	Doc: rules.Doc{
		Seen:   "The answer is 426 and has no Upgrade field.",
		Why:    "A 426 has to say what to upgrade to; without that it may well come from a hop that objects to HTTP/1.0.",
		Change: "Let the server send Upgrade: websocket and Connection: Upgrade with a 426.",
		Before: "HTTP/1.1 426 Upgrade Required", After: "HTTP/1.1 426 Upgrade Required\nUpgrade: websocket\nConnection: Upgrade",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Failed: rules.Warning},
	Reference: "RFC 9110 s15.5.22, s7.8",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Upgrade: websocket\nConnection: Upgrade"}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.Status426),
	Check:      check426Upgrade,
}

func check426Upgrade(p *rules.Pass) {
	if p.Status() == 426 && !p.Response.Has("Upgrade") {
		p.Found("426 without Upgrade; it has to say what to upgrade to", p.Head(p.Response, "Upgrade"))
	}
}

var responseVersionListMalformed = rules.Rule{
	ID: "response-version-list-malformed", Family: rules.Version, Title: "Sec-WebSocket-Version of the response malformed",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Sec-WebSocket-Version of the response holds something that is not a version, or nothing.",
		Why:    "The client cannot choose another version.",
		Change: "List plain decimal numbers separated by commas.",
		Before: "Sec-WebSocket-Version: v13", After: "Sec-WebSocket-Version: 13",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "RFC 6455 s4.3",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal | rules.On101,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Sec-WebSocket-Version: 13"}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.ResponseVersion),
	Check:      checkVersionListForm,
}

func checkVersionListForm(p *rules.Pass) {
	list := p.List(p.Response, secVersion)
	odd := slices.ContainsFunc(list, func(e field.Element) bool { return !validElement(e) })
	if p.Response.Has(secVersion) && (odd || len(list) == 0) {
		p.Found("Sec-WebSocket-Version of the response is "+quoteAll(p.Response, secVersion)+"; plain numbers are expected", p.Fields(p.Response, secVersion)...)
	}
}

var responseVersionListMissing = rules.Rule{
	ID: "response-version-list-missing", Family: rules.Version, Title: "Version refused without Sec-WebSocket-Version",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request asks for another version than 13, or for none; the answer is 400 or 426 and does not list versions.",
		Why:    "A server that refuses a version has to say which ones it speaks, or the client cannot try again.",
		Change: "Answer 426 with Sec-WebSocket-Version: 13.",
		Before: "HTTP/1.1 400 Bad Request", After: "HTTP/1.1 426 Upgrade Required\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Failed: rules.Warning},
	Reference: "RFC 6455 s4.2.2 (step 4), s4.4",
	Needs:     refusal, When: rules.OnFinal,
	Fixes:      versionFixes,
	ClientSees: "nothing by itself",
	If:         rules.If(rules.Status400, rules.Status426).And(rules.VersionOdd),
	Check:      checkVersionListMissing,
}

func checkVersionListMissing(p *rules.Pass) {
	if refusesVersion(p) && p.Dialect == analyzer.RFC6455 && p.Request.Has("Sec-WebSocket-Key") && !asks13(p.Request) && !p.Response.Has(secVersion) {
		p.Found("the refusal does not list versions, although the client does not ask for 13", p.Head(p.Response, secVersion), p.FieldOrAbsent(p.Request, secVersion))
	}
}
