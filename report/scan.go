package report

import "strings"

// looks says which octets a text has that credentials are told by.
type looks uint8

const (
	looksAssigned looks = 1 << iota // "="
	looksColon                      // ":"
	looksJWT                        // "J", as in "eyJ"
	looksEncoded                    // viewsOf gives more than the text itself
	looksSpaced                     // " "
	looksQuoted                     // a quotation mark or the end of a line
	looksAt                         // "@"
)

// octetLooks is not written to.
var octetLooks = [256]looks{
	'=': looksAssigned, ':': looksColon, 'J': looksJWT, '%': looksEncoded, '\\': looksEncoded, '&': looksEncoded, ' ': looksSpaced,
	'"': looksQuoted, '\r': looksQuoted, '\n': looksQuoted, '@': looksAt,
}

func looksOf(s string) (l looks) {
	for ; len(s) >= 8; s = s[8:] {
		l |= octetLooks[s[0]] | octetLooks[s[1]] | octetLooks[s[2]] | octetLooks[s[3]] |
			octetLooks[s[4]] | octetLooks[s[5]] | octetLooks[s[6]] | octetLooks[s[7]]
	}
	for i := range len(s) {
		l |= octetLooks[s[i]]
	}
	return l
}

// scan reports every range of s, which looks like l, that is a credential by its
// looks, whatever it stands in: a JSON Web Token, the value of a telling parameter,
// the user information of a URL, a field line with a credential.
func scan(s string, l looks, found func(span)) {
	if l&looksJWT != 0 {
		scanJWT(s, found)
	}
	if l&looksAssigned != 0 {
		scanParameters(s, found)
	}
	if l&looksColon != 0 {
		if l&looksQuoted != 0 {
			scanColons(s, found)
		} else { // then members have no name, and a field line is all of s
			scanFieldLine(s, strings.IndexByte(s, ':'), found)
		}
		if l&looksAt != 0 {
			scanUserinfo(s, found)
		}
	}
}

func isBase64URL(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '='
}

// minJWT keeps words that happen to start with eyJ out.
const minJWT = 16

// scanJWT finds compact serialisations (RFC 7515 section 7.1): base64url of a
// JSON object starts with eyJ.
func scanJWT(s string, found func(span)) {
	for from := 0; ; {
		i := strings.Index(s[from:], "eyJ")
		if i < 0 {
			return
		}
		i += from
		end := i
		for end < len(s) && (isBase64URL(s[end]) || s[end] == '.') {
			end++
		}
		if end-i >= minJWT {
			found(span{i, end})
		}
		from = end
	}
}

// parts says of what an octet can be part, or what it ends.
type parts uint8

const (
	partOfName    parts = 1 << iota // of a parameter: base64url without padding, and "."
	endsValue                       // of a parameter
	endsAuthority                   // of a URL
	partOfToken                     // in words of a server: base64url, ".", "+" and "~"
)

const partOfBoth = partOfName | partOfToken

// octetParts is not written to.
var octetParts = [256]parts{
	'&': endsValue, ';': endsValue, ',': endsValue, '}': endsValue, ']': endsValue, ')': endsValue, '\t': endsValue,
	'"': endsValue | endsAuthority, '\'': endsValue | endsAuthority, '<': endsValue | endsAuthority, '>': endsValue | endsAuthority,
	'#': endsValue | endsAuthority, '\r': endsValue | endsAuthority, '\n': endsValue | endsAuthority, ' ': endsValue | endsAuthority,
	'/': endsAuthority, '?': endsAuthority, '+': partOfToken, '~': partOfToken, '=': partOfToken,

	'-': partOfBoth, '_': partOfBoth, '.': partOfBoth,
	'0': partOfBoth, '1': partOfBoth, '2': partOfBoth, '3': partOfBoth, '4': partOfBoth, '5': partOfBoth, '6': partOfBoth,
	'7': partOfBoth, '8': partOfBoth, '9': partOfBoth,
	'A': partOfBoth, 'B': partOfBoth, 'C': partOfBoth, 'D': partOfBoth, 'E': partOfBoth, 'F': partOfBoth, 'G': partOfBoth,
	'H': partOfBoth, 'I': partOfBoth, 'J': partOfBoth, 'K': partOfBoth, 'L': partOfBoth, 'M': partOfBoth, 'N': partOfBoth,
	'O': partOfBoth, 'P': partOfBoth, 'Q': partOfBoth, 'R': partOfBoth, 'S': partOfBoth, 'T': partOfBoth, 'U': partOfBoth,
	'V': partOfBoth, 'W': partOfBoth, 'X': partOfBoth, 'Y': partOfBoth, 'Z': partOfBoth,
	'a': partOfBoth, 'b': partOfBoth, 'c': partOfBoth, 'd': partOfBoth, 'e': partOfBoth, 'f': partOfBoth, 'g': partOfBoth,
	'h': partOfBoth, 'i': partOfBoth, 'j': partOfBoth, 'k': partOfBoth, 'l': partOfBoth, 'm': partOfBoth, 'n': partOfBoth,
	'o': partOfBoth, 'p': partOfBoth, 'q': partOfBoth, 'r': partOfBoth, 's': partOfBoth, 't': partOfBoth, 'u': partOfBoth,
	'v': partOfBoth, 'w': partOfBoth, 'x': partOfBoth, 'y': partOfBoth, 'z': partOfBoth,
}

// nameBefore gives the parameter name that ends at s[end].
func nameBefore(s string, end int) string {
	start := end
	for start > 0 && octetParts[s[start-1]]&partOfName != 0 {
		start--
	}
	return s[start:end]
}

// scanParameters finds name=value with a telling name, or a key as the value.
func scanParameters(s string, found func(span)) {
	for i := 0; i < len(s); i++ {
		n := strings.IndexByte(s[i:], '=')
		if n < 0 {
			return
		}
		i += n
		switch {
		case i > 0 && mayEndSecret(s[i-1]) && secretName(nameBefore(s, i)):
			reportValue(s, i+1, found)
		case len(s)-i > shortestKey:
			if v := valueAt(s, i+1); v.end-v.start >= shortestKey && isKeyValue(s[v.start:v.end]) {
				found(v)
			}
		}
	}
}

// reportValue reports the value at s[start:].
func reportValue(s string, start int, found func(span)) {
	if v := valueAt(s, start); v.start < v.end {
		found(v)
	}
}

// valueAt gives the value at s[start:], quoted or up to a delimiter.
func valueAt(s string, start int) span {
	if start < len(s) && s[start] == '"' {
		return span{start + 1, endOfQuoted(s, start+1)}
	}
	end := start
	for end < len(s) && octetParts[s[end]]&endsValue == 0 {
		end++
	}
	return span{start, end}
}

func endOfQuoted(s string, i int) int {
	for i < len(s) && s[i] != '"' {
		if s[i] == '\\' {
			i++
		}
		i++
	}
	return min(i, len(s))
}

// scanColons finds "name": "value" of JSON, and field lines.
func scanColons(s string, found func(span)) {
	for i := 0; i < len(s); i++ {
		n := strings.IndexByte(s[i:], ':')
		if n < 0 {
			return
		}
		i += n
		scanMember(s, i, found)
		scanFieldLine(s, i, found)
	}
}

func skipBlanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// lastBlanks gives where the blanks before s[i] begin.
func lastBlanks(s string, i int) int {
	for i > 0 && (s[i-1] == ' ' || s[i-1] == '\t') {
		i--
	}
	return i
}

func scanMember(s string, colon int, found func(span)) {
	end := lastBlanks(s, colon)
	if end == 0 || s[end-1] != '"' {
		return
	}
	if secretName(nameBefore(s, end-1)) {
		reportValue(s, skipBlanks(s, colon+1), found)
	}
}

// scanFieldLine finds a field line at the start of s, after a line end or after
// a quote.
func scanFieldLine(s string, colon int, found func(span)) {
	end := lastBlanks(s, colon)
	name := nameBefore(s, end)
	start := end - len(name)
	if name == "" || start > 0 && !strings.ContainsRune("\n\r\"", rune(s[start-1])) {
		return
	}
	from := skipBlanks(s, colon+1)
	to := from
	for to < len(s) && s[to] != '\r' && s[to] != '\n' {
		to++
	}
	if start > 0 && s[start-1] == '"' {
		to = min(to, endOfQuoted(s, from))
	}
	classOf(name).secrets(s[from:to], func(v span) { found(span{from + v.start, from + v.end}) })
}

// scanUserinfo finds user:password@ of a URL (RFC 3986 section 3.2.1).
func scanUserinfo(s string, found func(span)) {
	for from := 0; ; {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			return
		}
		start := from + i + 3
		end := start
		for end < len(s) && octetParts[s[end]]&endsAuthority == 0 {
			end++
		}
		if at := strings.LastIndexByte(s[start:end], '@'); at > 0 {
			found(span{start, start + at})
		}
		from = start
	}
}
