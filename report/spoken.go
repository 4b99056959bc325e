package report

import "strings"

// Words of a server, in a reason phrase, a body or a close reason, have no place where
// a credential has to stand: what is one shows by its looks alone.

// tokenPrefixes begin the tokens of well-known services; some begin words as well.
// Read only.
var tokenPrefixes = [...]struct {
	text string
	word bool
}{
	{text: "sk_live_"}, {text: "sk_test_"}, {text: "rk_live_"}, {text: "rk_test_"}, {text: "whsec_"}, // Stripe
	{text: "ghp_"}, {text: "gho_"}, {text: "ghu_"}, {text: "ghs_"}, {text: "ghr_"}, {text: "github_pat_"}, {text: "glpat-"}, // GitHub, GitLab
	{text: "xoxb-"}, {text: "xoxp-"}, {text: "xoxa-"}, {text: "xoxr-"}, {text: "xoxs-"}, {text: "xapp-"}, // Slack
	{text: "AKIA"}, {text: "ASIA"}, {text: "AIza"}, {text: "ya29."}, {text: "pypi-"}, {text: "shpat_"}, {text: "dop_v1_"},
	{"SG.", true}, {"sk-", true}, {"hf_", true}, {"npm_", true},
}

// Bounds of what is taken for a token: one with a known prefix, or a run of letters and
// digits that looks random.
const (
	shortestToken = 20
	shortestNamed = 12  // behind a word that says what it is
	longestWord   = 15  // letters and digits without anything between
	tokenEntropy  = 3.0 // bits per octet
	tokenMixes    = 4   // places where a digit and a letter stand side by side
	namedMixes    = 3
)

// digits are in every token that is found by its looks, and in few reason phrases.
const digits = "0123456789"

// isTokenOctet reports whether an octet may be part of a token.
func isTokenOctet(c byte) bool { return octetParts[c]&partOfToken != 0 }

// scanSpoken reports the tokens in words of a server; shapes alone leaves out those
// that only look random.
func scanSpoken(s string, shapes bool, found func(span)) {
	least := shortestNamed
	if shapes {
		least = shortestToken
	} else if len(s) >= shortestKey {
		scanKeys(s, found)
	}
	if !hasRun(s, least) {
		return
	}
	for i := 0; i < len(s); {
		if !isTokenOctet(s[i]) {
			i++
			continue
		}
		start := i
		i = endOfToken(s, i)
		if i-start < least {
			continue
		}
		token := strings.TrimLeft(s[start:i], ".-+~=")
		start = i - len(token)
		token = strings.TrimRight(token, ".-+~")
		if isShaped(token) || !shapes && (isRandom(token) || isNamed(s, start, token)) {
			found(span{start, start + len(token)})
		}
	}
}

// hasRun reports whether least octets of tokens stand side by side in s. Those that do
// cover one of each least octets.
func hasRun(s string, least int) bool {
	for i := least - 1; i < len(s); i += least {
		start, end := i, i
		for start >= 0 && isTokenOctet(s[start]) {
			start--
		}
		for end < len(s) && isTokenOctet(s[end]) {
			end++
		}
		if end-start > least {
			return true
		}
	}
	return false
}

// endOfToken gives where the token at s[i] ends: "=" is padding at its end, or it
// stands between a name and a value.
func endOfToken(s string, i int) int {
	for ; i < len(s) && isTokenOctet(s[i]); i++ {
		if s[i] == '=' && i+1 < len(s) && s[i+1] != '=' && isTokenOctet(s[i+1]) {
			return i + 1
		}
	}
	return i
}

// isShaped reports whether a token begins as those of a well-known service.
func isShaped(token string) bool {
	if len(token) < shortestToken {
		return false
	}
	for i := range tokenPrefixes {
		prefix := &tokenPrefixes[i]
		if rest, ok := strings.CutPrefix(token, prefix.text); ok {
			return strings.ContainsAny(rest, digits) && (!prefix.word || !words(rest))
		}
	}
	return false
}

// words reports whether s may be made of words: what stands between its separators is
// not longer.
func words(s string) bool {
	run := 0
	for i := 0; i < len(s); i++ {
		if run++; letterOrDigit(s[i]) == 0 {
			run = 0
		}
		if run > longestWord {
			return false
		}
	}
	return true
}

// isNamed reports whether the word before a token, which stands at s[start:], says that
// it is a session, a ticket or the like, and it is no plain word or number.
func isNamed(s string, start int, token string) bool {
	end := len(strings.TrimRight(s[:start], " :'\"(#"))
	return len(token) >= shortestNamed && end < start && (mixes(token) >= namedMixes || isScramble(token)) && secretName(nameBefore(s, end))
}

// Bounds for isScramble.
const (
	shortestScramble = 20
	scrambleChanges  = 0.4 // of capitals and small letters, per letter; 0.25 where words are joined
)

// isScramble reports whether a token is letters without anything between, and neither a
// word nor words that are joined.
func isScramble(token string) bool {
	if len(token) < shortestScramble || strings.IndexFunc(token, notLetter) >= 0 {
		return false
	}
	n := classChanges(token)
	return n == 0 && len(token) >= shortestJoined || float64(n) >= scrambleChanges*float64(len(token))
}

// shortestJoined is longer than words that are joined in one kind of letters.
const shortestJoined = 28

func notLetter(r rune) bool { return (r|0x20) < 'a' || (r|0x20) > 'z' }

// isRandom reports whether a part of a token looks random: no word, number, name of a
// host or a class, or UUID does.
func isRandom(token string) bool {
	for len(token) >= shortestToken {
		end := strings.IndexAny(token, ".-")
		if end < 0 {
			end = len(token)
		}
		if part := token[:end]; len(part) >= shortestToken && mixes(part) >= tokenMixes && entropy(part) >= tokenEntropy && !countsWords(part) {
			return true
		}
		token = token[min(end+1, len(token)):]
	}
	return false
}

// countsWords reports whether each digit of a part belongs to a number at the end of a
// word, as in step1_of2_route3.
func countsWords(part string) bool {
	for i := 1; i < len(part); i++ {
		if letterOrDigit(part[i-1]) == 1 && letterOrDigit(part[i]) == 2 {
			return false
		}
	}
	return true
}

// mixes counts the places where a digit and a letter stand side by side.
func mixes(s string) int {
	n := 0
	for i := 1; i < len(s); i++ {
		a, b := letterOrDigit(s[i-1]), letterOrDigit(s[i])
		if a != b && a != 0 && b != 0 {
			n++
		}
	}
	return n
}

// letterOrDigit tells digits (1) from letters (2) and all else (0).
func letterOrDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return 1
	case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
		return 2
	}
	return 0
}

// isPublic reports whether a value that looks like a token is none: the key and the
// Accept of the handshake, or what the server names in a field of its own, like the
// number of the request.
func (h *Handshake) isPublic(value string) bool {
	if h.Request != nil {
		for _, f := range h.Request.Fields {
			if string(f.Value) == value && strings.EqualFold(string(f.Name), "Sec-WebSocket-Key") {
				return true
			}
		}
	}
	if h.Response == nil {
		return false
	}
	for _, f := range h.Response.Fields {
		if string(f.Value) == value && classOf(string(f.Name)) == plainField {
			return true
		}
	}
	return false
}
