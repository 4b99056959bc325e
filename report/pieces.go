package report

import "strings"

// Lengths at which texts from the capture are cut before they get here; a text
// that is shorter ends by itself.
const (
	evidenceLimit = 256
	bodyLimit     = 4096
	closeLimit    = 123
)

// maxPieceTries bounds the work on a secret that repeats itself.
const maxPieceTries = 32

// pieces appends the parts of v that are the beginning, the end or the middle
// of a secret that was cut off there.
func (s *secretSet) pieces(v view, p place, hits []hit) []hit {
	if p.kind != pieceText && p.kind != quotedText {
		return hits
	}
	least := minPartial
	if n := len(v.s); p.kind == pieceText && (n == evidenceLimit || n == bodyLimit || n == closeLimit) {
		least = 1
	}
	segments(v.s, p.kind, func(at span) {
		if at.end-at.start < min(least, minPartial) {
			return
		}
		forms := s.sought()
		for i := range forms {
			f := &forms[i]
			if least == minPartial && !f.mayShareEnd(v.s[at.start:at.end]) {
				continue
			}
			if part, ok := pieceOf(v.s, at, f.value, least); ok && !s.isHost(v.s[part.start:part.end]) {
				hits = append(hits, hit{v.back(part), f.mark})
			}
		}
	})
	return hits
}

// mayShareEnd reports whether text, of at least minPartial octets, may begin or end
// with as many octets of the form: false is certain.
func (f *form) mayShareEnd(text string) bool {
	return f.grams.has(gramAt(text, 0)) || f.grams.has(gramAt(text, len(text)-gramLength))
}

// segments reports what may be a piece: the whole text, or each part of our own
// words between quotes.
func segments(s string, kind placeKind, each func(span)) {
	if kind == pieceText {
		each(span{0, len(s)})
		return
	}
	start := 0
	if strings.IndexByte(s, '"') < 0 && strings.IndexByte(s, "…"[0]) < 0 {
		each(span{0, len(s)})
		return
	}
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == "…"[0] && strings.HasPrefix(s[i:], "…") {
			each(span{start, i})
			start = i + 1
		}
	}
	each(span{start, len(s)})
}

// pieceOf finds a piece of secret at the start, at the end or over all of
// s[at.start:at.end], at least so many bytes at the end of a cut text.
func pieceOf(s string, at span, secret string, least int) (span, bool) {
	text := s[at.start:at.end]
	if len(text) >= minPartial && strings.Contains(secret, text) {
		return at, true
	}
	if n := headAtEnd(text, secret, least); n > 0 {
		return span{at.end - n, at.end}, true
	}
	if n := tailAtStart(text, secret); n > 0 {
		return span{at.start, at.start + n}, true
	}
	return span{}, false
}

// headAtEnd gives the length of the longest beginning of secret that text ends in.
func headAtEnd(text, secret string, least int) int {
	if len(text) >= minPartial {
		last := text[len(text)-minPartial:]
		rest := secret
		for range maxPieceTries {
			i := strings.LastIndex(rest, last)
			if i < 0 {
				break
			}
			if n := i + minPartial; strings.HasSuffix(text, secret[:n]) {
				return n
			}
			rest = rest[:i+minPartial-1]
		}
	}
	for n := min(minPartial, len(text), len(secret)) - 1; n >= least; n-- {
		if strings.HasSuffix(text, secret[:n]) {
			return n
		}
	}
	return 0
}

// tailAtStart gives the length of the longest end of secret that text starts with.
func tailAtStart(text, secret string) int {
	if len(text) < minPartial {
		return 0
	}
	first := text[:minPartial]
	from := 0
	for range maxPieceTries {
		i := strings.Index(secret[from:], first)
		if i < 0 {
			return 0
		}
		from += i
		if strings.HasPrefix(text, secret[from:]) {
			return len(secret) - from
		}
		from++
	}
	return 0
}
