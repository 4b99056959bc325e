package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// authRules lists the rules of family Auth.
var authRules = []*rules.Rule{
	&authAuthorizationMalformed,
	&authBasicChallengeNoRealm,
	&authBasicMalformed,
	&authBearerChallengeError,
	&authBearerMalformed,
	&authBearerMultipleMethods,
	&authChallengeMalformed,
	&authCookieMissing,
	&authCSRFRejected,
	&authForbidden,
	&authJWTMalformed,
	&authJWTNotYetValid,
	&authMissingCredentials,
	&authRejectedCredentials,
	&authRedirectLogin,
	&authRetryLoop,
	&authTokenExpired,
	&authTokenSubprotocolNotEchoed,
	&response401,
	&response401MissingWWWAuthenticate,
}

// What common clients print for a refusal, whatever it is for.
const (
	sees401 = "Chrome `HTTP Authentication failed; no valid credentials available` or `Unexpected response code: 401`; ws `Unexpected server response: 401`; gorilla `websocket: bad handshake`"
	sees403 = "Chrome `Unexpected response code: 403`; Python `server rejected WebSocket connection: HTTP 403`; ws `Unexpected server response: 403`; gorilla `websocket: bad handshake`"
)

// challenges gives the well-formed challenges of the final response.
func challenges(p *rules.Pass) []field.Challenge { return p.Challenges() }

// schemes names the schemes that a response asks for, each once, at most four.
func schemes(all []field.Challenge) string {
	if len(all) == 1 {
		return all[0].Scheme
	}
	var names []string
	for i := range all {
		if len(names) < 4 && !hasFold(names, all[i].Scheme) {
			names = append(names, all[i].Scheme)
		}
	}
	return strings.Join(names, ", ")
}

func hasFold(list []string, s string) bool {
	for _, x := range list {
		if field.EqualFold(x, s) {
			return true
		}
	}
	return false
}

// clientCertificate reports whether the client showed a TLS certificate, as far
// as that is in clear: it is a credential, too.
func clientCertificate(p *rules.Pass) bool {
	return p.TLS != nil && p.TLS.ClientCertificate.Seen && !p.TLS.ClientCertificate.Empty
}

// authBodyWords are words of a body by which a 403 says that it is about who asks.
var authBodyWords = [...]string{
	"not authenticated", "unauthenticated", "unauthorized", "authentication", "credential",
	"log in", "login", "sign in", "token", "api key", "apikey", "session expired",
}

// saysAuth reports whether a refusal speaks of authentication: by a challenge,
// or in its body.
func saysAuth(p *rules.Pass) bool {
	if p.Response.Has("WWW-Authenticate") {
		return true
	}
	for _, w := range authBodyWords {
		if p.BodyHasFold(w) {
			return true
		}
	}
	return false
}

// saysCSRF reports whether a refusal speaks of a check against forged requests.
func saysCSRF(p *rules.Pass) bool {
	return p.BodyHasFold("csrf") || p.BodyHasFold("xsrf") || p.BodyHasFold("request forgery")
}

// bearerError gives the error that a Bearer challenge names.
func bearerError(p *rules.Pass) (code, description string) {
	for _, c := range challenges(p) {
		if field.EqualFold(c.Scheme, "Bearer") {
			if code, ok := c.Param("error"); ok && code != "" {
				description, _ = c.Param("error_description")
				return code, description
			}
		}
	}
	return "", ""
}

// answeredByPolicy reports whether a refusal was made up by an intermediary, or
// names a check that has nothing to do with who asks: rules that guess keep out.
func answeredByPolicy(p *rules.Pass) bool {
	return p.Answerer.Hop || p.Answerer.Product == "Kubernetes" || saysCSRF(p) || originHostRefused(p)
}

// statusEvidence gives the status line and all lines of a field of the response.
func statusEvidence(p *rules.Pass, names ...string) []rules.Evidence {
	all := []rules.Evidence{p.StartLine(p.Response)}
	for _, name := range names {
		all = append(all, p.Fields(p.Response, name)...)
	}
	return all
}

func refused401or403(p *rules.Pass) bool {
	return p.Status() == statusUnauthorized || p.Status() == statusForbidden
}
