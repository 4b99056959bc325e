package http1

// class holds what an octet may be part of.
type class uint8

const (
	tokenOctet  class = 1 << iota // tchar (RFC 9110 section 5.6.2)
	targetOctet                   // unreserved, reserved or % (RFC 3986 section 2)
)

// classes is read only.
var classes = buildClasses()

func buildClasses() (t [256]class) {
	mark := func(set string, c class) {
		for i := range len(set) {
			t[set[i]] |= c
		}
	}
	const alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	mark(alnum+"!#$%&'*+-.^_`|~", tokenOctet)
	mark(alnum+"-._~:/?#[]@!$&'()*+,;=%", targetOctet)
	return t
}

func isToken(b []byte) bool {
	for _, c := range b {
		if classes[c]&tokenOctet == 0 {
			return false
		}
	}
	return len(b) > 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isDigit(c byte) bool { return c-'0' <= 9 }

func isHex(c byte) bool { return isDigit(c) || (c|0x20)-'a' <= 'f'-'a' }

// isControl reports a control octet that no field value may hold; HTAB is allowed.
func isControl(c byte) bool { return c < 0x20 && c != '\t' || c == 0x7F }

func lower(c byte) byte {
	if c-'A' <= 'Z'-'A' {
		return c | 0x20
	}
	return c
}

// equalFold compares ignoring the case of ASCII letters only: field names are
// ASCII, and Unicode folding would make U+212A equal to "k".
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range len(s) {
		if b[i] != s[i] && lower(b[i]) != lower(s[i]) {
			return false
		}
	}
	return true
}

// printable reports that b has neither control octets, HTAB included, nor
// octets above 0x7E.
func printable(b []byte) bool { return visible(b, 0) == len(b) }
