package http1

// Bounds of the heads whose form is remembered.
const (
	formsKept  = 8  // of each kind: those of a few clients and servers
	formFields = 64 // Message.Varies has a bit for each
	formOctets = 4096
)

// Form is what heads of one maker have in common: all that follows the start line, to
// the octet but for the values of some lines. A head of a form that is known is read by
// comparing it. Forms do not change, and two that are equal are one.
type Form struct {
	text   []byte // the first head that had it, from the first field line to the end
	fields []Field
	index  index
	parts  []formPart
}

// formPart is a part of a form that is the same in all heads, and the value behind it
// that is not.
type formPart struct {
	same   []byte
	fields int    // lines that begin in the parts so far; the last one has the value
	value  []byte // of the first head; nil where the head ends instead
}

// read reads the lines of a head from pos on if they are of the form, and gives the end
// of the head; else 0. It does what quickFields does.
func (f *Form) read(m *Message, src []byte, pos int) int {
	fields, n := m.room(len(f.fields)), 0
	moved, varies := uint32(pos), uint64(0) // by how much spans of the form are off here, modulo 2^32
	for i := range f.parts {
		p := &f.parts[i]
		end, other := p.read(src, pos)
		if end == 0 {
			return 0
		}
		move(fields[n:p.fields], f.fields[n:p.fields], moved)
		n, pos = p.fields, end
		if p.value == nil {
			break
		}
		last := &fields[n-1]
		last.Line.End, last.Value.End = uint32(end), uint32(end)
		moved = last.Value.End - f.fields[n-1].Value.End
		varies |= other << (n - 1)
	}
	m.Fields, m.index, m.Form, m.Varies = fields, f.index, f, varies
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

// move writes to dst, which is as long, field lines that stand elsewhere by an offset
// modulo 2^32.
func move(dst, fields []Field, by uint32) {
	for i := range fields[:len(dst)] {
		to, f := &dst[i], &fields[i]
		to.Line.Start, to.Line.End = f.Line.Start+by, f.Line.End+by
		to.Name.Start, to.Name.End = f.Name.Start+by, f.Name.End+by
		to.Value.Start, to.Value.End = f.Value.Start+by, f.Value.End+by
	}
}

// room gives that many field lines to be filled.
func (m *Message) room(n int) []Field {
	if cap(m.Fields) < n {
		m.Fields = make([]Field, 0, max(n, fieldsAtOnce))
	}
	return m.Fields[:n]
}

// newForm gives the form of a head that quick has just read in src, the lines of which
// begin at start; varies has those whose value is not part of it.
func newForm(m *Message, src []byte, start int, varies uint64) *Form {
	f := &Form{text: append([]byte(nil), src[start:]...), fields: make([]Field, len(m.Fields)), index: m.index}
	move(f.fields, m.Fields, -uint32(start))
	from := 0
	for i := range f.fields {
		x := &f.fields[i]
		if varies>>i&1 != 0 && x.Value.End == x.Line.End {
			f.parts = append(f.parts, formPart{f.text[from:x.Value.Start], i + 1, f.text[x.Value.Start:x.Value.End]})
			from = int(x.Value.End)
		}
	}
	f.parts = append(f.parts, formPart{same: f.text[from:], fields: len(f.fields)})
	return f
}

// newEachTime gives the lines of a head whose value is another one in each head.
func newEachTime(m *Message, src []byte) (lines uint64) {
	for i := range m.Fields {
		name := m.Fields[i].Name
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
	if len(m.Fields) != len(f.fields) {
		return 0, false
	}
	for i := range f.fields {
		x, y := &f.fields[i], &m.Fields[i]
		if string(f.text[x.Name.Start:x.Name.End]) != string(src[y.Name.Start:y.Name.End]) {
			return 0, false
		}
		if string(f.text[x.Value.Start:x.Value.End]) != string(src[y.Value.Start:y.Value.End]) {
			lines |= 1 << i
		}
	}
	return lines, true
}

// varying gives the lines whose value is not part of the form.
func (f *Form) varying() (lines uint64) {
	for i := range f.parts {
		if f.parts[i].value != nil {
			lines |= 1 << (f.parts[i].fields - 1)
		}
	}
	return lines
}

// Forms remembers the forms of heads. It is not safe for concurrent use; the zero value
// is ready.
type Forms struct {
	lists [2]formList // requests, responses
}

// formList has forms in the order in which they are tried: one that fits moves up by a
// place, a new one takes the last.
type formList struct {
	forms   [formsKept]*Form
	n       int
	unknown uint // heads whose form was not known
	inARow  uint // those since the last one that was known
}

// Where heads are all different, or nearly so, remembering them costs and brings
// nothing: after so many heads in a row that were not known forms are tried with one in
// formTried alone. Once there are formsKept one of so many is learnt.
const (
	formsMissed = 64
	formTried   = 16
	formLearnt  = 16
)

func (x *Forms) of(kind Kind) *formList { return &x.lists[(kind-Request)&1] }

// read reads the lines of a head from pos on if their form is known, and gives the end
// of the head; else 0.
func (l *formList) read(m *Message, src []byte, pos int) int {
	if l.inARow >= formsMissed && l.inARow%formTried != 0 {
		return 0
	}
	for i, f := range l.forms[:l.n] {
		if end := f.read(m, src, pos); end > 0 {
			l.inARow = 0
			if i > 0 {
				l.forms[i-1], l.forms[i] = f, l.forms[i-1]
			}
			return end
		}
	}
	return 0
}

// learn takes a head whose form was not known; its lines begin in src at start.
func (l *formList) learn(m *Message, src []byte, start int) {
	l.unknown++
	l.inARow++
	if n := len(m.Fields); n == 0 || n > formFields || len(src)-start > formOctets {
		return
	}
	varies := newEachTime(m, src)
	switch {
	case l.n < formsKept:
		l.forms[l.n] = newForm(m, src, start, varies)
		m.Form = l.forms[l.n]
		l.n++
	case l.unknown%formLearnt == 0:
		m.Form = l.replace(m, src, start, varies)
	}
}

// replace remembers the form of a head instead of one that has the same lines, which
// come to vary where they differ, or else of the last.
func (l *formList) replace(m *Message, src []byte, start int, varies uint64) *Form {
	at := formsKept - 1
	for i, f := range l.forms {
		if others, ok := f.otherValues(m, src); ok {
			at, varies = i, varies|others|f.varying()
			break
		}
	}
	l.forms[at] = newForm(m, src, start, varies)
	return l.forms[at]
}
