package report

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// view is a text as it reads after decoding, with the way back: a secret that
// stands percent-encoded in a Location, or escaped in a quoted message, is
// found in a view and cut out of the text.
type view struct {
	s string
	// at[i] is where byte i of s begins in the text; one more entry holds its
	// length. nil: s is the text itself.
	at []int32
}

// maxViews bounds how often a text is decoded.
const maxViews = 5

// span is a half-open range of bytes.
type span struct{ start, end int }

// back maps a range of the view to the text.
func (v view) back(s span) span {
	if v.at == nil {
		return s
	}
	return span{int(v.at[s.start]), int(v.at[s.end])}
}

// viewsOf gives the text and what it decodes to: backslash escapes, then
// percent-encoding up to twice, then character references.
func viewsOf(text string) []view {
	views := append(make([]view, 0, maxViews), view{s: text})
	steps := []struct {
		mark byte
		next func(string) (string, int)
	}{{'\\', unescapeAt}, {'%', percentAt}, {'%', percentAt}, {'&', referenceAt}}
	for _, step := range steps {
		last := &views[len(views)-1]
		if strings.IndexByte(last.s, step.mark) < 0 {
			continue
		}
		if v, ok := last.decode(step.mark, step.next); ok {
			views = append(views, v)
		}
	}
	return views
}

// decode replaces each sequence that starts with mark by what next reads there;
// next gives the decoded bytes and the length of the sequence, 0 for none.
func (v *view) decode(mark byte, next func(string) (string, int)) (view, bool) {
	var out strings.Builder
	at := make([]int32, 0, len(v.s)+1)
	changed := false
	for i := 0; i < len(v.s); {
		decoded, n := v.s[i:i+1], 1
		if v.s[i] == mark {
			if d, used := next(v.s[i:]); used > 0 {
				decoded, n, changed = d, used, true
			}
		}
		for range len(decoded) {
			at = append(at, v.origin(i))
		}
		out.WriteString(decoded)
		i += n
	}
	return view{s: out.String(), at: append(at, v.origin(len(v.s)))}, changed
}

func (v *view) origin(i int) int32 {
	if v.at == nil {
		return int32(i)
	}
	return v.at[i]
}

// percentAt reads %XX (RFC 3986 section 2.1).
func percentAt(s string) (string, int) {
	if len(s) < 3 {
		return "", 0
	}
	b, err := strconv.ParseUint(s[1:3], 16, 8)
	if err != nil {
		return "", 0
	}
	return string([]byte{byte(b)}), 3
}

// unescapeAt reads a backslash escape as Go and JSON write them.
func unescapeAt(s string) (string, int) {
	if len(s) < 2 {
		return "", 0
	}
	switch s[1] {
	case '"', '\\', '/', '\'':
		return s[1:2], 2
	case 'n':
		return "\n", 2
	case 'r':
		return "\r", 2
	case 't':
		return "\t", 2
	case 'x':
		return hexEscape(s, 2, false)
	case 'u':
		return hexEscape(s, 4, true)
	}
	return "", 0
}

func hexEscape(s string, digits int, isRune bool) (string, int) {
	if len(s) < 2+digits {
		return "", 0
	}
	n, err := strconv.ParseUint(s[2:2+digits], 16, 32)
	if err != nil {
		return "", 0
	}
	if !isRune {
		return string([]byte{byte(n)}), 2 + digits
	}
	return string(utf8.AppendRune(nil, rune(n))), 2 + digits
}

// referenceAt reads the HTML character references that escaping produces.
func referenceAt(s string) (string, int) {
	end := strings.IndexByte(s[:min(len(s), 10)], ';')
	if end < 0 {
		return "", 0
	}
	name := s[1:end]
	for i, known := range [...]string{"amp", "lt", "gt", "quot", "apos"} {
		if name == known {
			return `&<>"'`[i : i+1], end + 1
		}
	}
	if r, ok := numericReference(name); ok {
		return string(r), end + 1
	}
	return "", 0
}

func numericReference(name string) (rune, bool) {
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), err == nil
}
