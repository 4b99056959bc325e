package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
)

// Credentials says which kinds of credential a request carries: names and
// schemes only, never a value.
type Credentials struct {
	Scheme      string   // scheme of Authorization, as written; "" = no Authorization
	ProxyScheme string   // the same of Proxy-Authorization
	Cookies     []string // names of the cookies, in order
	Fields      []string // names of API-key fields (X-Api-Key and the like), as written
	Params      []string // names of token-like query parameters
	Subprotocol bool     // an element of Sec-WebSocket-Protocol looks like a credential
	Userinfo    bool     // the target's authority carries user information
}

// Any reports whether the request carries a credential for the origin server;
// Proxy-Authorization is none. A cookie counts, whatever it is for.
func (c Credentials) Any() bool {
	return c.Scheme != "" || len(c.Cookies) > 0 || len(c.Fields) > 0 || len(c.Params) > 0 ||
		c.Subprotocol || c.Userinfo
}

// String names the kinds found, "Authorization (Bearer), cookie sid, ...": fit
// for a message. It is "no credentials" if there are none.
func (c Credentials) String() string {
	var room [128]byte
	return string(c.AppendTo(room[:0]))
}

// AppendTo appends what String gives.
func (c *Credentials) AppendTo(b []byte) []byte {
	from := len(b)
	if c.Scheme != "" {
		b = append(append(append(b, ", Authorization ("...), clip(c.Scheme, QuoteLimit)...), ')')
	}
	b = appendNames(b, "cookie ", c.Cookies)
	b = appendNames(b, "", c.Fields)
	b = appendNames(b, "query parameter ", c.Params)
	if c.Subprotocol {
		b = append(b, ", a token in Sec-WebSocket-Protocol"...)
	}
	if c.Userinfo {
		b = append(b, ", user information in the target"...)
	}
	if len(b) == from {
		return append(b, "no credentials"...)
	}
	return append(b[:from], b[from+len(", "):]...)
}

// appendNames appends names as they stand between quotes, each behind a comma and
// prefix.
func appendNames(b []byte, prefix string, names []string) []byte {
	for _, name := range names {
		b = append(append(b, ", "...), prefix...)
		if len(name) <= QuoteLimit && field.IsToken(name) {
			b = append(b, name...) // has nothing that quoting would change
			continue
		}
		start := len(b)
		b = strconv.AppendQuote(b, clip(name, QuoteLimit))
		b = b[:start+copy(b[start:], b[start+1:len(b)-1])]
		if len(name) > QuoteLimit {
			b = append(b, "…"...)
		}
	}
	return b
}

// keyFields and tokenParams are names that carry credentials by custom.
var (
	keyFields = [...]string{
		"x-api-key", "api-key", "apikey", "x-auth-token", "x-access-token", "x-csrf-token",
		"access-token", "auth-token", "api-token", "x-api-token",
	}
	tokenParams = [...]string{
		"token", "access_token", "id_token", "key", "api_key", "apikey", "jwt", "auth", "authorization",
		"password", "session", "sessionid", "ticket", "signature", "x-amz-signature", "x-amz-security-token",
	}
)

// CarriesCredentials is Credentials().Any() at less cost.
func (p *Pass) CarriesCredentials() bool {
	return p.Shows(HasAuthorization) || p.Shows(HasCookie) && !p.Shows(CookieOdd) || p.Credentials().Any()
}

// CredentialLine gives the first line of Authorization, else of Cookie, -1 if there
// is none.
func (p *Pass) CredentialLine() int {
	for _, f := range [...]fieldName{fieldAuthorization, fieldCookie} {
		if p.asked.there(f) {
			return int(p.asked.first[f])
		}
	}
	return -1
}

// Scheme is Credentials().Scheme at less cost.
func (p *Pass) Scheme() string {
	if !p.Shows(HasAuthorization) {
		return ""
	}
	if !p.Shows(AuthorizationOdd) {
		return "Bearer"
	}
	return p.Credentials().Scheme
}

// Credentials sums up what the request carries to prove who sends it. Its lists are
// valid during the check.
func (p *Pass) Credentials() Credentials {
	if p.first(knowCredentials) {
		p.seen.credentials = p.readCredentials()
	}
	return p.seen.credentials
}

// readCredentials makes lists in the memory of the last ones.
func (p *Pass) readCredentials() Credentials {
	m, last := p.Request, &p.seen.credentials
	c := Credentials{Cookies: last.Cookies[:0], Params: last.Params[:0]}
	c.Scheme, c.ProxyScheme = p.scheme(fieldAuthorization), p.scheme(fieldProxyAuthorization)
	if p.asked.there(fieldCookie) {
		p.seen.texts = m.AppendValues(p.seen.texts[:0], "Cookie")
		c.Cookies = appendCookieNames(c.Cookies, p.seen.texts)
	}
	if p.asked.keyed {
		c.Fields = keyNames(m)
	}
	c.Userinfo = p.Shows(TargetOdd) && strings.Contains(p.Target().Authority, "@")
	if p.Shows(SecretInQuery) {
		c.Params = appendTokenParams(c.Params, p.Params())
	}
	c.Subprotocol = p.asked.there(fieldProtocol) && slices.ContainsFunc(m.Values("Sec-WebSocket-Protocol"), offersToken)
	return c
}

func appendTokenParams(names []string, params []Param) []string {
	for _, q := range params {
		if q.Value != "" && among(tokenParams[:], q.Name) {
			names = append(names, q.Name)
		}
	}
	return names
}

// offersToken reports whether one of the subprotocols in a line looks like a credential.
func offersToken(line string) bool {
	for name := range strings.SplitSeq(line, ",") {
		if LooksLikeToken(strings.Trim(name, " \t")) {
			return true
		}
	}
	return false
}

// keyNames gives the names of the API-key fields, in order.
func keyNames(m *analyzer.Message) []string {
	var names []string
	for i := range m.NumFields() {
		if KeyField(m.NameOctets(i)) {
			names = append(names, m.Name(i))
		}
	}
	return names
}

// KeyField reports whether a field of that name carries a credential by custom, spelled
// with hyphens or with underscores.
func KeyField[S string | []byte](name S) bool {
	if len(name) == 0 || lowerASCII(name[0]) != 'a' && lowerASCII(name[0]) != 'x' {
		return false // as most: all of them begin so
	}
	for _, known := range keyFields {
		if len(known) == len(name) && hyphened(name, known) {
			return true
		}
	}
	return false
}

// hyphened compares a name with one of its length in lower case, in which hyphens stand
// for underscores too.
func hyphened[S string | []byte](name S, known string) bool {
	for i := range len(known) {
		if c := lowerASCII(name[i]); c != known[i] && (c != '_' || known[i] != '-') {
			return false
		}
	}
	return true
}

// LooksLikeToken reports whether a subprotocol name looks like a credential: a
// JWT, one of the customary bearer names, or longer than 40 octets.
func LooksLikeToken(name string) bool {
	lower := strings.ToLower(name)
	switch {
	case len(name) > 40, strings.HasPrefix(name, "eyJ") && strings.Count(name, ".") >= 2:
		return true
	case lower == "bearer", lower == "access_token", lower == "authorization":
		return true
	}
	return strings.HasPrefix(lower, "base64url.bearer.") || strings.HasPrefix(lower, "base64.bearer.") ||
		strings.HasPrefix(lower, "bearer.")
}

// scheme is the first word of a field with credentials; "?" when it is present without
// one, so that "present" and "absent" differ.
func (p *Pass) scheme(f fieldName) string {
	if !p.asked.there(f) {
		return ""
	}
	word, _, found := strings.Cut(strings.TrimSpace(p.Request.Get(fieldList[f])), " ")
	if word == "" || !found || !field.IsToken(word) {
		return "?" // may be a bare credential: not to be shown
	}
	return word
}

func appendCookieNames(names, values []string) []string {
	for _, v := range values {
		for part := range strings.SplitSeq(v, ";") {
			if name, _, ok := strings.Cut(strings.TrimSpace(part), "="); ok && name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

func among(list []string, name string) bool {
	for _, s := range list {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}
