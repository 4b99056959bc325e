package report

import "strings"

// Secret keys of clouds are octets at random in base64 (RFC 4648 section 4): 40 of AWS,
// 44 and 88 of Azure. "/" and "+" stand in most of them, and "/" in paths as well.

const (
	shortestKey = 40
	keyMixes    = 2    // see mixes
	keyEntropy  = 4.0  // bits per octet
	keyChanges  = 0.28 // places per octet where the kind of letter or digit changes; 0.1 in names of paths
)

// isKeyOctet reports whether an octet may be part of a key.
func isKeyOctet(c byte) bool { return letterOrDigit(c) != 0 || c == '/' || c == '+' }

// isKey reports whether a run of key octets looks like a key, as no path and no text does.
func isKey(run string) bool {
	return len(run) >= shortestKey && strings.ContainsAny(run, "/+") && mixes(run) >= keyMixes &&
		float64(changesWithin(run)) >= keyChanges*float64(len(run)) && entropy(run) >= keyEntropy
}

// changesWithin counts the places where the kind of letter or digit changes in the parts
// of a run, but for the capital that a part begins with and the number that it ends with.
func changesWithin(run string) int {
	n := 0
	for part := range strings.FieldsFuncSeq(run, func(r rune) bool { return r == '/' || r == '+' }) {
		if len(part) > 1 && isUpper(part[0]) && !isUpper(part[1]) && letterOrDigit(part[1]) == 2 {
			part = part[1:]
		}
		n += classChanges(strings.TrimRight(part, digits))
	}
	return n
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// scanKeys reports the keys in a text. What goes on from the name of a host, or begins
// like a path, is left alone.
func scanKeys(s string, found func(span)) {
	for i := 0; i < len(s); {
		if !isKeyOctet(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && isKeyOctet(s[i]) {
			i++
		}
		if s[start] == '/' || start > 0 && strings.IndexByte(".-_~%@", s[start-1]) >= 0 || !isKey(s[start:i]) {
			continue
		}
		for i < len(s) && s[i] == '=' {
			i++
		}
		found(span{start, i})
	}
}

// isKeyValue reports whether the value of a parameter is a key, whatever its name.
func isKeyValue(value string) bool {
	run := strings.TrimRight(value, "=")
	if strings.HasPrefix(run, "/") {
		return false // a path
	}
	for i := range len(run) {
		if !isKeyOctet(run[i]) {
			return false
		}
	}
	return isKey(run)
}
