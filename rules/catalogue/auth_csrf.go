package catalogue

import (
	"bytes"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var authCSRFRejected = rules.Rule{
	ID: "auth-csrf-rejected", Family: rules.Auth, Title: "CSRF token check fails on the upgrade",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A 403 or 400 whose body speaks of CSRF, XSRF or forgery, or a STOMP ERROR message about a missing CSRF token after the 101.",
		Why:    "The framework wants proof that a page of its own opens the socket: a token that goes with the session cookie. The request does not carry it, or not the right one.",
		Change: "Send the token where the framework looks for it: a query parameter, a field of the STOMP CONNECT, the header of a library. Take the check off the route only behind another guard.",
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true,
	Endings:   slices.Concat(rules.Status(400), rules.Ends(analyzer.EndingClose, analyzer.EndingDropped)),
	Reference: "RFC 6455 s10.2",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.On101 | rules.OnFinal,
	Suppresses: []string{
		"auth-forbidden", "auth-missing-credentials", "auth-rejected-credentials", "post-refused-by-application", "response-400-unexplained", "response-403",
	},
	Fixes: []rules.Fix{
		{Product: "Spring", Snippet: "stompClient.connect({'X-CSRF-TOKEN': token}, onConnected)"},
		{Product: "Jupyter", Snippet: "append ?token=... or send the _xsrf value"},
	},
	ClientSees: sees403,
	If:         rules.If(rules.Status400, rules.Status403, rules.FrameRefuses),
	Check:      checkCSRF,
}

func checkCSRF(p *rules.Pass) {
	switch p.Status() {
	case statusForbidden, statusBadRequest:
		if saysCSRF(p) {
			p.Report(rules.Finding{
				Message:  "the body speaks of a check against forged requests" + csrfCookie(p),
				Evidence: append(statusEvidence(p), p.BodyEvidence(p.BodyText())), Proof: rules.Stated,
			})
		}
	case statusSwitchingProtocols:
		if f := stompCSRF(p); f != nil {
			p.Report(rules.Finding{
				Message:  "a STOMP ERROR after " + opener(p) + " speaks of a CSRF token",
				Evidence: []rules.Evidence{p.Frame(reassembly.Server, f)}, Proof: rules.Stated,
			})
		}
	}
}

// csrfCookie says which cookie the token ought to have gone with.
func csrfCookie(p *rules.Pass) string {
	for _, name := range p.Credentials().Cookies {
		if lower := strings.ToLower(name); strings.Contains(lower, "xsrf") || strings.Contains(lower, "csrf") {
			return "; the request carries the cookie " + rules.Quote(name)
		}
	}
	return ""
}

// stompCSRF finds the STOMP ERROR about a CSRF token among the first frames.
func stompCSRF(p *rules.Pass) *analyzer.Frame {
	if p.Upgraded == nil {
		return nil
	}
	list := p.Upgraded.Messages(reassembly.Server)
	for i := range list {
		f := &list[i]
		if bytes.HasPrefix(f.Payload, []byte("ERROR\n")) && bytes.Contains(bytes.ToLower(f.Payload), []byte("csrf")) {
			return f
		}
	}
	return nil
}
