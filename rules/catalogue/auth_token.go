package catalogue

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var authTokenExpired = rules.Rule{
	ID: "auth-token-expired", Family: rules.Auth, Title: "Credential was already expired when it was sent",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request carries a JWT whose exp lies before the time of the request, or a signed URL past its lifetime. Capture time counts, corrected by the Date of the response; the signature is not verified.",
		Why:    "A server must not accept an expired token. It answers 401, 403 or 400, or closes right after the upgrade with a code such as 1008, 3000 or 4401. Clients that reconnect with the token of the first attempt stay locked out.",
		Change: "Fetch a fresh token before every attempt, also when reconnecting. If the token is new, correct the clock of its issuer or of the server.",
	},
	Actor: rules.Client, Level: rules.MustNot,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   slices.Concat(rules.Status(400), rules.CloseCodes(3000, 4001, 4003)),
	Reference: "RFC 7519 s4.1.4, s2 (NumericDate)",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.On101 | rules.OnFinal,
	Suppresses: []string{
		"auth-bearer-challenge-error", "auth-forbidden", "auth-rejected-credentials", "post-close-policy",
		"response-401", "response-403",
	},
	Fixes: []rules.Fix{
		{Product: "browser", Snippet: "const ws = new ReconnectingWebSocket(async () => `wss://host/ws?token=${await freshToken()}`)"},
		{Product: "Go", Snippet: "build the http.Header with a fresh token inside the reconnect loop"},
		{Product: "any", Snippet: "fetch a fresh token before every connect and reconnect; if it was fresh, compare the clocks of issuer and server"},
	},
	ClientSees: "401 again and again; Close 4001 or 4401 after the 101",
	If:         rules.If(rules.HasToken, rules.MayExpire),
	Check:      checkTokenExpired,
}

func checkTokenExpired(p *rules.Pass) {
	if f, ok := expiredToken(p); ok && tokenMayMatter(p) {
		p.Report(f)
	}
}

// tokenMayMatter reports whether an attempt that ended this way may have ended
// for a bad token. Other refusals say nothing of it.
func tokenMayMatter(p *rules.Pass) bool {
	switch e := p.Ending; e.Kind {
	case analyzer.EndingStatus:
		return e.Status == statusBadRequest || refused401or403(p)
	case analyzer.EndingClose:
		return e.Code == 1008 || e.Code == 3000 || e.Code == 4001 || e.Code == 4003 || e.Code >= 4400 && e.Code < 4500
	case analyzer.EndingNone:
		return true
	}
	return false
}

// Leeways for the clocks of issuer, server and capture.
const (
	leewayRefused  = 60 * time.Second
	leewayAccepted = 300 * time.Second
)

func leeway(p *rules.Pass) time.Duration {
	if p.Outcome == analyzer.Established {
		return leewayAccepted
	}
	return leewayRefused
}

// expiredToken gives the finding about an expired token, if there is one.
func expiredToken(p *rules.Pass) (rules.Finding, bool) {
	limit := p.Now().Add(-leeway(p))
	tokens := tokensOf(p)
	if len(tokens) == 0 {
		return expiredURL(p, limit)
	}
	t := tokens[0] // the one that a server looks at first
	exp := t.token.Expires
	if t.token.Fault != field.JWTValid || !exp.Number || exp.Time().After(limit) {
		return rules.Finding{}, false
	}
	return rules.Finding{
		Message: fmt.Sprintf("the JWT in %s expired at %s, %s before the request (signature not verified)",
			t.place, stamp(exp.Time()), p.Now().Sub(exp.Time()).Round(time.Second)),
		Evidence: []rules.Evidence{t.evidence},
	}, true
}

func stamp(t time.Time) string { return t.Format(time.RFC3339) }

// sentToken is a JWT in a request.
type sentToken struct {
	token    field.Token
	place    string // "Authorization", "query parameter token", ...
	evidence rules.Evidence
}

// tokensKept bounds the tokens that are decoded.
const tokensKept = 8

// tokensOf gives the JWTs of the place that says most about who asks:
// Authorization, else the query, else the subprotocols, else the cookies, where
// a token is only taken if there are no others that could be the one meant.
func tokensOf(p *rules.Pass) []sentToken {
	for _, from := range [...]func(*rules.Pass) []sentToken{authorizationTokens, queryTokens, subprotocolTokens} {
		if all := from(p); len(all) > 0 {
			return all
		}
	}
	if all := cookieTokens(p); len(all) == 1 {
		return all
	}
	return nil
}

func authorizationTokens(p *rules.Pass) (all []sentToken) {
	for _, i := range p.Request.Lookup("Authorization") {
		words := strings.Fields(p.Request.Value(i))
		if len(words) == 0 || len(all) == tokensKept {
			continue
		}
		all = appendToken(all, words[len(words)-1], "Authorization", p.Field(p.Request, i))
	}
	return all
}

func queryTokens(p *rules.Pass) (all []sentToken) {
	for _, q := range p.Params() {
		if len(all) < tokensKept {
			all = appendToken(all, strings.TrimPrefix(q.Value, "Bearer%20"), "query parameter "+rules.Quote(q.Name), p.StartLine(p.Request))
		}
	}
	return all
}

func subprotocolTokens(p *rules.Pass) (all []sentToken) {
	lines := p.Request.Lookup(subprotocolField)
	for _, e := range p.List(p.Request, subprotocolField) {
		if at := strings.Index(e.Text, "eyJ"); at >= 0 && len(all) < tokensKept {
			all = appendToken(all, e.Text[at:], subprotocolField, p.Field(p.Request, lines[e.Line]))
		}
	}
	return all
}

func cookieTokens(p *rules.Pass) (all []sentToken) {
	for _, i := range p.Request.Lookup("Cookie") {
		value := p.Request.Value(i)
		cookies, _ := field.ParseCookies(value)
		for _, c := range cookies {
			if len(all) < tokensKept {
				all = appendToken(all, value[c.ValueStart:c.ValueEnd], "cookie "+rules.Quote(c.Name), p.Field(p.Request, i))
			}
		}
	}
	return all
}

func appendToken(all []sentToken, text, place string, e rules.Evidence) []sentToken {
	if t, ok := field.JWT(text); ok {
		return append(all, sentToken{t, place, e})
	}
	return all
}

// expiredURL gives the finding about a signed URL past its lifetime.
func expiredURL(p *rules.Pass, limit time.Time) (rules.Finding, bool) {
	until, name, ok := signedUntil(p.Target())
	if !ok || until.After(limit) {
		return rules.Finding{}, false
	}
	return rules.Finding{
		Message: fmt.Sprintf("the signed URL was valid until %s by its parameter %s, %s before the request",
			stamp(until), name, p.Now().Sub(until).Round(time.Second)),
		Evidence: []rules.Evidence{p.StartLine(p.Request)},
	}, true
}

// signedUntil reads how long a signed URL is valid: AWS Signature Version 4,
// CloudFront and S3 Version 2 (Expires), Azure SAS (se), and exp beside a
// signature.
func signedUntil(t rules.Target) (until time.Time, name string, ok bool) {
	query := map[string]string{}
	for _, q := range field.QueryPairs(t.Query) {
		if len(query) < 64 {
			query[q.Name] = q.Value
		}
	}
	signed := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return query[n] != "" })
	}
	switch {
	case signed("X-Amz-Date") && signed("X-Amz-Expires"):
		from, err := time.Parse("20060102T150405Z", query["X-Amz-Date"])
		n, fault := strconv.ParseUint(query["X-Amz-Expires"], 10, 24)
		return from.Add(time.Duration(n) * time.Second), "X-Amz-Expires", err == nil && fault == nil
	case signed("se") && signed("sig"):
		until, err := time.Parse(time.RFC3339, query["se"])
		return until, "se", err == nil
	case signed("Expires") && signed("Signature", "Policy"):
		until, ok = epoch(query["Expires"])
		return until, "Expires", ok
	case signed("exp") && signed("sig", "signature", "hmac", "sign"):
		until, ok = epoch(query["exp"])
		return until, "exp", ok
	}
	return until, "", false
}

// epoch reads seconds since 1970 in the ten digits that they have these days.
func epoch(s string) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0).UTC(), err == nil && len(s) == 10
}
