package catalogue

import (
	"fmt"
	"slices"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var authJWTMalformed = rules.Rule{
	ID: "auth-jwt-malformed", Family: rules.Auth, Title: "JWT cannot be decoded",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The bearer token begins like a JWT, but is not made of three or five parts in base64url, its header or payload is no JSON object, or exp or nbf is no number.",
		Why:    "The server cannot read the token. It was cut by a limit, damaged by a shell or a copy, or encoded in the wrong alphabet.",
		Change: "Send the token whole and unchanged. Check for truncation, quoting, and padding or + and / of ordinary base64.",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Endings: rules.Status(400), Reference: "RFC 7519 s7.2; RFC 7515 s3, s7.1",
	Needs: analyzer.RequestHead, When: rules.OnRequest, Suppresses: brokenCredential,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "compare length and end of the token sent with the one that was issued"}},
	ClientSees: sees401,
	If:         rules.If(rules.HasAuthorization).And(rules.HasToken),
	Check:      checkJWTMalformed,
}

func checkJWTMalformed(p *rules.Pass) {
	schemeLines(p, "Bearer", func(line int, rest string) {
		t, ok := field.JWT(rest)
		if what := jwtFaultWords[t.Fault]; ok && what != "" {
			reportCredential(p, line, fmt.Sprintf("the JWT in Authorization, %d octets, cannot be decoded: %s", len(rest), what))
		}
	})
}

// jwtFaultWords leaves out what is no fault of the token.
var jwtFaultWords = [...]string{
	field.JWTParts:     "it has neither three nor five parts",
	field.JWTBase64:    "a part is not base64url without padding",
	field.JWTHeader:    "its header is no JSON object",
	field.JWTPayload:   "its payload is no JSON object",
	field.JWTDateType:  "exp, nbf or iat is no number",
	field.JWTEncrypted: "",
}

var authJWTNotYetValid = rules.Rule{
	ID: "auth-jwt-not-yet-valid", Family: rules.Auth, Title: "JWT is not valid yet",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request carries a JWT whose nbf lies after the time of the request, by capture time corrected by the Date of the response.",
		Why:    "A server must not accept a token before that time. Mostly the clocks of the issuer and of the server differ.",
		Change: "Synchronise the clocks, or let the server allow a little leeway.",
	},
	Actor: rules.Client, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true,
	Endings:   slices.Concat(rules.Status(400), rules.CloseCodes(3000, 4001, 4003)),
	Reference: "RFC 7519 s4.1.5",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.On101 | rules.OnFinal,
	Suppresses: []string{"auth-bearer-challenge-error", "auth-rejected-credentials", "response-401"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "synchronise the clocks of issuer and server (NTP)"},
		{Product: "server", Snippet: "allow 60 s of leeway for nbf"},
	},
	ClientSees: sees401,
	If:         rules.If(rules.HasToken),
	Check:      checkNotYetValid,
}

func checkNotYetValid(p *rules.Pass) {
	if !tokenMayMatter(p) {
		return
	}
	limit := p.Now().Add(leeway(p))
	for _, t := range tokensOf(p) {
		nbf := t.token.NotBefore
		if t.token.Fault != field.JWTValid || !nbf.Number || !nbf.Time().After(limit) {
			continue
		}
		p.Found(fmt.Sprintf("the JWT in %s is valid from %s on, %s after the request (signature not verified)",
			t.place, stamp(nbf.Time()), nbf.Time().Sub(p.Now()).Round(time.Second)), t.evidence)
		return
	}
}
