package report

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
)

// head is what is known of the field lines of a head.
type head struct {
	lines  []*line // nil where nothing is known
	formed *formed // nil: they are known one by one
}

// formed is what is known of the heads of a form: all of their lines are plain but those
// whose value varies.
type formed struct {
	number int     // one of its own
	fields []Field // without the values that vary
	lines  []*line // nil: the value varies; none at all if they are not as said
	varies []int   // which values those are
	// holding has for each gram the lines in what is known of which it occurs.
	holding [grams256]uint64

	// plain says that credentials has the values that vary of all fields which hold some,
	// and that host, which the first Host line names, does not vary and is plain.
	plain       bool
	credentials []credentialLine
	host        string
}

// credentialLine is a line of cookies, or of credentials behind a scheme.
type credentialLine struct {
	line  int
	class fieldClass
}

// mostCredentials bounds the credential lines of a form that is plain.
const mostCredentials = 2

// forms remembers forms of heads that come more than once.
type forms struct {
	known map[*http1.Form]*formed // nil: it came once
	made  int
}

// formsKnown bounds the forms that are remembered: when there are more all are given up.
const formsKnown = 64

// of gives what is known of the form of a head; nil if that is nothing.
func (x *forms) of(m *analyzer.Message, known *lineTable) *formed {
	if m.Form == nil {
		return nil
	}
	f, seen := x.known[m.Form]
	if f == nil {
		f = x.enter(m, seen, known)
	}
	if f == nil || f.lines == nil {
		return nil
	}
	return f
}

// enter remembers the form of a head, and what it is if it was seen before.
func (x *forms) enter(m *analyzer.Message, seen bool, known *lineTable) (f *formed) {
	if x.known == nil || !seen && len(x.known) == formsKnown {
		x.known = map[*http1.Form]*formed{}
	}
	if seen {
		x.made++
		f = newFormed(m, known)
		f.number = x.made
	}
	x.known[m.Form] = f
	return f
}

func newFormed(m *analyzer.Message, known *lineTable) *formed {
	f := &formed{fields: make([]Field, m.NumFields()), lines: make([]*line, m.NumFields())}
	varying := m.Form.Varying()
	for i := range f.lines {
		l := known.newLine(0, string(m.NameOctets(i)), string(m.ValueOctets(i)))
		if !f.take(i, l, varying>>i&1 != 0) {
			return &formed{}
		}
	}
	f.sum()
	return f
}

// sum says what follows from all lines.
func (f *formed) sum() {
	f.plain = true
	for _, i := range f.varies {
		name := string(f.fields[i].Name)
		switch c := classOf(name); c {
		case cookieField, authorizationField:
			f.credentials = append(f.credentials, credentialLine{i, c})
		case plainField:
			f.plain = f.plain && !strings.EqualFold(name, "Host")
		default:
			f.plain = false
		}
	}
	f.plain = f.plain && len(f.credentials) <= mostCredentials
	i := slices.IndexFunc(f.fields, func(x Field) bool { return strings.EqualFold(string(x.Name), "Host") })
	if i >= 0 {
		f.host = string(f.fields[i].Value)
	}
	f.plain = f.plain && !strings.ContainsFunc(f.host, func(r rune) bool { return r > 0x7f || octetParts[r]&partOfName == 0 && r != ':' })
}

// holdsCredentials reports whether line i is one of credentials.
func (f *formed) holdsCredentials(i int) bool {
	for k := range f.credentials {
		if f.credentials[k].line == i {
			return true
		}
	}
	return false
}

// holds reports whether one of the forms of a secret stands in what is known of a line.
func (f *formed) holds(sought []form) bool {
	for i := range sought {
		for lines := f.mayHoldOne(&sought[i].grams); lines != 0; lines &= lines - 1 {
			x := &f.fields[bits.TrailingZeros64(lines)]
			if strings.Contains(string(x.Name), sought[i].value) || strings.Contains(string(x.Value), sought[i].value) {
				return true
			}
		}
	}
	return false
}

// standIn reports whether one of the forms of a secret stands in a text.
func standIn(sought []form, text string) bool {
	for i := range sought {
		if strings.Contains(text, sought[i].value) {
			return true
		}
	}
	return false
}

// take takes a line, of which only the name counts if its value varies. It reports whether
// that is plain.
func (f *formed) take(i int, l *line, varies bool) bool {
	if !varies {
		f.fields[i], f.lines[i] = Field{Name: l.name, Value: l.value}, l
		f.know(i, &l.grams)
		return l.plain
	}
	var name grams
	name.add(string(l.name))
	f.fields[i], f.varies = Field{Name: l.name}, append(f.varies, i)
	f.know(i, &name)
	return isVerbatim(string(l.name)) && !tells(&l.name, place{kind: fieldName})
}

// know enters the grams of what is known of a line.
func (f *formed) know(i int, g *grams) {
	for n := range f.holding {
		if g.has(uint8(n)) {
			f.holding[n] |= 1 << i
		}
	}
}

// mayHold gives the lines in what is known of which one of the forms of a secret may
// stand: with others that is certain not to be so.
func (f *formed) mayHold(sought []form) (lines uint64) {
	for i := range sought {
		lines |= f.mayHoldOne(&sought[i].grams)
	}
	return lines
}

func (f *formed) mayHoldOne(g *grams) uint64 {
	lines := ^uint64(0)
	for i, w := range g {
		for ; w != 0; w &= w - 1 {
			if lines &= f.holding[64*i+bits.TrailingZeros64(w)]; lines == 0 {
				return 0
			}
		}
	}
	return lines
}

// fieldsOf gives the field lines of a head, and enters what is known of them.
func (b *Builder) fieldsOf(m *analyzer.Message) []Field {
	from, lines := len(b.fields), len(b.lines)
	if b.known == nil && !b.once {
		b.known, b.phrases, b.words, b.forms = new(lineTable), new(phrases), new(phrases), new(forms)
	}
	hd := head{}
	if b.known != nil {
		hd.formed = b.forms.of(m, b.known)
	}
	if hd.formed != nil {
		b.addFormed(m, hd.formed)
	} else {
		b.addFields(m)
	}
	hd.lines = b.lines[lines:len(b.lines):len(b.lines)]
	b.heads = append(b.heads, hd)
	return b.fields[from:len(b.fields):len(b.fields)]
}

func (b *Builder) addFormed(m *analyzer.Message, f *formed) {
	from := len(b.fields)
	b.fields, b.lines = append(b.fields, f.fields...), append(b.lines, f.lines...)
	for _, i := range f.varies {
		b.fields[from+i].Value = Text(m.Text(m.Field(i).Value))
	}
}

func (b *Builder) addFields(m *analyzer.Message) {
	b.fields = slices.Grow(b.fields, m.NumFields()+1)
	for i := range m.NumFields() {
		b.addField(m, m.Field(i))
	}
}

func (b *Builder) addField(m *analyzer.Message, f http1.Field) {
	var l *line
	if b.known != nil {
		l = b.known.of(m, &f)
	}
	if l == nil {
		b.fields = append(b.fields, fieldOf(m, f))
	} else {
		b.fields = append(b.fields, Field{Name: l.name, Value: l.value})
	}
	b.lines = append(b.lines, l)
}

func fieldOf(m *analyzer.Message, f http1.Field) Field {
	return Field{Name: Text(m.Text(f.Name)), Value: Text(m.Text(f.Value))}
}
