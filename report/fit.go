package report

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// textWidth is the number of terminal columns of s. East Asian ambiguous
// characters count as narrow whatever the locale says: the same input gives the
// same report.
func textWidth(s string) int {
	return displaywidth.Options{}.String(s)
}

// take gives the longest beginning of s that fits into width columns.
func take(s string, width int) string {
	used := 0
	for i, r := range s {
		used += displaywidth.Options{}.Rune(r)
		if used > width {
			return s[:i]
		}
	}
	return s
}

// takeEnd gives the longest end of s that fits into width columns.
func takeEnd(s string, width int) string {
	used, at := 0, len(s)
	for at > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:at])
		used += displaywidth.Options{}.Rune(r)
		if used > width {
			break
		}
		at -= n
	}
	return s[at:]
}

// shorten fits s into width columns, leaving out its middle: the beginning and
// the end of targets, addresses and rule names tell more.
func shorten(s string, width int) string {
	if textWidth(s) <= width {
		return s
	}
	if width < 2 {
		return take("…", width)
	}
	head := take(s, width/2)
	return head + "…" + takeEnd(s, width-1-textWidth(head))
}

// wrap breaks s at blanks into lines of at most width columns; a word that is
// longer is cut.
func wrap(s string, width int) []string {
	width = max(width, 8)
	var lines []string
	line := ""
	for _, word := range strings.Split(s, " ") {
		if line != "" && textWidth(line)+1+textWidth(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for textWidth(word) > width {
			part := take(word, width)
			lines = append(lines, part)
			word = word[len(part):]
		}
		line = word
	}
	return append(lines, line)
}
