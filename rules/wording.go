package rules

import (
	"strconv"
	"strings"

	"github.com/handshark/handshark/analyzer"
)

// opening gives words about the answer that opens a WebSocket, which is a 101 to whoever
// wrote them, as they are for a handshake: in HTTP/2 it is another status. What they quote
// stays as it is.
func opening(h *analyzer.Handshake, words string) string {
	if h.HTTP2 == nil || h.Response == nil || !strings.Contains(words, "101") {
		return words
	}
	status := strconv.Itoa(h.Response.Status)
	r := strings.NewReplacer("the 101", "the "+status, "its 101", "its "+status, "a 101", "a "+status, "answered 101", "answered "+status)
	var b strings.Builder
	for rest := words; rest != ""; {
		plain, quoted := cutQuoted(rest)
		b.WriteString(r.Replace(plain))
		b.WriteString(quoted)
		rest = rest[len(plain)+len(quoted):]
	}
	return b.String()
}

// cutQuoted gives what stands before the first text in double quotes, and that text.
func cutQuoted(s string) (plain, quoted string) {
	from := strings.IndexByte(s, '"')
	if from < 0 {
		return s, ""
	}
	for i := from + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[:from], s[from : i+1]
		}
	}
	return s[:from], s[from:]
}
