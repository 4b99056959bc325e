package report

import (
	"bytes"
	"math"
	"strings"
)

// fieldClass says where in the value of a field credentials are.
type fieldClass uint8

const (
	plainField         fieldClass = iota // nowhere
	cookieField                          // in each pair
	setCookieField                       // in the first pair
	protocolField                        // among subprotocols
	authorizationField                   // behind the scheme
	secretWhole                          // everywhere
)

// classOf gives the class of a field by its name.
func classOf(name string) fieldClass {
	switch {
	case name == "":
		return plainField
	case strings.EqualFold(name, "Cookie"):
		return cookieField
	case strings.EqualFold(name, "Set-Cookie"):
		return setCookieField
	case strings.EqualFold(name, "Sec-WebSocket-Protocol"):
		return protocolField
	case !maySecretEnd(name):
		return plainField
	}
	var room [plainRoom]byte
	plain := appendPlain(room[:0], name)
	switch {
	case bytes.HasSuffix(plain, []byte("authorization")):
		return authorizationField
	case secretField(plain):
		return secretWhole
	}
	return plainField
}

// secrets reports the ranges of a field value that are credentials.
func (c fieldClass) secrets(value string, found func(span)) {
	if value == "" {
		return
	}
	switch c {
	case cookieField:
		cookieSecrets(value, found)
	case setCookieField:
		pair, _, _ := strings.Cut(value, ";")
		pairSecret(pair, 0, found)
	case protocolField:
		protocolSecrets(value, found)
	case authorizationField:
		credentialSecret(value, found)
	case secretWhole:
		found(span{0, len(value)})
	case plainField:
	}
}

// fieldClasses remembers classes: field names recur.
type fieldClasses struct{ known map[string]fieldClass }

// classesKept bounds the names that are remembered, longestClassed their length.
const (
	classesKept    = 1 << 10
	longestClassed = 64
)

func (x *fieldClasses) of(name string) fieldClass {
	if name == "" {
		return plainField
	}
	c, ok := x.known[name]
	if ok || len(name) > longestClassed {
		if !ok {
			c = classOf(name)
		}
		return c
	}
	if x.known == nil || len(x.known) >= classesKept {
		x.known = map[string]fieldClass{}
	}
	c = classOf(name)
	x.known[strings.Clone(name)] = c
	return c
}

// cookieSecrets reports each cookie value (RFC 6265 section 4.2.1); names stay.
func cookieSecrets(value string, found func(span)) {
	for start := 0; start <= len(value); {
		end := strings.IndexByte(value[start:], ';')
		if end < 0 {
			end = len(value)
		} else {
			end += start
		}
		pairSecret(value[start:end], start, found)
		start = end + 1
	}
}

// plainPairs reports whether pairs are such that scanParameters and scan for colons find
// nothing in them but what cookieSecrets does: names and values of letters, digits, "-",
// "_" and ".".
func plainPairs(s string) bool {
	inValue := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case octetParts[c]&partOfName != 0:
		case c == '=' && !inValue:
			inValue = true
		case c == ';' && inValue && i+1 < len(s) && s[i+1] == ' ':
			inValue = false
			i++
		default:
			return false
		}
	}
	return true
}

// pairSecret reports the value of name=value; a pair without a name is a value.
func pairSecret(pair string, offset int, found func(span)) {
	eq := strings.IndexByte(pair, '=')
	start := skipBlanks(pair, eq+1)
	end := len(strings.TrimRight(pair, " \t\r\n"))
	if start < end {
		found(span{offset + start, offset + end})
	}
}

// credentialSecret reports credentials without their scheme (RFC 9110 section
// 11.4): the scheme is needed for a diagnosis and is no secret.
func credentialSecret(value string, found func(span)) {
	start := 0
	if scheme, _, ok := strings.Cut(value, " "); ok && knownScheme(scheme) {
		start = skipBlanks(value, len(scheme))
	} else if knownScheme(value) {
		return
	}
	if start < len(value) {
		found(span{start, len(value)})
	}
}

func knownScheme(s string) bool {
	switch strings.ToLower(s) {
	case "basic", "bearer", "digest", "negotiate", "ntlm", "hoba", "mutual", "token", "apikey",
		"jwt", "dpop", "gnap", "privatetoken", "vapid", "aws4-hmac-sha256",
		"scram-sha-1", "scram-sha-256":
		return true
	}
	return false
}

// protocolSecrets reports tokens that clients hide among subprotocols, because
// browsers let them set no other field.
func protocolSecrets(value string, found func(span)) {
	previous := ""
	for start := 0; start <= len(value); {
		end := strings.IndexByte(value[start:], ',')
		if end < 0 {
			end = len(value)
		} else {
			end += start
		}
		from := skipBlanks(value[:end], start)
		token := strings.TrimRight(value[from:max(from, end)], " \t\r\n")
		if at := tokenSecret(token, previous); at >= 0 && at < len(token) {
			found(span{from + at, from + len(token)})
		}
		previous = token
		start = end + 1
	}
}

// tokenSecret gives where the secret of a subprotocol token begins; -1 = none.
func tokenSecret(token, previous string) int {
	lower := strings.ToLower(token)
	if rest, ok := strings.CutPrefix(lower, "base64url.bearer."); ok {
		return len(token) - len(rest) + strings.LastIndexByte(rest, '.') + 1
	}
	for _, marker := range [...]string{"api-key.", "bearer.", "token.", "jwt."} {
		if i := strings.Index(lower, marker); i >= 0 {
			return i + len(marker)
		}
	}
	if strings.HasPrefix(token, "eyJ") || looksRandom(token) || isRun(token) || introducesToken(previous) && !looksNamed(token) {
		return 0
	}
	return -1
}

func introducesToken(previous string) bool {
	return previous != "" && (strings.EqualFold(previous, "authorization") || secretName(previous))
}

// looksNamed reports whether token reads like the name of a subprotocol: short, of words,
// without digits and capitals.
func looksNamed(token string) bool {
	return len(token) < 24 && !strings.ContainsAny(token, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") && words(token)
}

// Bounds for looksRandom: longer than any registered subprotocol name; base64
// and hexadecimal change between letters and digits far more often than words.
const (
	randomLen     = 40
	randomEntropy = 3.3 // bits per byte
	randomChanges = 8
)

func looksRandom(token string) bool {
	return len(token) > randomLen && classChanges(token) >= randomChanges && entropy(token) >= randomEntropy
}

// longestRun is longer than any name of a subprotocol without a separator.
const longestRun = 32

// isRun reports whether a token is letters and digits without anything between, longer
// than a name is.
func isRun(token string) bool {
	for i := range len(token) {
		if letterOrDigit(token[i]) == 0 {
			return false
		}
	}
	return len(token) > longestRun && entropy(token) >= randomEntropy
}

func classChanges(s string) int {
	changes, last := 0, 0
	for i := 0; i < len(s); i++ {
		class := last // punctuation separates words of a name too
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			class = 1
		case c >= 'A' && c <= 'Z':
			class = 2
		case c >= 'a' && c <= 'z':
			class = 3
		}
		if last != 0 && class != last {
			changes++
		}
		last = class
	}
	return changes
}

// entropy is Shannon's, in bits per byte.
func entropy(s string) float64 {
	var count [256]int
	for i := 0; i < len(s); i++ {
		count[s[i]]++
	}
	sum := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(s))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
