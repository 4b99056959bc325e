package field

import "strings"

// Cookie is one pair of a Cookie value. Its value stays in the message: only
// its place is kept, so that a secret is not copied around.
type Cookie struct {
	Name                 string
	Start, End           int // octets of the pair
	ValueStart, ValueEnd int
}

// ParseCookies reads one Cookie value: cookie-pair *( ";" SP cookie-pair ) of RFC
// 6265 section 4.2.1. Pairs that break the grammar are returned all the same.
func ParseCookies(value string) ([]Cookie, []Fault) {
	var out []Cookie
	s := scanner{v: value, end: len(value)}
	for start := 0; start <= len(value); {
		end := len(value)
		if semi := strings.IndexByte(value[start:], ';'); semi >= 0 {
			end = start + semi
		}
		s.separator(start)
		if c, ok := s.cookie(start, end); ok {
			out = append(out, c)
		}
		start = end + 1
	}
	return out, s.faults
}

// separator notes what stands after a semicolon if it is not one SP.
func (s *scanner) separator(start int) {
	rest := s.v[start:]
	if start > 0 && (rest == "" || rest[0] != ' ' || len(rest) > 1 && isBlank(rest[1])) {
		s.fault(BadSeparator, start-1, start)
	}
}

func (s *scanner) cookie(start, end int) (c Cookie, ok bool) {
	begin, stop := trimBlank(s.v, start, end)
	if begin == stop {
		s.fault(EmptyElement, start, end)
		return c, false
	}
	c = Cookie{Start: begin, End: stop, ValueStart: stop, ValueEnd: stop}
	equals := strings.IndexByte(s.v[begin:stop], '=')
	if equals < 0 {
		s.fault(NoEquals, begin, stop)
		c.Name = s.v[begin:stop]
		return c, true
	}
	c.Name, c.ValueStart = s.v[begin:begin+equals], begin+equals+1
	switch {
	case c.Name == "":
		s.fault(EmptyName, begin, begin)
	case !IsToken(c.Name):
		s.fault(BadName, begin, begin+equals)
	}
	s.cookieOctets(c.ValueStart, c.ValueEnd)
	return c, true
}

// cookieOctets notes the first octet that is no cookie-octet; quotes may
// surround the whole value.
func (s *scanner) cookieOctets(start, end int) {
	if end-start >= 2 && s.v[start] == '"' && s.v[end-1] == '"' {
		start, end = start+1, end-1
	}
	for i := start; i < end; i++ {
		if c := s.v[i]; c <= 0x20 || c >= 0x7F || c == '"' || c == ',' || c == '\\' {
			s.fault(BadOctet, i, i+1)
			return
		}
	}
}

// SetCookie is what Set-Cookie says of a cookie (RFC 6265 section 5.2); its
// value is left out. Attribute names are read without regard to case, the last
// of equal ones counts.
type SetCookie struct {
	Name         string
	Domain, Path string
	SameSite     string
	MaxAge       string
	Expires      string
	Secure       bool
	HTTPOnly     bool
	ValueStart   int // octets of the value
	ValueEnd     int
}

// ParseSetCookie reads one Set-Cookie value; not ok without "=" or name.
func ParseSetCookie(value string) (c SetCookie, ok bool) {
	first, rest, _ := strings.Cut(value, ";")
	equals := strings.IndexByte(first, '=')
	if equals < 0 {
		return c, false
	}
	c.Name = strings.Trim(first[:equals], " \t")
	c.ValueStart, c.ValueEnd = trimBlank(value, equals+1, len(first))
	for a := range strings.SplitSeq(rest, ";") {
		name, v, _ := strings.Cut(a, "=")
		c.attribute(strings.ToLower(strings.Trim(name, " \t")), strings.Trim(v, " \t"))
	}
	return c, c.Name != ""
}

func (c *SetCookie) attribute(name, value string) {
	switch name {
	case "domain":
		c.Domain = value
	case "path":
		c.Path = value
	case "samesite":
		c.SameSite = value
	case "max-age":
		c.MaxAge = value
	case "expires":
		c.Expires = value
	case "secure":
		c.Secure = true
	case "httponly":
		c.HTTPOnly = true
	}
}
