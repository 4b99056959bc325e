package report

import "math/bits"

// knownLine is a field line of the record that came before; *line becomes nil if
// something of it is replaced.
type knownLine struct {
	field *Field
	line  **line
}

// formedHead is a head of a known form; head.formed becomes nil if something is replaced
// in a line that is known.
type formedHead struct {
	fields []Field
	head   *head
}

// fixedPhrase is a phrase of the record.
type fixedPhrase struct {
	text *Text
	*phrase
}

// takeFields takes the field lines of a head.
func (x *redaction) takeFields(fields []Field, hd *head) {
	if f := hd.formed; f != nil {
		x.formed = append(x.formed, formedHead{fields, hd})
		for _, i := range f.varies {
			x.take(&fields[i].Value, place{field: string(fields[i].Name)})
		}
		return
	}
	for i := range fields {
		if hd.lines[i] != nil {
			x.known = append(x.known, knownLine{&fields[i], &hd.lines[i]})
			continue
		}
		fieldTexts(fields[i:i+1], x.take)
	}
}

// hideKnown replaces the secrets in phrases, and in lines that hold no credential
// by themselves.
func (x *redaction) hideKnown() {
	for _, f := range x.fixed {
		if x.set.mayStandIn(&f.grams) {
			x.hide(&item{text: f.text, place: place{kind: fixedText}, looks: looksOf(f.phrase.text)})
		}
	}
	for _, f := range x.words {
		if f.phrase.shows(x.set.sought()) {
			x.hide(&item{text: f.text, place: place{kind: quotedText}, looks: looksOf(f.phrase.text)})
		}
	}
	for _, k := range x.known {
		if x.set.mayStandIn(&(*k.line).grams) {
			x.hideLine(k)
		}
	}
	for _, f := range x.formed {
		for lines := f.head.formed.mayHold(x.set.sought()); lines != 0; lines &= lines - 1 {
			i := bits.TrailingZeros64(lines)
			if f.head.lines[i] == nil {
				x.hide(&item{text: &f.fields[i].Name, place: place{kind: fieldName}})
			} else if !x.hideLine(knownLine{&f.fields[i], &f.head.lines[i]}) {
				f.head.formed = nil
			}
		}
	}
}

// hideLine replaces the secrets in a line that is known, and reports whether there were
// none.
func (x *redaction) hideLine(k knownLine) bool {
	l := *k.line
	x.hide(&item{text: &k.field.Name, place: place{kind: fieldName}})
	x.hide(&item{text: &k.field.Value, place: place{field: string(l.name)}})
	if k.field.Name == l.name && k.field.Value == l.value {
		return true
	}
	*k.line = nil
	return false
}
