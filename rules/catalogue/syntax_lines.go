package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/rules"
)

const headRefused = "`Unexpected response code: 400`; many servers close at once"

var headFixes = []rules.Fix{
	{Product: "client", Snippet: "Build the request with a library, and strip line ends from tokens and cookies."},
}

// deviations reports the first deviation of some kinds in each head. what says
// what is wrong with it; empty = nothing.
func deviations(p *rules.Pass, what func(m *analyzer.Message, d http1.Deviation) string) {
	for _, m := range [...]*analyzer.Message{p.Request, p.Response} {
		if m == nil {
			continue
		}
		for _, d := range m.Deviations {
			if s := what(m, d); s != "" {
				p.Report(rules.Finding{
					Actor: actorOf(m.From), Message: headName(m) + ": " + s, Evidence: []rules.Evidence{lineOfDeviation(p, m, d)},
				})
				break
			}
		}
	}
}

func headName(m *analyzer.Message) string {
	if m.Kind == http1.Request {
		return "request head"
	}
	return "response head"
}

// lineOfDeviation is the evidence of the field line with the deviation, else of
// the deviation itself. A value is shown where it is no credential only.
func lineOfDeviation(p *rules.Pass, m *analyzer.Message, d http1.Deviation) rules.Evidence {
	if d.Field >= 0 && d.Field < m.NumFields() {
		return p.Field(m, d.Field)
	}
	return p.Deviation(m, d)
}

// fieldOf names the field of a deviation.
func fieldOf(m *analyzer.Message, d http1.Deviation) string {
	if d.Field < 0 || d.Field >= m.NumFields() || m.Name(d.Field) == "" {
		return "a line"
	}
	return rules.Quote(m.Name(d.Field))
}

var headerBareCR = rules.Rule{
	ID: "header-bare-cr", Family: rules.Syntax, Title: "CR inside a header line",
	Doc: rules.Doc{
		Seen:   "A line of the head holds a CR that no LF follows.",
		Why:    "Recipients refuse such a head or replace the CR by a blank. A CR left on Sec-WebSocket-Key makes the server hash another text than the client.",
		Change: "Remove the CR: templates and environment files with Windows line ends leave it.",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9112 s2.2", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes: headFixes, ClientSees: headRefused,
	If:    rules.If(rules.RequestDeviates, rules.ResponseDeviates),
	Check: checkBareCR,
}

func checkBareCR(p *rules.Pass) {
	deviations(p, func(m *analyzer.Message, d http1.Deviation) string {
		if d.Kind != http1.BareCR {
			return ""
		}
		return fieldOf(m, d) + " holds a CR without LF"
	})
}

var headerBareLF = rules.Rule{
	ID: "header-bare-lf", Family: rules.Syntax, Title: "Lines end in LF instead of CRLF",
	Doc: rules.Doc{
		Seen:   "A line of the head ends in LF without CR before it.",
		Why:    "Recipients may accept that; strict ones answer 400. Scripts that write requests by hand do it.",
		Change: "End every line with CRLF.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9112 s2.2", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "client", Snippet: `printf 'GET /chat HTTP/1.1\r\nHost: ws.example.test\r\n...'`}},
	ClientSees: headRefused,
	If:         rules.If(rules.RequestDeviates, rules.ResponseDeviates),
	Check:      checkBareLF,
}

func checkBareLF(p *rules.Pass) {
	deviations(p, func(_ *analyzer.Message, d http1.Deviation) string {
		if d.Kind != http1.BareLF {
			return ""
		}
		return "a line ends in LF; CRLF is expected"
	})
}

var headerControlOctet = rules.Rule{
	ID: "header-control-octet", Family: rules.Syntax, Title: "Control octet in a field value",
	Doc: rules.Doc{
		Seen:   "A field value holds NUL or another control octet.",
		Why:    "Most servers answer 400 or close.",
		Change: "Remove the octet where the value is made; tokens read from files often carry one.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9110 s5.5", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes: headFixes, ClientSees: headRefused,
	If:    rules.If(rules.RequestDeviates, rules.ResponseDeviates),
	Check: checkControlOctet,
}

func checkControlOctet(p *rules.Pass) {
	deviations(p, func(m *analyzer.Message, d http1.Deviation) string {
		if d.Kind != http1.ControlOctet {
			return ""
		}
		return "the value of " + fieldOf(m, d) + " holds a control octet"
	})
}

var headerLeadingWhitespace = rules.Rule{
	ID: "header-leading-whitespace-line", Family: rules.Syntax, Title: "Blank between start line and first field",
	Doc: rules.Doc{
		Seen:   "The first line after the start line begins with a blank.",
		Why:    "There is nothing that it could continue. Recipients refuse the head, or drop the line and the field in it.",
		Change: "Remove the blanks before the first field name.",
		Before: "GET /chat HTTP/1.1\n Host: ws.example.test", After: "GET /chat HTTP/1.1\nHost: ws.example.test",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9112 s2.2", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes: headFixes, ClientSees: headRefused,
	If:    rules.If(rules.RequestDeviates, rules.ResponseDeviates),
	Check: checkLeadingWhitespace,
}

func checkLeadingWhitespace(p *rules.Pass) {
	deviations(p, func(_ *analyzer.Message, d http1.Deviation) string {
		if d.Kind != http1.LeadingSpaceLine {
			return ""
		}
		return "the first line after the start line begins with a blank"
	})
}

var headerNameInvalid = rules.Rule{
	ID: "header-name-invalid", Family: rules.Syntax, Title: "Header line without colon or with an invalid name",
	Doc: rules.Doc{
		Seen:   "A line of the head has no colon, or what is before it is not a token.",
		Why:    "Servers answer 400; clients drop the line or give up.",
		Change: "Correct the line: a token, a colon, a value. Look for pasted typographic quotes and for shell arguments that ended up in the request.",
		Before: "Sec WebSocket Key: aGFuZHNoYXJrLW5vbmNlIQ==", After: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==",
	},
	Actor: rules.Any, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9112 s5; RFC 9110 s5.1, s5.6.2", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes: headFixes, ClientSees: headRefused,
	If:    rules.If(rules.RequestDeviates, rules.ResponseDeviates),
	Check: checkNameInvalid,
}

func checkNameInvalid(p *rules.Pass) {
	deviations(p, func(m *analyzer.Message, d http1.Deviation) string {
		switch d.Kind {
		case http1.NoColon:
			return "a line without a colon"
		case http1.BadName:
			return "the field name " + fieldOf(m, d) + " is not a token"
		}
		return ""
	})
}

var headerNonASCII = rules.Rule{
	ID: "header-non-ascii", Family: rules.Syntax, Title: "Octets above 0x7F in a handshake field",
	Doc: rules.Doc{
		Seen:   "Host, Origin, Upgrade, Connection or a Sec-WebSocket-* field holds an octet above 0x7F.",
		Why:    "These fields are made of ASCII: servers answer 400, clients give up on the response.",
		Change: "Use ASCII only in these fields, and punycode for host names.",
		Before: "Sec-WebSocket-Protocol: chát", After: "Sec-WebSocket-Protocol: chat",
	},
	Actor: rules.Any, Level: rules.ShouldNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9110 s5.5; RFC 6455 s4.1 (item 10), s8.1", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes: headFixes, ClientSees: headRefused,
	If:    rules.If(rules.RequestDeviates, rules.ResponseDeviates),
	Check: checkNonASCII,
}

func checkNonASCII(p *rules.Pass) {
	deviations(p, func(m *analyzer.Message, d http1.Deviation) string {
		if d.Kind != http1.NonASCII || d.Field < 0 || !handshakeField(m.Name(d.Field)) {
			return ""
		}
		return "the value of " + fieldOf(m, d) + " holds an octet above 0x7F"
	})
}

// handshakeField reports whether a field is one that the handshake goes by.
func handshakeField(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "host", "origin", "upgrade", "connection":
		return true
	}
	return strings.HasPrefix(name, "sec-websocket-")
}

var headerObsFold = rules.Rule{
	ID: "header-obs-fold", Family: rules.Syntax, Title: "Folded header line",
	Doc: rules.Doc{
		Seen:   "A line of the head begins with a blank and so continues the line before it.",
		Why:    "Folding was removed from HTTP: servers answer 400 or join the lines, proxies answer 502 or join them.",
		Change: "Put the whole value on one line.",
		Before: "Sec-WebSocket-Protocol: chat,\n superchat", After: "Sec-WebSocket-Protocol: chat, superchat",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9112 s5.2", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes: headFixes, ClientSees: headRefused,
	If:    rules.If(rules.RequestDeviates, rules.ResponseDeviates),
	Check: checkObsFold,
}

func checkObsFold(p *rules.Pass) {
	deviations(p, func(m *analyzer.Message, d http1.Deviation) string {
		if d.Kind != http1.ObsFold {
			return ""
		}
		return "the value of " + fieldOf(m, d) + " is folded over several lines"
	})
}

var headerSpaceBeforeColon = rules.Rule{
	ID: "header-space-before-colon", Family: rules.Syntax, Title: "Blank between field name and colon",
	Doc: rules.Doc{
		Seen:   "A field name is followed by a blank before the colon.",
		Why:    "Hops could read different names: a server has to answer such a request with 400, and in a response some clients do not find the field or give up.",
		Change: "Remove the blank before the colon.",
		Before: "Upgrade : websocket", After: "Upgrade: websocket",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9112 s5.1", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes: headFixes, ClientSees: headRefused,
	If:    rules.If(rules.RequestDeviates, rules.ResponseDeviates),
	Check: checkSpaceBeforeColon,
}

func checkSpaceBeforeColon(p *rules.Pass) {
	for _, m := range [...]*analyzer.Message{p.Request, p.Response} {
		if m == nil || m == p.Response && !p.Outcome.Failed() {
			continue // the duty to refuse is about requests, and this client read it
		}
		if d := m.Deviates(http1.SpaceBeforeColon); d != nil {
			p.Report(spaceBeforeColon(p, m, *d))
		}
	}
}

// spaceBeforeColon is the finding in one head. Only servers have to refuse it; of
// clients some do.
func spaceBeforeColon(p *rules.Pass, m *analyzer.Message, d http1.Deviation) rules.Finding {
	f := rules.Finding{
		Actor: actorOf(m.From), Evidence: []rules.Evidence{lineOfDeviation(p, m, d)},
		Message: headName(m) + ": a blank follows the name " + fieldOf(m, d) + " before its colon",
	}
	if m == p.Response {
		f.Proof = rules.Practice
	}
	return f
}
