package catalogue

import (
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var legacyFixes = []rules.Fix{{Product: "client", Snippet: "Replace the client, or update its library, by one that speaks RFC 6455 (2011)."}}

// noModernFields lists what a request of a dialect before hybi-04 lacks by design.
var noModernFields = []string{
	"request-key-missing", "request-version-missing", "response-accept-missing", "response-version-list-missing",
}

var legacyHixie75 = rules.Rule{
	ID: "legacy-hixie75-request", Family: rules.Version, Title: "Hixie-75 handshake",
	Doc: rules.Doc{
		Seen:   "The request has Upgrade: WebSocket and Origin, and no Sec-WebSocket-* field at all.",
		Why:    "That is the handshake of 2009. Servers of RFC 6455 refuse it with 400 or 426. A filter that takes all Sec-* fields out of a modern request leaves the same.",
		Change: "Replace the client; if it is a current browser, look for what removes the Sec-WebSocket-* fields on the way.",
		Before: "GET /chat HTTP/1.1\nUpgrade: WebSocket\nConnection: Upgrade\nHost: ws.example.test\nOrigin: http://a.example.test", After: wholeRequest,
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "draft-hixie-thewebsocketprotocol-75",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: noModernFields,
	Fixes:      legacyFixes, ClientSees: "`Unexpected response code: 400`",
	If:    rules.If(rules.DialectOdd),
	Check: checkHixie75,
}

func checkHixie75(p *rules.Pass) {
	if p.Dialect != analyzer.Hixie75 || p.Request.Text(p.Request.Method) != "GET" {
		return
	}
	f := rules.Finding{
		Message: "Upgrade: WebSocket and Origin without any Sec-WebSocket-* field: the handshake of Hixie-75", Proof: rules.Mandated,
		Evidence: []rules.Evidence{p.FieldOrAbsent(p.Request, "Upgrade"), p.Head(p.Request, "Sec-WebSocket-*")},
	}
	if browser(p) || p.Marked() {
		f.Message += ", or of a client whose Sec-WebSocket-* fields were taken out on the way"
		f.Actor, f.Proof = rules.Intermediary, rules.Heuristic
	}
	p.Report(f)
}

var legacyHixie76 = rules.Rule{
	ID: "legacy-hixie76-request", Family: rules.Version, Title: "Hixie-76 / hybi-00 handshake",
	Doc: rules.Doc{
		Seen:   "The request has Sec-WebSocket-Key1 and -Key2, and eight octets follow its head.",
		Why:    "That is the handshake of 2010, which servers of RFC 6455 refuse with 400 or 426.",
		Change: "Replace the client.",
		Before: "Upgrade: WebSocket\nSec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00", After: wholeRequest,
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "draft-hixie-thewebsocketprotocol-76 s1.2, s4.1; draft-ietf-hybi-thewebsocketprotocol-00",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: slices.Concat(noModernFields, []string{"client-data-before-101", "post-101-not-frames", "request-body-present"}),
	Fixes:      legacyFixes, ClientSees: "`Unexpected response code: 400`",
	If:    rules.If(rules.DialectOdd),
	Check: checkHixie76,
}

func checkHixie76(p *rules.Pass) {
	if third, ok := key3(p); p.Dialect != analyzer.Hixie76 || !ok || len(third) != key3Size {
		return
	}
	message := "Sec-WebSocket-Key1 and -Key2: the handshake of Hixie-76"
	if p.Request.Has(secVersion) {
		message += ", and Sec-WebSocket-Version " + quoteAll(p.Request, secVersion) + " as well"
	}
	p.Report(rules.Finding{
		Message: message, Proof: rules.Mandated,
		Evidence: []rules.Evidence{p.FieldOrAbsent(p.Request, "Sec-WebSocket-Key1"), p.FieldOrAbsent(p.Request, "Sec-WebSocket-Key2")},
	})
}

var legacyDraftHeader = rules.Rule{
	ID: "legacy-draft-header", Family: rules.Version, Title: "Sec-WebSocket-Draft present",
	Doc: rules.Doc{
		Seen:   "The request has a Sec-WebSocket-Draft field, which the drafts hybi-02 and -03 used.",
		Why:    "Servers ignore it; it shows that the client's library is of 2010.",
		Change: "Update the client's library.",
		Before: "Sec-WebSocket-Draft: 2",
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "draft-ietf-hybi-thewebsocketprotocol-02, -03", When: rules.OnRequest,
	Fixes: legacyFixes, ClientSees: "nothing by itself",
	If:    rules.If(rules.RequestFieldOdd),
	Check: checkDraftHeader,
}

func checkDraftHeader(p *rules.Pass) {
	if lines := p.Fields(p.Request, "Sec-WebSocket-Draft"); len(lines) > 0 {
		p.Found("Sec-WebSocket-Draft "+quoteAll(p.Request, "Sec-WebSocket-Draft")+" belongs to an abandoned draft", lines...)
	}
}

var legacySecOrigin = rules.Rule{
	ID: "legacy-sec-websocket-origin", Family: rules.Version, Title: "Sec-WebSocket-Origin used in a request",
	Doc: rules.Doc{
		Seen:   "The request has a Sec-WebSocket-Origin field, the name that Origin had in the drafts up to version 8.",
		Why:    "Servers of version 13 ignore it, so that their origin check sees no origin.",
		Change: "Let the client send Origin, and version 13.",
		Before: "Sec-WebSocket-Origin: http://a.example.test", After: "Origin: http://a.example.test",
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "draft-ietf-hybi-thewebsocketprotocol-01 to -10; RFC 6455 s4.1 (item 8)", When: rules.OnRequest,
	Fixes: legacyFixes, ClientSees: "a refusal by servers that check the origin",
	If:    rules.If(rules.RequestFieldOdd),
	Check: checkSecOrigin,
}

func checkSecOrigin(p *rules.Pass) {
	if lines := p.Fields(p.Request, "Sec-WebSocket-Origin"); len(lines) > 0 {
		p.Found("Sec-WebSocket-Origin "+quoteAll(p.Request, "Sec-WebSocket-Origin")+"; servers of version 13 read Origin", lines...)
	}
}

var legacyExtensionName = rules.Rule{
	ID: "legacy-extension-name", Family: rules.Version, Title: "Extension name from a draft",
	Doc: rules.Doc{
		Seen:   "Sec-WebSocket-Extensions names an extension that never left the drafts.",
		Why:    "Unknown offers are ignored, so that the session is not compressed. If such an extension is accepted, frames use the reserved bits in its own way.",
		Change: "Update to a library that offers permessage-deflate.",
		Before: "Sec-WebSocket-Extensions: x-webkit-deflate-frame", After: "Sec-WebSocket-Extensions: permessage-deflate",
	},
	Actor: rules.Any, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "RFC 6455 s9.1; RFC 7692", When: rules.OnRequest | rules.On101,
	Fixes: legacyFixes, ClientSees: "nothing by itself, or a refusal by a strict server",
	If:    rules.If(rules.OfferOdd, rules.AnswerOdd),
	Check: checkDraftExtension,
}

// draftExtensions are names of extensions that no RFC defines.
var draftExtensions = [...]string{
	"deflate-stream", "deflate-frame", "x-webkit-deflate-frame", "perframe-deflate", "permessage-compress",
	"permessage-bzip2", "permessage-snappy", "x-google-mux", "mux",
}

func checkDraftExtension(p *rules.Pass) {
	for _, m := range [...]*analyzer.Message{p.Request, p.Response} {
		if m == nil {
			continue
		}
		extensions, _ := field.ParseExtensions(m.Values(extensionsField)...)
		i := slices.IndexFunc(extensions, func(e field.Extension) bool { return slices.Contains(draftExtensions[:], e.Name) })
		if i >= 0 {
			p.Report(rules.Finding{
				Actor: actorOf(m.From), Evidence: p.Fields(m, extensionsField),
				Message: "the extension " + rules.Quote(extensions[i].Name) + " is that of a draft",
			})
		}
	}
}
