package field

import "strings"

// Element is one element of a list, without the blanks around it.
type Element struct {
	Text       string
	Line       int // index of the value it stands in
	Start, End int // its octets in that value
}

// List is a comma-separated list over one or several field lines.
type List struct {
	Elements []Element // without the empty ones
	Empty    int       // number of empty elements; an empty line counts as one
}

// ParseList splits the values of all lines of a list field (RFC 9110 section
// 5.6.1): at commas outside of quoted strings, blanks trimmed, empty elements
// dropped. A quoted string ends with its line at the latest.
func ParseList(values ...string) List {
	var l List
	for line, v := range values {
		for start := 0; start <= len(v); {
			end := elementEnd(v, start)
			s, e := trimBlank(v, start, end)
			if s == e {
				l.Empty++
			} else {
				l.Elements = append(l.Elements, Element{Text: v[s:e], Line: line, Start: s, End: e})
			}
			start = end + 1
		}
	}
	return l
}

// Elements gives the elements of ParseList.
func Elements(values ...string) []Element { return ParseList(values...).Elements }

// HasToken reports whether an element of the list equals token, ASCII case ignored.
func HasToken(values []string, token string) bool {
	for _, v := range values {
		for start := 0; start <= len(v); {
			end := elementEnd(v, start)
			if s, e := trimBlank(v, start, end); EqualFold(v[s:e], token) {
				return true
			}
			start = end + 1
		}
	}
	return false
}

// elementEnd gives the position of the comma that ends the element at start,
// or the end of v.
func elementEnd(v string, start int) int {
	for i := start; i < len(v); i++ {
		switch v[i] {
		case ',':
			return i
		case '"':
			i = quoteEnd(v, i) - 1
		}
	}
	return len(v)
}

// quoteEnd gives the position after the quoted string that starts at i; the
// end of v if it has no end.
func quoteEnd(v string, i int) int {
	for i++; i < len(v); i++ {
		switch v[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(v)
}

// closed reports whether q, from quoteEnd, has its closing quote.
func closed(q string) bool {
	for i := 1; i < len(q); i++ {
		switch q[i] {
		case '"':
			return i == len(q)-1
		case '\\':
			i++
		}
	}
	return false
}

// unquote removes the quotes and the quoted pairs of a quoted string (RFC 9110
// section 5.6.4).
func unquote(q string) string {
	q = strings.TrimPrefix(q, `"`)
	if strings.IndexByte(q, '\\') < 0 {
		return strings.TrimSuffix(q, `"`)
	}
	var b strings.Builder
	for i := 0; i < len(q); i++ {
		switch {
		case q[i] == '"':
			return b.String()
		case q[i] == '\\' && i+1 < len(q):
			i++
		}
		b.WriteByte(q[i])
	}
	return b.String()
}

func trimBlank(v string, start, end int) (s, e int) {
	for start < end && isBlank(v[start]) {
		start++
	}
	for end > start && isBlank(v[end-1]) {
		end--
	}
	return start, end
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// EqualFold compares ignoring the case of ASCII letters only.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c-'A' <= 'Z'-'A' {
		return c | 0x20
	}
	return c
}

// IsToken reports whether s is a token (RFC 9110 section 5.6.2).
func IsToken(s string) bool { return s != "" && tokenEnd(s, 0, len(s)) == len(s) }

// tokenEnd gives the end of the token octets from start on.
func tokenEnd(v string, start, end int) int {
	for start < end && isTokenOctet(v[start]) {
		start++
	}
	return start
}

func isTokenOctet(c byte) bool {
	return isAlnum(c) || c > 0x20 && c < 0x7F && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

func isAlnum(c byte) bool { return c-'0' <= 9 || (c|0x20)-'a' <= 'z'-'a' }
