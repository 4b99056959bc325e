package report

import (
	"cmp"
	"hash/maphash"
	"slices"
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
	var scratch redaction
	scratch.redact(r, h, hidden)
}

// redaction is the redaction of one record, with memory for the next one.
type redaction struct {
	set     secretSet
	items   []item
	finds   []found
	hits    []hit
	classes fieldClasses
}

// item is a text of the record, with the credentials that stand in it by their
// place or looks.
type item struct {
	text *Text
	place
	looks    looks
	from, to int // in redaction.finds
}

// found is a credential in a text or in what it decodes to.
type found struct {
	view view
	at   span
}

func (x *redaction) redact(r *Redactor, h *Handshake, hidden []Field) {
	if r == nil || r.show {
		return
	}
	x.set.reset(r.seed, hostOf(h))
	x.items, x.finds = x.items[:0], x.finds[:0]
	for i := range hidden {
		value := &hidden[i].Value
		x.collect(&item{text: value, place: place{field: string(hidden[i].Name)}, looks: looksOf(string(*value))})
	}
	h.texts(func(t *Text, p place) {
		if *t != "" {
			x.items = append(x.items, item{text: t, place: p, looks: looksOf(string(*t))})
		}
	})
	// Cut texts last: a piece of a secret is known by the secret.
	for _, cut := range [...]bool{false, true} {
		for i := range x.items {
			if k := x.items[i].kind; (k == pieceText || k == quotedText) == cut {
				x.collect(&x.items[i])
			}
		}
	}
	if len(x.set.marks) == 0 {
		return
	}
	for i := range x.items {
		x.hide(&x.items[i])
	}
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

// credentials reports the ranges of a text, and of what it decodes to, that are
// credentials by place or looks.
func (x *redaction) credentials(i *item, report func(view, span)) {
	text := string(*i.text)
	if text == "" || i.kind == fixedText {
		return
	}
	self := view{s: text}
	direct := func(s span) { report(self, s) }
	x.classes.of(i.field).secrets(text, direct)
	if i.kind == fieldName {
		if name, rest, ok := strings.Cut(text, " "); ok {
			classOf(name).secrets(rest, func(s span) { direct(span{s.start + len(name) + 1, s.end + len(name) + 1}) })
		}
	}
	if i.looks&looksEncoded == 0 {
		scan(text, i.looks, direct)
		return
	}
	for _, v := range viewsOf(text) {
		scan(v.s, looksOf(v.s), func(s span) { report(v, s) })
	}
}

// collect finds the credentials of a text and makes them secrets that are searched
// for.
func (x *redaction) collect(i *item) {
	i.from = len(x.finds)
	x.credentials(i, func(v view, at span) {
		x.finds = append(x.finds, found{v, at})
		x.set.collect(v, at, i.place)
	})
	i.to = len(x.finds)
}

func (s *secretSet) collect(v view, at span, p place) {
	value := v.s[at.start:at.end]
	if p.kind != wholeText && s.wholeOf(value) != "" {
		return
	}
	s.add(value)
	if p.field != "" && strings.HasPrefix(v.s[:at.start], "Basic ") {
		s.addBasic(value)
	}
}

// hit is a range of a text that is to be replaced by a mark.
type hit struct {
	span
	mark string
}

// hide replaces the secrets and credentials of a text.
func (x *redaction) hide(i *item) {
	text, hits := string(*i.text), x.hits[:0]
	if i.from == i.to && !x.set.mayStandIn(text, i.place) && i.looks&looksEncoded == 0 {
		return
	}
	for _, f := range x.finds[i.from:i.to] {
		hits = append(hits, hit{f.view.back(f.at), x.set.whole(f.view.s[f.at.start:f.at.end])})
	}
	if i.looks&looksEncoded == 0 {
		hits = x.set.find(view{s: text}, i.place, hits)
	} else {
		for _, v := range viewsOf(text) {
			hits = x.set.find(v, i.place, hits)
		}
	}
	if x.hits = hits; len(hits) > 0 {
		*i.text = Text(replaceHits(text, hits))
	}
}

// find appends where the secrets, and cut pieces of them, stand in v.
func (s *secretSet) find(v view, p place, hits []hit) []hit {
	return s.pieces(v, p, s.occurrences(v, hits))
}

func (s *secretSet) occurrences(v view, hits []hit) []hit {
	for i := range s.sought() {
		f := &s.forms[i]
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
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.start, b.start) })
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
