package http1

// Bounds of the heads whose form is remembered.
const (
	formsKept  = 8  // of each kind: those of a few clients and servers
	formFields = 64 // Message.Varies has a bit for each
	formVaries = 8  // lines whose value is not part of a form
	formOctets = 4096
)

// Form is what heads of one maker have in common: all that follows the start line, to
// the octet but for the values of some lines. A head of a form that is known is read by
// comparing it. Forms do not change, and two that are equal are one.
type Form struct {
	text  []byte // the first head that had it, from the first field line to the end
	words string // the same
	lines []formLine
	index index
	parts []formPart
}

// formLine is a field line of a form. Its spans are those of text.
type formLine struct {
	Field
	before uint8 // values that vary in lines before it
	varies bool  // so does its own
}

// formPart is a part of a form that is the same in all heads, and the value behind it
// that is not.
type formPart struct {
	same  []byte
	value []byte // of the first head; nil where the head ends instead
	line  int    // of the value
	end   uint32 // of the value in text
}

// read reads the lines of a head from pos on if they are of the form, and gives the end
// of the head; else 0. It tells of m what quickFields does.
func (f *Form) read(m *Message, src []byte, pos int) int {
	start, varies := uint32(pos), uint64(0)
	for i := range f.parts {
		p := &f.parts[i]
		end, other := p.read(src, pos)
		if end == 0 {
			return 0
		}
		if pos = end; p.value == nil {
			break
		}
		m.ends[i%formVaries] = uint32(end)
		varies |= other << p.line
	}
	m.Form, m.Varies, m.start = f, varies, start
	return pos
}

// read reads a part at pos and gives its end, 0 if it is another one there; other is 1 if
// the value is another one than in the first head.
func (p *formPart) read(src []byte, pos int) (end int, other uint64) {
	value := pos + len(p.same)
	if value > len(src) || string(src[pos:value]) != string(p.same) {
		return 0, 0
	}
	if p.value == nil {
		return value, 0
	}
	end = visible(src, value)
	v := src[value:end]
	if len(v) > 0 && (v[0] == ' ' || v[len(v)-1] == ' ') {
		return 0, 0 // blanks around a value are no part of it
	}
	if string(v) != string(p.value) {
		other = 1
	}
	return end, other
}

// field gives line i of a head that has the form.
func (f *Form) field(m *Message, i int) Field {
	l := &f.lines[i]
	x := l.moved(f.off(m, l))
	if l.varies {
		x.Value.End = m.ends[l.before]
		x.Line.End = x.Value.End
	}
	return x
}

// off gives by how much a line stands elsewhere in a head than in text, modulo 2^32.
func (f *Form) off(m *Message, l *formLine) uint32 {
	if k := l.before; k > 0 {
		return m.ends[(k-1)%formVaries] - f.parts[k-1].end
	}
	return m.start
}

func (f *Field) moved(by uint32) Field {
	return Field{Line: f.Line.moved(by), Name: f.Name.moved(by), Value: f.Value.moved(by)}
}

func (s Span) moved(by uint32) Span { return Span{s.Start + by, s.End + by} }

// newForm gives the form of a head that quick has just read in src, the lines of which
// begin at start; varies has those whose value is not part of it. It gives nil if those
// are too many.
func newForm(m *Message, src []byte, start int, varies uint64) *Form {
	words := string(src[start:])
	f := &Form{text: []byte(words), words: words, index: *m.own}
	from := uint32(0)
	for i := range m.fields {
		l := formLine{Field: m.fields[i].moved(-uint32(start)), before: uint8(len(f.parts))}
		if l.varies = varies>>i&1 != 0 && l.Value.End == l.Line.End; l.varies {
			v := l.Value
			f.parts = append(f.parts, formPart{f.text[from:v.Start], f.text[v.Start:v.End], i, v.End})
			from = v.End
		}
		f.lines = append(f.lines, l)
	}
	if len(f.parts) > formVaries {
		return nil
	}
	f.parts = append(f.parts, formPart{same: f.text[from:]})
	return f
}

// newEachTime gives the lines of a head whose value is another one in each head.
func newEachTime(m *Message, src []byte) (lines uint64) {
	for i := range m.fields {
		name := m.fields[i].Name
		for _, known := range [...]string{"sec-websocket-key", "sec-websocket-accept", "date", "cookie", "authorization"} {
			if equalFold(src[name.Start:name.End], known) {
				lines |= 1 << i
			}
		}
	}
	return lines
}

// otherValues gives the lines whose value is not that of the form; ok is false if the
// lines are others.
func (f *Form) otherValues(m *Message, src []byte) (lines uint64, ok bool) {
	if len(m.fields) != len(f.lines) {
		return 0, false
	}
	for i := range f.lines {
		x, y := &f.lines[i], &m.fields[i]
		if string(f.text[x.Name.Start:x.Name.End]) != string(src[y.Name.Start:y.Name.End]) {
			return 0, false
		}
		if string(f.text[x.Value.Start:x.Value.End]) != string(src[y.Value.Start:y.Value.End]) {
			lines |= 1 << i
		}
	}
	return lines, true
}

// Varying has a bit for each line whose value is not part of the form.
func (f *Form) Varying() (lines uint64) {
	for i := range f.lines {
		if f.lines[i].varies {
			lines |= 1 << i
		}
	}
	return lines
}
