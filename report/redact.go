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
// request, and without a name what a server said. The ordinals are provisional until a Writer numbers them.
func (r *Redactor) Handshake(h *Handshake, hidden ...Field) {
	var scratch redaction
	scratch.redact(r, h, nil, hidden)
}

// redaction is the redaction of one record, with memory for the next one.
type redaction struct {
	set     secretSet
	items   []item
	mute    []*Text // texts that hold no credential, as their looks and place say
	known   []knownLine
	formed  []formedHead
	finds   []found
	hidden  int // how many items of those there are were hidden
	hits    []hit
	room    []byte
	record  *Handshake
	classes fieldClasses
	phrases *phrases // may be nil
	fixed   []fixedPhrase
	// recurring has texts that are not from the catalogue; may be nil.
	recurring *phrases
	words     []fixedPhrase // our own, around quoted pieces
}

// item is a text of the record, with the credentials that stand in it by their
// place or looks.
type item struct {
	text *Text
	place
	looks    looks
	from, to int  // in redaction.finds
	free     bool // no form of a secret stands in it, if it is silent
	like     int  // 1 + index of the item before it that is the same text; 0 = not looked for
}

// silent reports whether neither the text nor what it decodes to was found to hold
// a credential. It has to be collected.
func (i *item) silent() bool { return i.from == i.to && i.looks&looksEncoded == 0 }

// found is a credential in a text or in what it decodes to.
type found struct {
	view view
	at   span
}

// redact hides the credentials of h, of whose heads heads says what is known: of all, in
// their order, or of none.
func (x *redaction) redact(r *Redactor, h *Handshake, heads []head, hidden []Field) {
	if r == nil || r.show {
		return
	}
	x.record = h
	x.set.reset(r.seed, hostOf(h))
	x.items, x.mute, x.finds = x.items[:0], x.mute[:0], x.finds[:0]
	x.known, x.formed, x.fixed, x.words = x.known[:0], x.formed[:0], x.fixed[:0], x.words[:0]
	for i := range hidden {
		name, value := string(hidden[i].Name), &hidden[i].Value
		x.collect(&item{text: value, place: place{field: name, spoken: name == ""}, looks: looksOf(string(*value))})
	}
	h.walk(x.take, func(fields []Field) {
		if len(heads) == 0 {
			fieldTexts(fields, x.take)
			return
		}
		x.takeFields(fields, &heads[0])
		heads = heads[1:]
	})
	// Cut texts last: a piece of a secret is known by the secret.
	for _, cut := range [...]bool{false, true} {
		for i := range x.items {
			if k := x.items[i].kind; (k == pieceText || k == quotedText) == cut {
				x.collect(&x.items[i])
			}
		}
	}
	if len(x.set.marks.all) == 0 {
		return
	}
	free := x.freeOfSecrets()
	for i := range x.items {
		x.items[i].free, x.hidden = free, i
		x.hide(&x.items[i])
	}
	for i := 0; i < len(x.mute) && !free; i++ {
		x.hide(&item{text: x.mute[i]})
	}
	x.hideKnown()
}

// freeOfSecrets reports whether no form of a secret stands in the texts that hold
// no credential by place or looks and are not encoded, as is usual. They are looked
// through all at once: what shows across two of them costs time, no more.
func (x *redaction) freeOfSecrets() bool {
	x.room = x.room[:0]
	for i := range x.items {
		if k := &x.items[i]; k.silent() && x.set.mayFit(string(*k.text), place{}) {
			x.room = append(append(x.room, *k.text...), 0)
		}
	}
	for _, t := range x.mute {
		if !x.set.mayFit(string(*t), place{}) {
			continue
		}
		if p := x.recurring.of(string(*t)); p == nil || x.set.mayStandIn(&p.grams) {
			x.room = append(append(x.room, *t...), 0)
		}
	}
	forms := x.set.sought()
	for i := range forms {
		if forms[i].standsIn(x.room) {
			return false
		}
	}
	return true
}

// take takes a text to be looked at.
func (x *redaction) take(t *Text, p place) {
	if *t == "" {
		return
	}
	if (p.kind == fixedText || p.kind == quotedText) && x.takePhrase(t, p.kind) {
		return
	}
	l := looksOf(string(*t))
	plain := !p.spoken || len(*t) < shortestNamed || !strings.ContainsAny(string(*t), digits)
	if l == 0 && plain && (p.kind == wholeText && p.field == "" || p.kind == fieldName) {
		x.mute = append(x.mute, t)
		return
	}
	x.items = append(x.items, item{text: t, place: p, looks: l})
}

// takePhrase takes a text that is a known phrase; ok is false if it is none that nothing has
// to be collected of.
func (x *redaction) takePhrase(t *Text, kind placeKind) (ok bool) {
	if kind == fixedText {
		known := x.phrases.of(string(*t))
		if known != nil {
			x.fixed = append(x.fixed, fixedPhrase{t, known})
		}
		return known != nil
	}
	known := x.recurring.of(string(*t))
	if known == nil || !known.quiet {
		return false
	}
	x.words = append(x.words, fixedPhrase{t, known})
	return true
}

func hostOf(h *Handshake) string {
	if h.Request == nil {
		return ""
	}
	for _, f := range h.Request.Fields {
		if len(f.Name) == len("Host") && strings.EqualFold(string(f.Name), "Host") {
			return string(f.Value)
		}
	}
	return ""
}

// credentials reports the ranges of a text, and of what it decodes to, that are
// credentials by place or looks; class is that of the field.
func (i *item) credentials(class fieldClass, report func(view, span)) {
	text := string(*i.text)
	if text == "" || i.kind == fixedText {
		return
	}
	self := view{s: text}
	direct := func(s span) { report(self, s) }
	class.secrets(text, direct)
	if i.spoken || i.kind == quotedText {
		scanSpoken(text, !i.spoken, direct)
	}
	if i.kind == fieldName {
		if name, rest, ok := strings.Cut(text, " "); ok {
			classOf(name).secrets(rest, func(s span) { direct(span{s.start + len(name) + 1, s.end + len(name) + 1}) })
		}
	}
	switch {
	case i.looks&looksEncoded != 0:
	case class == cookieField && plainPairs(text):
		scanJWT(text, direct)
		return
	default:
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
	if i.kind == pieceText && x.sharesFinds(i) {
		return
	}
	i.from = len(x.finds)
	i.credentials(x.classes.of(i.field), func(v view, at span) {
		if i.spoken && x.record.isPublic(v.s[at.start:at.end]) {
			return
		}
		if i.kind == quotedText {
			at = x.set.withoutStop(v, at)
		}
		x.finds = append(x.finds, found{v, at})
		x.set.collect(v, at, i.place)
	})
	i.to = len(x.finds)
}

// alikeSought bounds the items among which sharesFinds looks.
const alikeSought = 64

// sharesFinds reports whether a piece is the whole value of a field of that name, as
// it mostly is, whose credentials were collected: they are its own too.
func (x *redaction) sharesFinds(i *item) bool {
	for k := range x.items[:min(len(x.items), alikeSought)] {
		if j := &x.items[k]; j.kind == wholeText && *j.text == *i.text && j.field == i.field {
			i.from, i.to, i.like = j.from, j.to, 1+k
			return true
		}
	}
	return false
}

func (s *secretSet) collect(v view, at span, p place) {
	value := v.s[at.start:at.end]
	if p.kind != wholeText && !s.isAdded(value) && s.wholeOf(value) != "" {
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
	if i.silent() && i.free && i.kind != pieceText && i.kind != quotedText {
		return
	}
	if i.like > 0 && x.hideLike(i) {
		return
	}
	if i.silent() && (i.free || !x.set.mayFit(text, i.place)) {
		if hits = x.set.pieces(view{s: text}, i.place, hits); len(hits) == 0 {
			return
		}
		hits = hits[:0]
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
		x.room = appendReplaced(x.room[:0], text, hits)
		*i.text = Text(x.room)
	}
}

// hideLike makes a piece what the whole text was made that it is the same as: unless
// secrets that are cut show in it besides.
func (x *redaction) hideLike(i *item) bool {
	if i.silent() || i.looks&looksEncoded != 0 || i.like > x.hidden {
		return false
	}
	x.hits = x.set.pieces(view{s: string(*i.text)}, i.place, x.hits[:0])
	for _, h := range x.hits {
		if !slices.ContainsFunc(x.finds[i.from:i.to], func(f found) bool { return f.at.start <= h.start && h.end <= f.at.end }) {
			return false
		}
	}
	*i.text = *x.items[i.like-1].text
	return true
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

// appendReplaced appends text with the hits replaced; of overlapping ones the
// longest gives the mark and all of them go.
func appendReplaced(out []byte, text string, hits []hit) []byte {
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.start, b.start) })
	done := 0
	for i := 0; i < len(hits); {
		union, longest := hits[i], hits[i]
		for i++; i < len(hits) && hits[i].start < union.end; i++ {
			union.end = max(union.end, hits[i].end)
			if hits[i].end-hits[i].start > longest.end-longest.start {
				longest = hits[i]
			}
		}
		out = append(append(out, text[done:union.start]...), longest.mark...)
		done = union.end
	}
	return append(out, text[done:]...)
}
