package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var requestVersionDraft = rules.Rule{
	ID: "request-version-draft", Family: rules.Version, Title: "Client speaks a hybi draft version",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Sec-WebSocket-Version is 0 to 8: 4 to 7 are the drafts hybi-04 to -07, 8 is hybi-08 to -12.",
		Why:    "Servers that know RFC 6455 only refuse with 400 or 426 and list 13. Some still take 8, which has the same key and frames.",
		Change: "Update the client's library or firmware to one that speaks version 13.",
		Before: "Sec-WebSocket-Version: 8\nSec-WebSocket-Origin: http://a.example.test", After: "Sec-WebSocket-Version: 13\nOrigin: http://a.example.test",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 9), s11.6; draft-ietf-hybi-thewebsocketprotocol-04 to -12",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"legacy-sec-websocket-origin", "response-426", "response-version-list-missing"},
	Fixes:      versionFixes, ClientSees: versionRefused,
	If:    rules.If(rules.VersionOdd),
	Check: checkVersionDraft,
}

func checkVersionDraft(p *rules.Pass) {
	version, i, ok := validVersion(p)
	if ok && version <= 8 {
		p.Found("Sec-WebSocket-Version "+quoteAll(p.Request, secVersion)+" is that of a draft; RFC 6455 is version 13", p.Field(p.Request, i))
	}
}

// validVersion gives the version that the request asks for if it is a number of
// 0 to 255 written as it should be.
func validVersion(p *rules.Pass) (version uint8, line int, ok bool) {
	value, i, one := onlyVersion(p)
	version, form := field.Version(value)
	return version, i, one && form == field.VersionValid
}

var requestVersionReserved = rules.Rule{
	ID: "request-version-reserved", Family: rules.Version, Title: "Client uses a version that was never assigned",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Sec-WebSocket-Version is 9, 10, 11 or 12.",
		Why:    "These numbers are reserved and were never spoken: a server refuses with 400 or 426 and lists what it knows.",
		Change: "Send version 13.",
		Before: "Sec-WebSocket-Version: 10", After: "Sec-WebSocket-Version: 13",
	},
	Actor: rules.Client, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 9, note), s11.6",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: refusedVersion, Fixes: versionFixes, ClientSees: versionRefused,
	If:    rules.If(rules.VersionOdd),
	Check: checkVersionReserved,
}

func checkVersionReserved(p *rules.Pass) {
	version, i, ok := validVersion(p)
	if ok && version >= 9 && version <= 12 {
		p.Found("Sec-WebSocket-Version "+quoteAll(p.Request, secVersion)+" is reserved; RFC 6455 is version 13", p.Field(p.Request, i))
	}
}

var requestVersionUnsupported = rules.Rule{
	ID: "request-version-unsupported", Family: rules.Version, Title: "Client asks for an unassigned version above 13",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Sec-WebSocket-Version is a number of 14 to 255.",
		Why:    "No such version exists: the server has to refuse and to list the versions that it speaks. A client that asks so to discover them, and then takes 13, does nothing wrong.",
		Change: "Send version 13, or let the client try again with a version of the list.",
		Before: "Sec-WebSocket-Version: 25", After: "Sec-WebSocket-Version: 13",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 9), s4.2.2 (step 4), s4.4",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"response-426", "response-version-list-missing", "version-rejected-by-server"},
	Fixes:      versionFixes, ClientSees: versionRefused,
	If:    rules.If(rules.VersionOdd),
	Check: checkVersionUnsupported,
}

func checkVersionUnsupported(p *rules.Pass) {
	version, i, ok := validVersion(p)
	if ok && version > 13 {
		p.Found("Sec-WebSocket-Version "+quoteAll(p.Request, secVersion)+" is not assigned; RFC 6455 is version 13", p.Field(p.Request, i))
	}
}

var requestVersionOutOfRange = rules.Rule{
	ID: "request-version-out-of-range", Family: rules.Version, Title: "Sec-WebSocket-Version above 255",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Sec-WebSocket-Version is a number above 255.",
		Why:    "Versions go from 0 to 255 only, so that servers refuse with 400 or 426.",
		Change: "Send version 13.",
		Before: "Sec-WebSocket-Version: 299", After: "Sec-WebSocket-Version: 13",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.3, s11.6",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: refusedVersion, Fixes: versionFixes, ClientSees: versionRefused,
	If:    rules.If(rules.VersionOdd),
	Check: checkVersionRange,
}

func checkVersionRange(p *rules.Pass) {
	value, i, ok := onlyVersion(p)
	if _, form := field.Version(value); ok && form == field.VersionOutOfRange {
		p.Found("Sec-WebSocket-Version "+rules.Quote(value)+" is above 255; RFC 6455 is version 13", p.Field(p.Request, i))
	}
}

var requestVersionMalformed = rules.Rule{
	ID: "request-version-malformed", Family: rules.Version, Title: "Sec-WebSocket-Version is not a plain number",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The value of Sec-WebSocket-Version is not a decimal number without sign, leading zero, point or quotes.",
		Why:    "Strict servers compare the text with 13 and refuse with 400 or 426; lenient ones turn it into a number, so that the same client works elsewhere.",
		Change: "Send the two digits 13 and nothing else.",
		Before: "Sec-WebSocket-Version: +13", After: "Sec-WebSocket-Version: 13",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.3",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: refusedVersion, Fixes: versionFixes, ClientSees: versionRefused,
	If:    rules.If(rules.VersionOdd),
	Check: checkVersionMalformed,
}

func checkVersionMalformed(p *rules.Pass) {
	value, i, ok := onlyVersion(p)
	if _, form := field.Version(value); ok && form == field.VersionMalformed && !strings.Contains(value, ",") {
		p.Found("Sec-WebSocket-Version "+rules.Quote(value)+` is not a plain number; "13" is expected`, p.Field(p.Request, i))
	}
}
