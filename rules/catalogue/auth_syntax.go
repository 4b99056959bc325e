package catalogue

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// brokenCredential gives what all rules about the form of Authorization share.
var brokenCredential = []string{"auth-rejected-credentials", "response-401"}

var authAuthorizationMalformed = rules.Rule{
	ID: "auth-authorization-malformed", Family: rules.Auth, Title: "Authorization is not 'scheme credentials'",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Authorization is empty, has no scheme, or nothing but a scheme.",
		Why:    "The server cannot tell what it is given. A bare token without `Bearer` in front of it is the usual form; some interfaces want it so.",
		Change: "Send the scheme, one blank, and the credentials.",
		Before: "Authorization: eyJhbGciOi...", After: "Authorization: Bearer eyJhbGciOi...",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Endings: rules.Status(400), Reference: "RFC 9110 s11.4, s11.6.2",
	Needs: analyzer.RequestHead, When: rules.OnRequest, Suppresses: brokenCredential,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "\"Authorization\": \"Bearer \" + token"}},
	ClientSees: sees401,
	If:         rules.If(rules.AuthorizationOdd),
	Check:      checkAuthorization,
}

func checkAuthorization(p *rules.Pass) {
	for _, i := range p.Request.Lookup("Authorization") {
		value := p.Request.Value(i)
		if what := authorizationFault(value); what != "" {
			reportCredential(p, i, fmt.Sprintf("the Authorization value, %d octets, %s", len(value), what))
			return
		}
	}
}

// authorizationFault says what is wrong with the form of an Authorization value;
// empty if nothing is.
func authorizationFault(value string) string {
	scheme, rest, found := strings.Cut(value, " ")
	switch {
	case value == "":
		return "is empty"
	case !found && rules.LooksLikeToken(value):
		return "is a bare token without a scheme"
	case !found:
		return "has no blank between scheme and credentials"
	case !field.IsToken(scheme):
		return "does not begin with the name of a scheme"
	case strings.TrimLeft(rest, " ") == "":
		return "has a scheme and no credentials"
	}
	return ""
}

// reportCredential reports a fault in the form of the Authorization line i. That
// it is why the server refused is sure for a 401 only.
func reportCredential(p *rules.Pass, i int, message string) {
	f := rules.Finding{Message: message, Evidence: []rules.Evidence{p.Field(p.Request, i)}}
	if p.Status() != statusUnauthorized {
		f.Proof = rules.Practice
	}
	p.Report(f)
}

// schemeLines calls f with each Authorization line of a scheme and what follows it.
func schemeLines(p *rules.Pass, scheme string, f func(line int, rest string)) {
	for _, i := range p.Request.Lookup("Authorization") {
		word, rest, ok := strings.Cut(p.Request.Value(i), " ")
		if ok && field.EqualFold(word, scheme) {
			f(i, strings.TrimLeft(rest, " "))
		}
	}
}

var authBasicMalformed = rules.Rule{
	ID: "auth-basic-malformed", Family: rules.Auth, Title: "Basic credentials do not decode to user:password",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "What follows `Basic` is not base64, or what it stands for has no colon, or holds control characters such as a line end.",
		Why:    "The server cannot take user and password apart and refuses.",
		Change: "Encode user, a colon and the password in one piece, on one line. A line end at the end of the password, as `echo` adds it, belongs away.",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Endings: rules.Status(400), Reference: "RFC 7617 s2; RFC 4648 s4",
	Needs: analyzer.RequestHead, When: rules.OnRequest, Suppresses: brokenCredential,
	Fixes:      []rules.Fix{{Product: "shell", Snippet: "printf %s \"$user:$password\" | base64 -w0"}},
	ClientSees: sees401,
	If:         rules.If(rules.AuthorizationOdd),
	Check:      checkBasic,
}

func checkBasic(p *rules.Pass) {
	schemeLines(p, "Basic", func(line int, rest string) {
		if what := basicFault(rest); rest != "" && what != "" {
			reportCredential(p, line, fmt.Sprintf("what follows Basic in Authorization, %d octets, %s", len(rest), what))
		}
	})
}

func basicFault(s string) string {
	plain, err := base64.StdEncoding.DecodeString(s)
	switch {
	case err != nil || strings.ContainsAny(s, "\r\n"):
		return "is not base64"
	case !strings.Contains(string(plain), ":"):
		return "holds no colon between user and password"
	case strings.ContainsFunc(string(plain), func(r rune) bool { return r < 0x20 || r == 0x7F }):
		return "holds a control character"
	}
	return ""
}

var authBearerMalformed = rules.Rule{
	ID: "auth-bearer-malformed", Family: rules.Auth, Title: "Bearer token has illegal characters",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "What follows `Bearer` holds octets that no token may hold, is more than one word, or is a placeholder such as `undefined` or `${TOKEN}`.",
		Why:    "The server cannot find the token, or finds one that was never issued. The client put the value together wrongly.",
		Change: "Send Bearer and the bare token: no quotes, no second Bearer, no line end, no variable left unfilled.",
		Before: "Authorization: Bearer Bearer abc", After: "Authorization: Bearer abc",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Endings: rules.Status(400), Reference: "RFC 6750 s2.1",
	Needs: analyzer.RequestHead, When: rules.OnRequest, Suppresses: brokenCredential,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "if (!token) throw new Error('no token'); headers.Authorization = 'Bearer ' + token"}},
	ClientSees: sees401,
	If:         rules.If(rules.AuthorizationOdd),
	Check:      checkBearer,
}

func checkBearer(p *rules.Pass) {
	schemeLines(p, "Bearer", func(line int, rest string) {
		if what := bearerFault(rest); rest != "" && what != "" {
			reportCredential(p, line, fmt.Sprintf("what follows Bearer in Authorization, %d octets, %s", len(rest), what))
		}
	})
}

func bearerFault(s string) string {
	first, _, more := strings.Cut(s, " ")
	switch lower := strings.ToLower(first); {
	case lower == "bearer":
		return "begins with the scheme once more"
	case lower == "undefined", lower == "null", lower == "none", lower == "nan":
		return "is the word " + lower + ": a variable that is not set"
	case strings.HasPrefix(s, "${"), strings.HasPrefix(s, "{{"), strings.HasPrefix(s, "<"), strings.HasPrefix(s, "[object"):
		return "is a placeholder that nobody filled in"
	case strings.ContainsAny(first, "\"'"):
		return "is in quotes"
	case more:
		return "is more than one word"
	case !bearerToken(s):
		return "holds octets that no token may hold"
	}
	return ""
}

// bearerToken matches b64token of RFC 6750 section 2.1.
func bearerToken(s string) bool {
	body := strings.TrimRight(s, "=")
	return body != "" && strings.IndexFunc(body, notBearer) < 0
}

func notBearer(r rune) bool { return !strings.ContainsRune("-._~+/", r) && !isLetterOrDigit(r) }

func isLetterOrDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

var authBearerMultipleMethods = rules.Rule{
	ID: "auth-bearer-multiple-methods", Family: rules.Auth, Title: "Token sent by more than one method",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request carries both Authorization: Bearer and a query parameter access_token.",
		Why:    "A token is to be sent in one place. A server may answer 400 invalid_request.",
		Change: "Send the token by one method only.",
	},
	Actor: rules.Client, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Cause: rules.NotCause, Reference: "RFC 6750 s2, s3.1",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "drop access_token from the URL where Authorization can be set"}},
	ClientSees: "Nothing by itself.",
	If:         rules.If(rules.HasAuthorization).And(rules.SecretInQuery),
	Check:      checkBearerMethods,
}

func checkBearerMethods(p *rules.Pass) {
	query := false
	for _, q := range p.Params() {
		query = query || q.Name == "access_token"
	}
	if !query {
		return
	}
	schemeLines(p, "Bearer", func(line int, _ string) {
		p.Found("the token is sent twice: in Authorization and as access_token in the query",
			p.Field(p.Request, line), p.StartLine(p.Request))
	})
}
