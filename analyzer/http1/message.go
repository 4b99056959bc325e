package http1

import "bytes"

// NumFields is the number of field lines.
func (m *Message) NumFields() int {
	if m.Form != nil {
		return len(m.Form.lines)
	}
	return len(m.fields)
}

// AddField adds a field line behind the others, of a head without a form.
func (m *Message) AddField(f Field) { m.fields = append(m.fields, f) }

// Field gives field line i, in order of appearance from 0 on.
func (m *Message) Field(i int) Field {
	if m.Form != nil {
		return m.Form.field(m, i)
	}
	return m.fields[i]
}

// NameOctets gives the name of field i as written, which is not to be changed.
func (m *Message) NameOctets(i int) []byte {
	if f := m.Form; f != nil {
		s := &f.lines[i].Name
		return f.text[s.Start:s.End]
	}
	s := &m.fields[i].Name
	return m.Raw[s.Start:s.End]
}

// ValueOctets gives the value of field i as it was sent, folding and all, which is not
// to be changed.
func (m *Message) ValueOctets(i int) []byte {
	f := m.Form
	if f == nil {
		s := &m.fields[i].Value
		return m.Raw[s.Start:s.End]
	}
	l := &f.lines[i]
	if m.Varies>>i&1 == 0 {
		return f.text[l.Value.Start:l.Value.End]
	}
	return m.Raw[l.Value.Start+f.off(m, l) : m.ends[l.before%formVaries]]
}

// Name gives the name of field i as written.
func (m *Message) Name(i int) string {
	if f := m.Form; f != nil {
		return f.words[f.lines[i].Name.Start:f.lines[i].Name.End]
	}
	return m.Text(m.Field(i).Name)
}

// Value gives the value of field i; line folding is replaced by one SP (RFC 9112
// section 5.2).
func (m *Message) Value(i int) string {
	v := m.ValueOctets(i)
	if bytes.IndexByte(v, '\n') < 0 {
		return m.Text(m.Field(i).Value)
	}
	return string(unfold(v))
}

// octets gives the same without a copy where nothing is folded.
func (m *Message) octets(i int) []byte {
	v := m.ValueOctets(i)
	if bytes.IndexByte(v, '\n') < 0 {
		return v
	}
	return unfold(v)
}

// unfold replaces each line break with the blanks around it by one SP. A value
// is trimmed, so each break stands between two visible parts.
func unfold(v []byte) []byte {
	out := make([]byte, 0, len(v))
	for line := range bytes.SplitSeq(v, []byte{'\n'}) {
		line = bytes.Trim(line, " \t\r")
		if len(line) == 0 {
			continue
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		out = append(out, line...)
	}
	return out
}

// First gives the index of the first field of that name, -1 if there is none.
// Names compare without regard to the case of ASCII letters; as in all lookups.
func (m *Message) First(name string) int {
	i, _ := m.find(name)
	return i
}

// Next gives the index of the first field of that name from index from on, -1 if there is
// none.
func (m *Message) Next(name string, from int) int {
	for i := from; i < m.NumFields(); i++ {
		if m.named(i, name) {
			return i
		}
	}
	return -1
}

// Only gives the index of the field of that name; ok only if there is exactly one.
func (m *Message) Only(name string) (line int, ok bool) {
	i, more := m.find(name)
	return i, i >= 0 && (!more || m.Next(name, i+1) < 0)
}

// Count is the number of fields of that name.
func (m *Message) Count(name string) int {
	n := 0
	for i, more := m.find(name); i >= 0; i = m.Next(name, i+1) {
		if n++; !more {
			break
		}
	}
	return n
}

// Lookup gives the indexes of all fields of that name in order; nil if there is
// none. It allocates only when it finds something.
func (m *Message) Lookup(name string) []int {
	var found []int
	for i, more := m.find(name); i >= 0; i = m.Next(name, i+1) {
		if found = append(found, i); !more {
			break
		}
	}
	return found
}

// Has reports whether a field of that name is present.
func (m *Message) Has(name string) bool { return m.First(name) >= 0 }

// Get gives the value of the first field of that name; "" if there is none.
func (m *Message) Get(name string) string {
	if i := m.First(name); i >= 0 {
		return m.Value(i)
	}
	return ""
}

// Values gives the values of all fields of that name in order; nil if there is none.
func (m *Message) Values(name string) []string { return m.AppendValues(nil, name) }

// AppendValues appends the values of all fields of that name to list.
func (m *Message) AppendValues(list []string, name string) []string {
	for i, more := m.find(name); i >= 0; i = m.Next(name, i+1) {
		if list = append(list, m.Value(i)); !more {
			break
		}
	}
	return list
}

// AppendOctets appends the same as octets, which are valid and not to be changed
// as long as the message is used.
func (m *Message) AppendOctets(list [][]byte, name string) [][]byte {
	i, more := m.find(name)
	if i < 0 {
		return list
	}
	if list = append(list, m.octets(i)); more {
		for i = m.Next(name, i+1); i >= 0; i = m.Next(name, i+1) {
			list = append(list, m.octets(i))
		}
	}
	return list
}

// HTTPVersion gives the version of the start line, ok only if it is written as
// RFC 9112 section 2.3 wants it: "HTTP/" DIGIT "." DIGIT.
func (m *Message) HTTPVersion() (major, minor int, ok bool) {
	v := m.Raw[m.Version.Start:m.Version.End]
	if !isVersion(v) {
		return 0, 0, false
	}
	return int(v[5] - '0'), int(v[7] - '0'), true
}

// Deviates gives the first deviation of that kind, nil if there is none.
func (m *Message) Deviates(kind DeviationKind) *Deviation {
	for i := range m.Deviations {
		if m.Deviations[i].Kind == kind {
			return &m.Deviations[i]
		}
	}
	return nil
}
