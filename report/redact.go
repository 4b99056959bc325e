package report

import (
	"hash/maphash"
	"sort"
	"strings"
)

// Redactor hides credentials in records. It is safe for concurrent use, but
// only records that went through the same Redactor belong into one report.
type Redactor struct {
	show bool
	seed maphash.Seed
}

// NewRedactor gives a Redactor; with showSecrets it leaves everything as it is.
func NewRedactor(showSecrets bool) *Redactor {
	return &Redactor{show: showSecrets, seed: maphash.MakeSeed()}
}

// Handshake replaces the credentials of h, wherever in h they stand, by marks
// of the form ‹redacted, 12 bytes, #3›. hidden are fields that are not part of
// the record but whose credentials may show in it, such as those of a CONNECT
// request. The ordinals are provisional until a Writer numbers them.
func (r *Redactor) Handshake(h *Handshake, hidden ...Field) {
	if r == nil || r.show {
		return
	}
	set := newSecretSet(r.seed)
	set.host = hostOf(h)
	for i := range hidden {
		set.collect(string(hidden[i].Value), place{field: string(hidden[i].Name)})
	}
	// Cut texts last: a piece of a secret is known by the secret.
	h.texts(func(t *Text, p place) {
		if p.kind != pieceText && p.kind != quotedText {
			set.collect(string(*t), p)
		}
	})
	h.texts(func(t *Text, p place) {
		if p.kind == pieceText || p.kind == quotedText {
			set.collect(string(*t), p)
		}
	})
	if len(set.marks) == 0 {
		return
	}
	h.texts(func(t *Text, p place) { *t = Text(set.hide(string(*t), p)) })
}

func hostOf(h *Handshake) string {
	if h.Request == nil {
		return ""
	}
	for _, f := range h.Request.Fields {
		if strings.EqualFold(string(f.Name), "Host") {
			return string(f.Value)
		}
	}
	return ""
}

// credentials reports the ranges of text, and of what it decodes to, that are
// credentials by place or looks.
func credentials(text string, p place, found func(view, span)) {
	if text == "" || p.kind == fixedText {
		return
	}
	self := view{s: text}
	direct := func(s span) { found(self, s) }
	fieldSecrets(p.field, text, direct)
	if name, rest, ok := strings.Cut(text, " "); ok && p.kind == fieldName {
		fieldSecrets(name, rest, func(s span) { direct(span{s.start + len(name) + 1, s.end + len(name) + 1}) })
	}
	if !encoded(text) {
		scan(text, direct)
		return
	}
	for _, v := range viewsOf(text) {
		scan(v.s, func(s span) { found(v, s) })
	}
}

// encoded reports whether viewsOf gives more than the text itself.
func encoded(text string) bool {
	return strings.IndexByte(text, '%') >= 0 || strings.IndexByte(text, '\\') >= 0 || strings.IndexByte(text, '&') >= 0
}

func (s *secretSet) collect(text string, p place) {
	credentials(text, p, func(v view, at span) {
		value := v.s[at.start:at.end]
		if p.kind != wholeText && s.wholeOf(value) != "" {
			return
		}
		s.add(value)
		if p.field != "" && strings.HasPrefix(v.s[:at.start], "Basic ") {
			s.addBasic(value)
		}
	})
}

// hit is a range of a text that is to be replaced by a mark.
type hit struct {
	span
	mark string
}

// hide gives text without the secrets of s and without credentials.
func (s *secretSet) hide(text string, p place) string {
	if text == "" {
		return text
	}
	var hits []hit
	credentials(text, p, func(v view, at span) {
		hits = append(hits, hit{v.back(at), s.whole(v.s[at.start:at.end])})
	})
	if !encoded(text) {
		hits = s.find(view{s: text}, p, hits)
		return replaceHits(text, hits)
	}
	for _, v := range viewsOf(text) {
		hits = s.find(v, p, hits)
	}
	return replaceHits(text, hits)
}

// find appends where the secrets, and cut pieces of them, stand in v.
func (s *secretSet) find(v view, p place, hits []hit) []hit {
	return s.pieces(v, p, s.occurrences(v, hits))
}

func (s *secretSet) occurrences(v view, hits []hit) []hit {
	for _, f := range s.sought() {
		for from := 0; from+len(f.value) <= len(v.s); {
			i := strings.Index(v.s[from:], f.value)
			if i < 0 {
				break
			}
			at := span{from + i, from + i + len(f.value)}
			hits = append(hits, hit{v.back(at), f.mark})
			from = at.end
		}
	}
	return hits
}

// replaceHits replaces the hits; of overlapping ones the longest gives the mark
// and all of them go.
func replaceHits(text string, hits []hit) string {
	if len(hits) == 0 {
		return text
	}
	sort.SliceStable(hits, func(i, j int) bool { return hits[i].start < hits[j].start })
	var out strings.Builder
	done := 0
	for i := 0; i < len(hits); {
		union, longest := hits[i], hits[i]
		for i++; i < len(hits) && hits[i].start < union.end; i++ {
			union.end = max(union.end, hits[i].end)
			if hits[i].end-hits[i].start > longest.end-longest.start {
				longest = hits[i]
			}
		}
		out.WriteString(text[done:union.start])
		out.WriteString(longest.mark)
		done = union.end
	}
	out.WriteString(text[done:])
	return out.String()
}
