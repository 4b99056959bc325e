package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/rules"
)

var requestMalformedHead = rules.Rule{
	ID: "request-malformed-head", Family: rules.Syntax, Title: "Several grammar faults in one request head",
	Doc: rules.Doc{
		Seen:   "The request head breaks the grammar of HTTP in two or more ways, or in one way and the answer says that the head is malformed.",
		Why:    "Servers refuse such a head with 400 before they look for WebSocket in it.",
		Change: "Let a library build the request instead of writing it by hand; strip line ends from tokens and cookies.",
		Before: "Host : ws.example.test\nX-Note: a\n folded", After: wholeRequest,
	},
	Actor: rules.Client, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9112 s2 to s5; RFC 6455 s11.3",
	Needs: analyzer.RequestHead, When: rules.OnRequest, Collects: true,
	Suppresses: []string{
		"header-bare-cr", "header-bare-lf", "header-control-octet", "header-leading-whitespace-line", "header-name-invalid",
		"header-non-ascii", "header-obs-fold", "header-space-before-colon", "request-body-present", "request-cl-te-conflict",
		"request-content-length-invalid", "request-host-duplicate", "request-host-invalid", "request-host-missing",
		"request-key-duplicate", "request-version-duplicate",
	},
	Fixes: headFixes, ClientSees: headRefused,
	If:    rules.If(rules.RequestDeviates, rules.HostOdd, rules.KeyOdd, rules.VersionOdd, rules.RequestContent),
	Check: checkMalformedHead,
}

// headFaults are the rules that this one collects. Those that look at responses
// as well count if the request deviates.
var headFaults = [...]struct {
	id   string
	kind http1.DeviationKind // 0 = judges requests only
	name string              // a field that the request has to have, with kind 0
}{
	{"header-bare-cr", http1.BareCR, ""},
	{"header-bare-lf", http1.BareLF, ""},
	{"header-control-octet", http1.ControlOctet, ""},
	{"header-leading-whitespace-line", http1.LeadingSpaceLine, ""},
	{"header-name-invalid", http1.NoColon, ""},
	{"header-name-invalid", http1.BadName, ""},
	{"header-non-ascii", http1.NonASCII, ""},
	{"header-obs-fold", http1.ObsFold, ""},
	{"header-space-before-colon", http1.SpaceBeforeColon, ""},
	{"request-body-present", 0, ""},
	{"request-cl-te-conflict", 0, "Transfer-Encoding"},
	{"request-content-length-invalid", 0, "Content-Length"},
	{"request-host-duplicate", 0, ""},
	{"request-host-invalid", 0, ""},
	{"request-host-missing", 0, ""},
	{"request-key-duplicate", 0, ""},
	{"request-version-duplicate", 0, ""},
}

func checkMalformedHead(p *rules.Pass) {
	var found []string
	for _, f := range headFaults {
		there := f.kind == 0 && (f.name == "" || p.Request.Has(f.name)) || f.kind != 0 && p.Request.Deviates(f.kind) != nil
		if there && p.Fired(f.id) && (len(found) == 0 || found[len(found)-1] != f.id) {
			found = append(found, f.id)
		}
	}
	if len(found) > 1 || len(found) == 1 && saysMalformed(p) {
		p.Report(rules.Finding{
			Message: "the request head is malformed: " + strings.Join(found, ", "), Proof: rules.Mandated,
			Evidence: []rules.Evidence{p.Span(p.Request, http1.SpanOf(0, len(p.Request.Raw)), "request head", "")},
		})
	}
}

// saysMalformed reports whether the answer complains about the head as such.
func saysMalformed(p *rules.Pass) bool {
	return p.BodyHas("Bad Request - Invalid Header") || p.BodyHas("Bad Request - Invalid Hostname") || p.BodyHasFold("invalid header line")
}
