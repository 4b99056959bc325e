package field

import "strings"

// Challenge is one challenge of WWW-Authenticate or Proxy-Authenticate (RFC 9110
// section 11.3), or the credentials of Authorization, which have the same form.
type Challenge struct {
	Scheme     string // as written; compares without regard to case
	Token68    string
	Params     []Param
	Line       int
	Start, End int // octets of the value in that line
}

// Param gives the value of the first parameter of that name (case ignored) and
// whether there is one.
func (c *Challenge) Param(name string) (value string, ok bool) {
	for _, p := range c.Params {
		if EqualFold(p.Name, name) {
			return p.Value, true
		}
	}
	return "", false
}

// ParseChallenges reads the challenges of all lines. The comma separates
// parameters and challenges alike: an element that starts with a scheme, that
// is a token and a blank or a token alone, begins the next challenge.
func ParseChallenges(values ...string) ([]Challenge, []Fault) {
	var (
		list = ParseList(values...)
		out  []Challenge
		s    scanner
	)
	s.emptyElements(values)
	for _, e := range list.Elements {
		s.v, s.line, s.pos, s.end = values[e.Line], e.Line, e.Start, e.End
		if scheme := s.scheme(); scheme != "" {
			out = append(out, Challenge{Scheme: scheme, Line: e.Line, Start: e.Start})
		} else if len(out) == 0 || out[len(out)-1].Line != e.Line {
			s.fault(BadName, e.Start, e.End) // parameters without a scheme before them
			continue
		}
		c := &out[len(out)-1]
		s.challenge(c)
		c.End = e.End
	}
	return out, s.faults
}

// scheme moves past the scheme at the start of an element; "" if there is none.
func (s *scanner) scheme() string {
	start := s.pos
	end := tokenEnd(s.v, start, s.end)
	after := end
	for after < s.end && isBlank(s.v[after]) {
		after++
	}
	if end == start || after == end && end < s.end || after < s.end && s.v[after] == '=' {
		return ""
	}
	s.pos = after
	return s.v[start:end]
}

// challenge reads what follows the scheme or comma: token68, one parameter, or nothing.
func (s *scanner) challenge(c *Challenge) {
	if s.pos == s.end {
		return
	}
	if rest := s.v[s.pos:s.end]; len(c.Params) == 0 && c.Token68 == "" && isToken68(rest) {
		c.Token68 = rest
		return
	}
	start := s.pos
	p := s.param(",")
	if !p.HasValue || c.Token68 != "" {
		s.fault(BadValue, start, s.end)
	}
	c.Params = append(c.Params, p)
}

// isToken68 matches token68 of RFC 9110 section 11.2. A single "=" at its end
// may as well be a parameter without a value; the grammar prefers this reading.
func isToken68(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		if c := body[i]; !isAlnum(c) && strings.IndexByte("-._~+/", c) < 0 {
			return false
		}
	}
	return body != ""
}
