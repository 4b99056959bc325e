package http1

// indexSlots is the number of slots of an index: enough that most absent names
// meet an empty one.
const indexSlots = 64

// comparedLines bounds the lines among which names that recur are looked for.
const comparedLines = 100

// index finds field lines by name. Rules ask for some hundred names of each
// head, most of which are absent: that has to cost one look.
type index struct {
	first   [indexSlots]uint8 // 1 + number of the first line in the slot, at most 255; 0 = none
	several uint64            // slots with more than one line
	repeats bool              // a name occurs more than once, or may
}

// slotOf gives the slot of a name, which is not empty; letter case does not
// matter. The factors keep the names apart that clients and servers write and
// that rules ask for.
func slotOf[S string | []byte](name S) uint8 { return slot(len(name), name[0], name[len(name)-1]) }

// slot is slotOf of a name of which length, first and last octet are known.
func slot(n int, first, last byte) uint8 {
	return (uint8(n)*54 + (first|0x20)*31 + (last|0x20)*50) % indexSlots
}

// enter adds the field line that was read last; raw is what its spans refer to.
func (m *Message) enter(raw []byte) {
	x, i := m.own, len(m.fields)-1
	name := raw[m.fields[i].Name.Start:m.fields[i].Name.End]
	if len(name) == 0 {
		return
	}
	if first := &x.first[slotOf(name)]; *first == 0 {
		*first = uint8(min(i+1, 255))
	} else {
		m.clash(raw, i)
	}
}

// clash enters field line i into a slot that has a line.
func (m *Message) clash(raw []byte, i int) {
	name := raw[m.fields[i].Name.Start:m.fields[i].Name.End]
	x, slot := m.own, slotOf(name)
	x.several |= 1 << slot
	x.repeats = x.repeats || i > comparedLines || m.occurs(raw, name, int(x.first[slot])-1, i)
}

// occurs reports whether a field line from from up to to has that name.
func (m *Message) occurs(raw, name []byte, from, to int) bool {
	for i := from; i < to; i++ {
		s := m.fields[i].Name
		if s.Len() == len(name) && foldedAlike(raw[s.Start:s.End], name) {
			return true
		}
	}
	return false
}

// foldedAlike compares two names of one length without regard to the case of
// ASCII letters.
func foldedAlike(a, b []byte) bool {
	for i := range a {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// find gives the first field line of that name, -1 if there is none, and whether
// there may be further ones.
func (m *Message) find(name string) (line int, more bool) {
	x := m.index()
	if x == nil || name == "" {
		return m.Next(name, 0), true
	}
	slot := slotOf(name)
	i := int(x.first[slot]) - 1
	switch {
	case i < 0:
		return -1, false
	case x.several>>slot&1 != 0 || i == 254: // that line, or one after it
		return m.Next(name, i), true
	case m.named(i, name):
		return i, false
	}
	return -1, false
}

// named reports whether field i has that name.
func (m *Message) named(i int, name string) bool {
	b := m.NameOctets(i)
	if len(b) != len(name) {
		return standsFor(b, name)
	}
	return string(b) == name || equalFold(b, name)
}

// MayRepeat reports whether some field name may occur more than once: false is
// certain.
func (m *Message) MayRepeat() bool {
	x := m.index()
	return x == nil || x.repeats
}

// index gives the index of the field lines; nil if the message was not made by a Reader.
func (m *Message) index() *index {
	if m.Form != nil {
		return &m.Form.index
	}
	return m.own
}

// reset empties the field lines and their index.
func (m *Message) reset() {
	m.fields, m.Form = m.fields[:0], nil
	if m.own == nil {
		m.own = new(index)
		return
	}
	*m.own = index{}
}
