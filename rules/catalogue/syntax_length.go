package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// heads gives the complete heads of a handshake.
func heads(p *rules.Pass) []*analyzer.Message {
	var all []*analyzer.Message
	for _, m := range [...]*analyzer.Message{p.Request, p.Response} {
		if m != nil && m.Complete {
			all = append(all, m)
		}
	}
	return all
}

var requestBodyPresent = rules.Rule{
	ID: "request-body-present", Family: rules.Syntax, Title: "Handshake request announces a body",
	Doc: rules.Doc{
		Seen:   "The request has a Content-Length above 0 or a Transfer-Encoding.",
		Why:    "A GET has no body as a rule: some servers answer 400, others take as many octets of the first frames for it.",
		Change: "Send neither field with the handshake.",
		Before: "GET /chat HTTP/1.1\nContent-Length: 5", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.ShouldNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9110 s9.3.1, s7.8; RFC 9112 s6", Endings: rules.Status(413),
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Send no Content-Length and no Transfer-Encoding with the handshake."}},
	ClientSees: headRefused,
	If:         rules.If(rules.RequestContent),
	Check:      checkBodyPresent,
}

func checkBodyPresent(p *rules.Pass) {
	if p.Dialect == analyzer.Hixie76 || !asksWebSocket(p) {
		return
	}
	n, ok := field.Decimal(p.Request.Get("Content-Length"))
	switch {
	case p.Request.Has("Transfer-Encoding"):
		p.Found("the request announces a body with Transfer-Encoding; a handshake has none", p.Fields(p.Request, "Transfer-Encoding")...)
	case ok && n > 0:
		p.Found(fmt.Sprintf("the request announces a body of %d octets; a handshake has none", n), p.Fields(p.Request, "Content-Length")...)
	}
}

var requestLengthConflict = rules.Rule{
	ID: "request-cl-te-conflict", Family: rules.Syntax, Title: "Content-Length together with Transfer-Encoding",
	Doc: rules.Doc{
		Seen:   "One head has both Content-Length and Transfer-Encoding.",
		Why:    "Hops can disagree about where the message ends, which is how requests are smuggled; servers refuse or close.",
		Change: "Send neither with a handshake, and never both.",
		Before: "Content-Length: 4\nTransfer-Encoding: chunked",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9112 s6.2, s6.3", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Send neither in a handshake; never both."}},
	ClientSees: headRefused,
	If:         rules.If(rules.LengthOdd),
	Check:      checkLengthConflict,
}

func checkLengthConflict(p *rules.Pass) {
	for _, m := range heads(p) {
		if m.Has("Content-Length") && m.Has("Transfer-Encoding") {
			p.Report(rules.Finding{
				Actor: actorOf(m.From), Message: headName(m) + ": both Content-Length and Transfer-Encoding",
				Evidence: append(p.Fields(m, "Content-Length"), p.Fields(m, "Transfer-Encoding")...),
			})
		}
	}
}

var requestLengthInvalid = rules.Rule{
	ID: "request-content-length-invalid", Family: rules.Syntax, Title: "Content-Length is not a single decimal number",
	Doc: rules.Doc{
		Seen:   "Content-Length holds something else than one decimal number.",
		Why:    "A server has to answer 400 and close; a response with it cannot be read.",
		Change: "Send one decimal number, or no Content-Length.",
		Before: "Content-Length: +5", After: "Content-Length: 5",
	},
	Actor: rules.Any, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9110 s8.6; RFC 9112 s6.3", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Content-Length: 0, or none at all"}},
	ClientSees: headRefused,
	If:         rules.If(rules.LengthOdd),
	Check:      checkLengthInvalid,
}

func checkLengthInvalid(p *rules.Pass) {
	for _, m := range heads(p) {
		if m.Has("Content-Length") && !oneLength(m.Values("Content-Length")) {
			p.Report(rules.Finding{
				Actor: actorOf(m.From), Message: headName(m) + ": Content-Length is " + quoteAll(m, "Content-Length") + "; one decimal number is expected",
				Evidence: p.Fields(m, "Content-Length"),
			})
		}
	}
}

// oneLength reports whether the lines hold one number, or the same one several times.
func oneLength(lines []string) bool {
	parts := strings.Split(strings.Join(lines, ","), ",")
	first := strings.Trim(parts[0], " \t")
	for _, part := range parts {
		part = strings.Trim(part, " \t")
		if part == "" || strings.Trim(part, "0123456789") != "" || part != first {
			return false
		}
	}
	return true
}

var headerDuplicateSingleton = rules.Rule{
	ID: "header-duplicate-singleton", Family: rules.Syntax, Title: "Singleton field sent more than once",
	Doc: rules.Doc{
		Seen:   "A field that may occur once occurs several times: Authorization, Content-Type, Location, ...",
		Why:    "Recipients take the first, the last or a joined value, so that two hops can read different things.",
		Change: "Send the field once: look for one that both the application and a proxy add.",
		Before: "Authorization: Bearer ...\nAuthorization: Basic ...", After: "Authorization: Bearer ...",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Warning},
	Reference: "RFC 9110 s5.3; RFC 6455 s11.3", When: rules.OnRequest | rules.On101 | rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Remove the copy that the proxy or the application adds."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.RequestRepeats, rules.ResponseRepeats),
	Check:      checkDuplicateSingleton,
}

// singletons are fields that may occur once and have no rule of their own.
var singletons = [...]string{
	"Content-Type", "Authorization", "Proxy-Authorization", "User-Agent", "Location", "Retry-After",
}

func checkDuplicateSingleton(p *rules.Pass) {
	for _, m := range [...]*analyzer.Message{p.Request, p.Response} {
		if m == nil {
			continue
		}
		for _, name := range singletons {
			if lines := p.Fields(m, name); len(lines) > 1 {
				p.Report(rules.Finding{
					Actor: actorOf(m.From), Evidence: lines,
					Message: fmt.Sprintf("%s: %s occurs %d times; one line is allowed", headName(m), name, len(lines)),
				})
			}
		}
	}
}

var requestExpectContinue = rules.Rule{
	ID: "request-expect-100-continue", Family: rules.Syntax, Title: "Expect: 100-continue on a request without content",
	Doc: rules.Doc{
		Seen:   "The request has Expect: 100-continue and no content.",
		Why:    "There is nothing to wait for. Some servers send 100 before the 101, which simple clients take for the answer; others answer 417.",
		Change: "Drop Expect from the handshake.",
		Before: "Expect: 100-continue",
	},
	Actor: rules.Client, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "RFC 9110 s10.1.1, s7.8",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "curl", Snippet: "curl -H 'Expect:' ..."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.RequestContent),
	Check:      checkExpect,
}

func checkExpect(p *rules.Pass) {
	n, _ := field.Decimal(p.Request.Get("Content-Length"))
	if p.HasToken(p.Request, "Expect", "100-continue") && n == 0 && !p.Request.Has("Transfer-Encoding") {
		p.Report(rules.Finding{
			Actor: senderOf(p), Message: "Expect: 100-continue, but the request has no content", Evidence: p.Fields(p.Request, "Expect"),
		})
	}
}

// senderOf gives who sent the request on this connection: a proxy that says so, else the
// client. What the field lines say nothing of may come from either.
func senderOf(p *rules.Pass) rules.Actor {
	if p.Marked() {
		return rules.Intermediary
	}
	return rules.Client
}

var response417 = rules.Rule{
	ID: "response-417", Family: rules.Syntax, Title: "Expectation failed (417)",
	Doc: rules.Doc{
		Seen:   "The final status is 417.",
		Why:    "The server, or a hop before it, cannot meet what the field Expect of the request asks for. A handshake has no content, so there is nothing to expect; clients and hops that add Expect: 100-continue to every request do it here, too.",
		Change: "Send no Expect in the handshake; where the request comes from a proxy (Via, X-Forwarded-For), compare it with the one that the proxy got. If the request in the capture has none, a hop behind the capture point added it: look there.",
		Before: "Expect: 100-continue",
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.5.18, s10.1.1",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"request-expect-100-continue"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "take Expect out of the request of the handshake"},
		{Product: "curl", Snippet: "curl -H 'Expect:' ..."},
	},
	ClientSees: "Unexpected response code: 417",
	If:         rules.If(rules.StatusClientError),
	Check:      checkResponse417,
}

func checkResponse417(p *rules.Pass) {
	if p.Status() != 417 {
		return
	}
	f := rules.Finding{Message: "the server answered 417: it cannot meet an expectation", Evidence: []rules.Evidence{p.StartLine(p.Response)}}
	switch {
	case p.Have&analyzer.RequestHead == 0:
	case p.Request.Has("Expect"):
		f.Proof, f.Actor = rules.Stated, senderOf(p)
		f.Message = "the server answered 417: it cannot meet Expect: " + rules.Quote(p.Request.Get("Expect"))
		f.Evidence = append(f.Evidence, p.Fields(p.Request, "Expect")...)
		if f.Actor == rules.Intermediary {
			f.Message += ", which a proxy sent: it added the field, or passed on that of its client"
			f.Evidence = append(f.Evidence, p.Markers()...)
		}
	default:
		f.Actor = rules.Server
		f.Message += ", although the request has no Expect: a hop behind this one may have added it"
		f.Evidence = append(f.Evidence, p.Head(p.Request, "Expect"))
	}
	p.Report(f)
}
