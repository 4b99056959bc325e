package report

import "strings"

// Words of a server, in a reason phrase, a body or a close reason, have no place where
// a credential has to stand: what is one shows by its looks alone.

// tokenPrefixes begin the tokens of well-known services. Read only.
var tokenPrefixes = [...]string{
	"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", // Stripe
	"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", // GitHub, GitLab
	"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-", // Slack
	"AKIA", "ASIA", "AIza", "ya29.", "SG.", "sk-", "hf_", "npm_", "pypi-", "shpat_", "dop_v1_",
}

// Bounds of what is taken for a token: one with a known prefix, or a run of letters and
// digits that looks random.
const (
	shortestToken = 20
	tokenEntropy  = 3.0 // bits per octet
	tokenMixes    = 4   // places where a digit and a letter stand side by side
)

// isTokenOctet reports whether an octet may be part of a token.
func isTokenOctet(c byte) bool { return isBase64URL(c) || c == '.' || c == '+' || c == '~' }

// scanSpoken reports the tokens in words of a server; shapes alone leaves out those
// that only look random.
func scanSpoken(s string, shapes bool, found func(span)) {
	for i := 0; i < len(s); {
		if !isTokenOctet(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && isTokenOctet(s[i]) {
			i++
		}
		if i-start < shortestToken {
			continue
		}
		token := strings.TrimLeft(s[start:i], ".-+~=")
		start = i - len(token)
		token = strings.TrimRight(token, ".-+~")
		if len(token) >= shortestToken && (isShaped(token) || !shapes && isRandom(token)) {
			found(span{start, start + len(token)})
		}
	}
}

// isShaped reports whether a token begins as those of a well-known service.
func isShaped(token string) bool {
	for _, prefix := range tokenPrefixes {
		if strings.HasPrefix(token, prefix) && strings.ContainsAny(token[len(prefix):], "0123456789") {
			return true
		}
	}
	return false
}

// isRandom reports whether a part of a token looks random: no word, number, name of a
// host or a class, or UUID does.
func isRandom(token string) bool {
	for len(token) >= shortestToken {
		end := strings.IndexAny(token, ".-")
		if end < 0 {
			end = len(token)
		}
		if part := token[:end]; len(part) >= shortestToken && mixes(part) >= tokenMixes && entropy(part) >= tokenEntropy {
			return true
		}
		token = token[min(end+1, len(token)):]
	}
	return false
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
