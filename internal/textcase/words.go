package textcase

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// word is one blank-separated piece of a statement: key=value, "text" or plain.
type word struct {
	key    string // before '='; empty if there is none
	text   string // after '=', or the whole word; escapes resolved where quoted
	quoted bool
}

// isFlag reports whether w is the bare word s.
func (w word) isFlag(s string) bool { return w.key == "" && !w.quoted && w.text == s }

// String gives w as it may be quoted in an error.
func (w word) String() string {
	if w.key != "" {
		return w.key + "=" + w.text
	}
	return w.text
}

// splitWords cuts a statement into words. Double quotes keep blanks and resolve
// escapes, at the start of a word or after its '='.
func splitWords(s string) ([]word, error) {
	var out []word
	for s = strings.TrimLeft(s, " \t"); s != ""; s = strings.TrimLeft(s, " \t") {
		w, rest, err := oneWord(s)
		if err != nil {
			return nil, err
		}
		out, s = append(out, w), rest
	}
	return out, nil
}

func oneWord(s string) (word, string, error) {
	var w word
	if stop := strings.IndexAny(s, "= \t\""); stop > 0 && s[stop] == '=' {
		w.key, s = s[:stop], s[stop+1:]
	}
	if strings.HasPrefix(s, `"`) {
		end := closingQuote(s)
		if end < 0 {
			return w, "", fmt.Errorf("quote is not closed: %s", s)
		}
		text, err := unescape(strings.ReplaceAll(s[1:end], `\"`, `"`))
		w.text, w.quoted = string(text), true
		return w, s[end+1:], err
	}
	stop := strings.IndexAny(s, " \t")
	if stop < 0 {
		stop = len(s)
	}
	w.text = s[:stop]
	return w, s[stop:], nil
}

func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// unescape resolves \r \n \t \0 \s (blank) \\ and \xHH. Any other backslash is
// an error, so that a typo never becomes evidence.
func unescape(s string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		b, n, err := escape(s[i:])
		if err != nil {
			return nil, err
		}
		out = append(out, b)
		i += n - 1
	}
	return out, nil
}

func escape(s string) (byte, int, error) {
	if len(s) >= 2 {
		if k := strings.IndexByte(`rnt0s\`, s[1]); k >= 0 {
			return "\r\n\t\x00 \\"[k], 2, nil
		}
	}
	if len(s) >= 4 && s[1] == 'x' {
		if n, err := strconv.ParseUint(s[2:4], 16, 8); err == nil {
			return byte(n), 4, nil
		}
	}
	return 0, 0, fmt.Errorf(`escape %.4q; want \r \n \t \0 \s (blank) \xHH, or \\ for a backslash`, s)
}

// hexOctets reads hex digits with blanks anywhere between octets.
func hexOctets(s string) ([]byte, error) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return nil, fmt.Errorf("hex octets %q: %w", s, err)
	}
	return b, nil
}

func number(s string, low, high int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q; want a number from %d to %d", s, low, high)
	}
	return n, nil
}

func sideOf(s string) (side, error) {
	switch s {
	case "client":
		return client, nil
	case "server":
		return server, nil
	}
	return 0, fmt.Errorf("%q; want client or server", s)
}
