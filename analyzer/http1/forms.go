package http1

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

// tries reports whether forms are tried at all.
func (l *formList) tries() bool { return l.inARow < formsMissed || l.inARow%formTried == 0 }

// read reads the lines of a head from pos on if their form is known, and gives the end
// of the head; else 0.
func (l *formList) read(m *Message, src []byte, pos int) int {
	if !l.tries() {
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
	if n := len(m.fields); n == 0 || n > formFields || len(src)-start > formOctets {
		return
	}
	at, varies := l.n, newEachTime(m, src)
	if at == formsKept {
		if l.unknown%formLearnt != 0 {
			return
		}
		at, varies = l.instead(m, src, varies)
	}
	f := newForm(m, src, start, varies)
	if f == nil {
		return
	}
	l.forms[at] = f
	l.n = max(l.n, at+1)
	f.read(m, src, start)
}

// instead says which form to give up for that of a head, and which lines vary in the new
// one: one with the same lines, which come to vary where they differ, or else the last.
func (l *formList) instead(m *Message, src []byte, varies uint64) (at int, lines uint64) {
	for i, f := range l.forms {
		if others, ok := f.otherValues(m, src); ok {
			return i, varies | others | f.Varying()
		}
	}
	return formsKept - 1, varies
}
