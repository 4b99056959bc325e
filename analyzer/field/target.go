package field

import "strings"

// TargetForm is one of the four forms of a request target (RFC 9112 section 3.2).
type TargetForm uint8

// Forms of a target.
const (
	OriginForm    TargetForm = iota + 1 // "/path?query"
	AbsoluteForm                        // "scheme://authority/path?query"
	AuthorityForm                       // "host:port"
	AsteriskForm                        // "*"
	OtherForm                           // none of them
)

// Target is a request target, or any URI reference of these forms.
type Target struct {
	Form        TargetForm
	Scheme      string // AbsoluteForm, as written
	Authority   string // AbsoluteForm and AuthorityForm, as written
	Path        string // without query; "" if there is none
	Query       string // without "?"
	HasQuery    bool
	QueryAt     int // octet of the target at which Query starts; valid only if HasQuery
	Fragment    string
	HasFragment bool // a "#" is there, which no target may hold
}

// ParseTarget splits a target; nothing is decoded.
func ParseTarget(s string) Target {
	t := Target{Form: OtherForm}
	rest := s
	rest, t.Fragment, t.HasFragment = strings.Cut(s, "#")
	if q := strings.IndexByte(rest, '?'); q >= 0 {
		t.Query, t.HasQuery, t.QueryAt = rest[q+1:], true, q+1
		rest = rest[:q]
	}
	if strings.HasPrefix(rest, "/") {
		t.Form, t.Path = OriginForm, rest
		return t
	}
	scheme, after, absolute := strings.Cut(rest, "://")
	switch {
	case rest == "*":
		t.Form = AsteriskForm
	case absolute && isScheme(scheme):
		t.Form, t.Scheme = AbsoluteForm, scheme
		t.Authority, t.Path = splitAuthority(after)
	case isAuthority(rest) && !t.HasQuery:
		t.Form, t.Authority = AuthorityForm, rest
	default:
		t.Path = rest
	}
	return t
}

func splitAuthority(s string) (authority, path string) {
	if slash := strings.IndexByte(s, '/'); slash >= 0 {
		return s[:slash], s[slash:]
	}
	return s, ""
}

func isAuthority(s string) bool {
	h := ParseHost(s)
	return h.Fault == HostValid && h.HasPort
}

// Pair is one parameter of a query.
type Pair struct {
	Name, Value       string // decoded: %-escapes and "+" for SP
	RawName, RawValue string
	HasValue          bool // a "=" was there
	Start, End        int  // octets of the pair in the query
	ValueAt           int  // octet of the query at which RawValue starts
}

// QueryPairs splits a query at "&" into pairs, in order; empty ones are dropped.
// An escape that is broken stays as it is.
func QueryPairs(query string) []Pair {
	var out []Pair
	for start := 0; start < len(query); {
		end := start + len(query[start:])
		if amp := strings.IndexByte(query[start:], '&'); amp >= 0 {
			end = start + amp
		}
		if end > start {
			out = append(out, pair(query, start, end))
		}
		start = end + 1
	}
	return out
}

func pair(query string, start, end int) Pair {
	p := Pair{Start: start, End: end, ValueAt: end}
	p.RawName, p.RawValue, p.HasValue = strings.Cut(query[start:end], "=")
	if p.HasValue {
		p.ValueAt = start + len(p.RawName) + 1
	}
	p.Name, p.Value = decode(p.RawName), decode(p.RawValue)
	return p
}

func decode(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			out = append(out, ' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, hexValue(s[i+1])<<4|hexValue(s[i+2]))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
