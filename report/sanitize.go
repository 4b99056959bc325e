package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sanitize gives s as a terminal may show it: control octets, escape sequences,
// bidirectional controls, invisible characters, line ends and what is not UTF-8
// are written as backslash escapes. Whatever comes from a capture goes through
// it on the way to people.
func Sanitize(s string) string {
	if isPlain(s) {
		return s
	}
	var out strings.Builder
	marks := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		marks = countMarks(r, marks)
		switch {
		case r == utf8.RuneError && n == 1:
			out.WriteString(`\x` + string(hexDigits[s[i]>>4]) + string(hexDigits[s[i]&15]))
		case r == '\n', r == '\r', r == '\t':
			out.WriteByte('\\')
			out.WriteByte(map[rune]byte{'\n': 'n', '\r': 'r', '\t': 't'}[r])
		case !strconv.IsPrint(r), marks > maxMarks:
			out.WriteString(escapeRune(r))
		default:
			out.WriteRune(r)
		}
		i += n
	}
	return out.String()
}

// maxMarks bounds the combining marks on one character: more of them would
// reach into the lines above and below.
const maxMarks = 2

func countMarks(r rune, marks int) int {
	if r >= 0x300 && unicode.In(r, unicode.Mn, unicode.Me) {
		return marks + 1
	}
	return 0
}

func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

func escapeRune(r rune) string {
	quoted := strconv.QuoteRuneToASCII(r)
	if r < utf8.RuneSelf || quoted[1] == '\\' {
		return quoted[1 : len(quoted)-1]
	}
	return `\u{` + strconv.FormatInt(int64(r), 16) + `}`
}

// quoted gives s in double quotes, sanitised, with quotes and backslashes of
// its own escaped.
func quoted(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
	return `"` + Sanitize(s) + `"`
}
