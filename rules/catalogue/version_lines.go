package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

var requestVersionMissing = rules.Rule{
	ID: "request-version-missing", Family: rules.Version, Title: "Sec-WebSocket-Version missing",
	Doc: rules.Doc{
		Seen:   "The request has a Sec-WebSocket-Key but no Sec-WebSocket-Version.",
		Why:    "A server cannot tell which protocol is meant and answers 400 or 426, often with the list of its versions.",
		Change: "Send Sec-WebSocket-Version: 13. If it is missing behind a proxy only, that proxy drops it.",
		Before: "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==", After: wholeRequest,
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 9), s4.2.1 (item 6)",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"response-426", "response-version-list-missing", "version-rejected-by-server"},
	Fixes: []rules.Fix{
		{Product: "client", Snippet: "Sec-WebSocket-Version: 13"},
		{Product: "curl", Snippet: `curl -H "Sec-WebSocket-Version: 13" -H "Sec-WebSocket-Key: $(openssl rand -base64 16)" ...`},
	},
	ClientSees: versionRefused,
	If:         rules.If(rules.VersionOdd),
	Check:      checkVersionMissing,
}

func checkVersionMissing(p *rules.Pass) {
	if p.Dialect == analyzer.RFC6455 && p.Request.Has("Sec-WebSocket-Key") && !p.Request.Has(secVersion) {
		p.Found(`Sec-WebSocket-Version is missing; "13" is expected`, p.Head(p.Request, secVersion))
	}
}

var requestVersionDuplicate = rules.Rule{
	ID: "request-version-duplicate", Family: rules.Version, Title: "Sec-WebSocket-Version sent twice",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request has two or more Sec-WebSocket-Version field lines, equal or not.",
		Why:    "Joined they are a list, which a request must not have. ws and coder answer 400; gorilla/websocket is content if 13 is among them.",
		Change: "Send the field once: remove the line that the application or a proxy adds to the one of the library.",
		Before: "Sec-WebSocket-Version: 13\nSec-WebSocket-Version: 13", After: "Sec-WebSocket-Version: 13",
	},
	Actor: rules.Client, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s11.3.5",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"request-version-list", "response-426", "response-version-list-missing"},
	Fixes:      versionFixes, ClientSees: versionRefused,
	If:    rules.If(rules.VersionOdd),
	Check: checkVersionDuplicate,
}

func checkVersionDuplicate(p *rules.Pass) {
	if lines := p.Fields(p.Request, secVersion); len(lines) > 1 {
		p.Found(fmt.Sprintf("Sec-WebSocket-Version occurs %d times, together %s; one line is allowed", len(lines), quoteAll(p.Request, secVersion)), lines...)
	}
}

var requestVersionList = rules.Rule{
	ID: "request-version-list", Family: rules.Version, Title: "Sec-WebSocket-Version is a list",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The value of Sec-WebSocket-Version in the request holds a comma.",
		Why:    "Only a response may list versions. Strict servers refuse with 400 or 426; gorilla/websocket is content if 13 is among them.",
		Change: "Send the one version that the client prefers, and try again with another one after a 426 that lists it.",
		Before: "Sec-WebSocket-Version: 13, 8", After: "Sec-WebSocket-Version: 13",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.3, s4.4",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"response-426", "response-version-list-missing", "version-rejected-by-server"},
	Fixes:      versionFixes, ClientSees: versionRefused,
	If:    rules.If(rules.VersionOdd),
	Check: checkVersionList,
}

func checkVersionList(p *rules.Pass) {
	value, i, ok := onlyVersion(p)
	if ok && strings.Contains(value, ",") {
		p.Found("Sec-WebSocket-Version "+rules.Quote(value)+" is a list; a request names one version", p.Field(p.Request, i))
	}
}
