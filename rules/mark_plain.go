package rules

import "bytes"

// Classes of octets.
const (
	tokenOctet    = 1 << iota // RFC 9110 section 5.6.2
	cookieOctet               // RFC 6265 section 4.1.1
	base64Octet               // RFC 4648 section 4, padding aside
	bearerOctet               // RFC 6750 section 2.1, padding aside
	hostOctet                 // host names in lower case and IPv4 addresses
	unquotedOctet             // what needs no escape inside of quotes
	markOctet                 // parts of a target end at it, or it marks an absolute one or an escape
)

// octets holds the classes of each octet. Read only.
var octets = classify()

func classify() (table [256]uint8) {
	for c := byte('!'); c < 0x7F; c++ {
		lower, digit := c >= 'a' && c <= 'z', c >= '0' && c <= '9'
		alnum := lower || digit || c >= 'A' && c <= 'Z'
		for _, class := range [...]struct {
			bit uint8
			in  bool
		}{
			{tokenOctet, alnum || bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) >= 0},
			{cookieOctet, bytes.IndexByte([]byte(`",;\`), c) < 0},
			{base64Octet, alnum || c == '+' || c == '/'},
			{bearerOctet, alnum || bytes.IndexByte([]byte("-._~+/"), c) >= 0},
			{hostOctet, lower || digit || c == '-' || c == '.'},
			{markOctet, bytes.IndexByte([]byte(":#?&=%"), c) >= 0},
			{unquotedOctet, c != '"' && c != '\\'},
		} {
			if class.in {
				table[c] |= class.bit
			}
		}
	}
	table[' '] |= unquotedOctet
	return table
}

// span gives the number of octets of a class that b begins with.
func span(b []byte, class uint8) int {
	for i, c := range b {
		if octets[c]&class == 0 {
			return i
		}
	}
	return len(b)
}

// plainCookie reports whether b is a list of pairs without quotes, as RFC 6265
// section 4.2.1 wants it.
func plainCookie(b []byte) bool {
	for {
		n := span(b, tokenOctet)
		if n == 0 || n == len(b) || b[n] != '=' {
			return false
		}
		b = b[n+1:]
		if b = b[span(b, cookieOctet):]; len(b) == 0 {
			return true
		}
		if len(b) < len("; a") || b[0] != ';' || b[1] != ' ' {
			return false
		}
		b = b[len("; "):]
	}
}

// shortToken is the length from which a bearer token is none of the words that
// stand for a variable that is not set.
const shortToken = 10

// plainBearer reports whether b is Bearer with a token as RFC 6750 section 2.1
// wants it.
func plainBearer(b []byte) bool {
	const scheme = "Bearer "
	if len(b) < len(scheme)+shortToken || string(b[:len(scheme)]) != scheme {
		return false
	}
	token := b[len(scheme):]
	n := span(token, bearerOctet)
	return n > 0 && len(bytes.TrimLeft(token[n:], "=")) == 0
}

// plainChallenge reports whether b is Bearer alone, or Basic or Bearer with a
// realm in quotes and nothing else.
func plainChallenge(b []byte) bool {
	n := span(b, tokenOctet)
	scheme, rest := string(b[:n]), b[n:]
	if scheme != "Bearer" && scheme != "Basic" {
		return false
	}
	if len(rest) == 0 {
		return scheme == "Bearer"
	}
	const realm = ` realm="`
	if !bytes.HasPrefix(rest, []byte(realm)) {
		return false
	}
	rest = rest[len(realm):]
	return len(rest) > 1 && span(rest, unquotedOctet) == len(rest)-1 && rest[len(rest)-1] == '"'
}

// secretNames has for each length of a name the letters that names of credentials
// of that length begin with, by their last five bits. Read only.
var secretNames = secretLetters()

func secretLetters() (letters [32]uint32) {
	for _, name := range tokenParams {
		letters[len(name)] |= 1 << (name[0] & 31)
	}
	letters[len("sid")] |= 1 << ('s' & 31)
	return letters
}

// namesSecret reports whether a parameter has the name of a credential.
func namesSecret(param []byte) bool {
	if n := len(param); n == 0 || n >= len(secretNames) || secretNames[n]>>(param[0]&31)&1 == 0 {
		return false
	}
	for _, name := range tokenParams {
		if len(param) == len(name) && alike(param, name) {
			return true
		}
	}
	return len(param) == len("sid") && alike(param, "sid")
}
