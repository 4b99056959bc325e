package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var response401MissingWWWAuthenticate = rules.Rule{
	ID: "response-401-missing-www-authenticate", Family: rules.Auth, Title: "401 without WWW-Authenticate",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The response is a 401 and has no WWW-Authenticate, or an empty one.",
		Why:    "The client is not told which scheme would be accepted. It is common among JSON interfaces and never the reason of the refusal.",
		Change: "Send WWW-Authenticate with every 401.",
		Before: "HTTP/1.1 401 Unauthorized", After: "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer realm=\"api\"",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Failed: rules.Warning},
	Cause: rules.NotCause, Reference: "RFC 9110 s11.6.1, s15.5.2; RFC 6455 s4.2.2 step 2",
	Needs: analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "WWW-Authenticate: Bearer realm=\"api\""}},
	ClientSees: "Nothing by itself.",
	If:         rules.If(rules.Status401).And(rules.NoChallenge, rules.ChallengeOdd),
	Check:      checkNoChallenge,
}

func checkNoChallenge(p *rules.Pass) {
	if p.Status() == statusUnauthorized && len(p.List(p.Response, "WWW-Authenticate")) == 0 {
		p.Found("the 401 has no WWW-Authenticate: the client cannot know which scheme to use", p.Head(p.Response, "WWW-Authenticate"))
	}
}

var authBasicChallengeNoRealm = rules.Rule{
	ID: "auth-basic-challenge-no-realm", Family: rules.Auth, Title: "Basic challenge without realm",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A challenge of the scheme Basic has no realm.",
		Why:    "The parameter is required. Some clients do not ask for a password without it.",
		Change: "Add realm to the challenge.",
		Before: "WWW-Authenticate: Basic", After: "WWW-Authenticate: Basic realm=\"api\"",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Failed: rules.Info},
	Cause: rules.NotCause, Reference: "RFC 7617 s2",
	Needs: analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "WWW-Authenticate: Basic realm=\"api\""}},
	ClientSees: "Nothing by itself.",
	If:         rules.If(rules.ChallengeOdd),
	Check:      checkBasicRealm,
}

func checkBasicRealm(p *rules.Pass) {
	for _, c := range challenges(p) {
		if _, ok := c.Param("realm"); field.EqualFold(c.Scheme, "Basic") && !ok {
			p.Found("the Basic challenge has no realm", p.Fields(p.Response, "WWW-Authenticate")...)
			return
		}
	}
}

var authChallengeMalformed = rules.Rule{
	ID: "auth-challenge-malformed", Family: rules.Auth, Title: "Challenge syntax invalid",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "WWW-Authenticate or Proxy-Authenticate is not a list of challenges: a scheme, then parameters or one token.",
		Why:    "A client that cannot read the challenge ignores it and gives up.",
		Change: "Write the scheme, a blank, then name=\"value\" pairs separated by commas.",
		Before: "WWW-Authenticate: realm=\"x\"", After: "WWW-Authenticate: Basic realm=\"x\"",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Failed: rules.Warning},
	Cause: rules.NotCause, Reference: "RFC 9110 s11.3, s11.6.1",
	Needs: analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "WWW-Authenticate: Bearer realm=\"api\", error=\"invalid_token\""}},
	ClientSees: "Nothing by itself.",
	If:         rules.If(rules.ChallengeOdd),
	Check:      checkChallengeSyntax,
}

func checkChallengeSyntax(p *rules.Pass) {
	for _, name := range [...]string{"WWW-Authenticate", "Proxy-Authenticate"} {
		values := p.Response.Values(name)
		if len(values) == 0 {
			continue
		}
		_, faults := field.ParseChallenges(values...)
		i := slices.IndexFunc(faults, func(f field.Fault) bool { return f.Kind != field.EmptyElement })
		if i >= 0 {
			p.Found(fmt.Sprintf("%s is no list of challenges: %s", name, rules.Quote(values[faults[i].Line])), p.Fields(p.Response, name)...)
			return
		}
	}
}

var authBearerChallengeError = rules.Rule{
	ID: "auth-bearer-challenge-error", Family: rules.Auth, Title: "Bearer challenge names the token error",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The refusal carries a Bearer challenge with error=invalid_token, insufficient_scope or invalid_request.",
		Why:    "The server says itself what is wrong: the token is expired, revoked or malformed; it lacks a scope; or the request carries the token wrongly.",
		Change: "Get a new token for invalid_token, ask for more scope for insufficient_scope, and send one well-formed token in one place for invalid_request.",
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Endings: rules.Status(400), Reference: "RFC 6750 s3, s3.1",
	Needs: analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"auth-rejected-credentials", "response-401"},
	Fixes:      []rules.Fix{{Product: "client", Snippet: "on invalid_token fetch a new token before the next attempt"}},
	ClientSees: sees401,
	If:         rules.If(rules.ChallengeOdd),
	Check:      checkBearerError,
}

func checkBearerError(p *rules.Pass) {
	if !refused401or403(p) && p.Status() != statusBadRequest {
		return
	}
	code, description := bearerError(p)
	if !slices.Contains([]string{"invalid_token", "insufficient_scope", "invalid_request"}, code) {
		return
	}
	message := "the challenge says " + code
	if description != "" {
		message += " (" + strings.Trim(rules.Quote(description), `"`) + ")"
	}
	p.Report(rules.Finding{Message: message, Evidence: statusEvidence(p, "WWW-Authenticate"), Proof: rules.Stated})
}
