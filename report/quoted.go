package report

import (
	"math/bits"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string; what is not UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b, _ = appendQuoted(b, s)
	return b
}

// appendQuoted does so and reports whether s is UTF-8.
func appendQuoted(b []byte, s string) ([]byte, bool) {
	b = append(b, '"')
	valid := true
	for {
		n := verbatimPrefix(s)
		b = append(b, s[:n]...)
		if n == len(s) {
			return append(b, '"'), valid
		}
		if s = s[n:]; s[0] < utf8.RuneSelf {
			b = appendEscaped(b, s[0])
			s = s[1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		valid = valid && (r != utf8.RuneError || size != 1)
		b = appendRune(b, r)
		s = s[size:]
	}
}

func appendRune(b []byte, r rune) []byte {
	if steersTerminal(r) {
		return append(b, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
	}
	return utf8.AppendRune(b, r)
}

// isVerbatim reports whether s stands in a JSON string as it is: printable ASCII
// without quotes and backslashes.
func isVerbatim(s string) bool { return verbatimPrefix(s) == len(s) }

// verbatimPrefix gives the length of the longest beginning of s that is verbatim.
// Nearly all texts of a report are looked through here, so eight octets at a time;
// the last eight may have been looked at in part.
func verbatimPrefix(s string) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	if len(s) < 8 {
		return verbatimOctets(s)
	}
	for i := 0; i < len(s); i += 8 {
		i = min(i, len(s)-8)
		w := word(s[i : i+8])
		// Each subtraction sets the high bit of an octet that is below what is taken
		// away; it borrows only from octets behind such a one. What is below 0x20, and
		// '"', is below 0x21 once bit 1 is turned round, and ' ' is not. The sum sets the
		// high bit of 0x7f; it carries only from 0xff, which has that bit itself.
		found := (w | (w + ones) | ((w ^ 2*ones) - 0x21*ones) | ((w ^ '\\'*ones) - ones)) & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	return len(s)
}

func verbatimOctets(s string) int {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			return i
		}
	}
	return len(s)
}

// steersTerminal reports whether r acts on a terminal that JSON is shown on: C1
// controls, line separators and bidirectional controls.
func steersTerminal(r rune) bool {
	return r >= 0x80 && r <= 0x9f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
		r == 0x200e || r == 0x200f || r == 0x061c
}

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
