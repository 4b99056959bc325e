package rules

import "github.com/handshark/handshark/analyzer"

// Bounds of heads that are remembered as patterns.
const (
	patternsKept  = 8 // of requests, and as many of responses: those of a few clients and servers
	patternFields = 64
	patternOctets = 4096
)

// pattern is what heads of one maker have in common: the names of their fields, in
// order and as written, and the values of some. Where the fields stand that are
// looked for is the same in all of them.
type pattern struct {
	lines []patternLine
	text  []byte
	at    lines
}

// patternLine is a field line.
type patternLine struct {
	name, value []byte
	exact       bool // the value counts, too
}

// fits reports whether a head is of the pattern.
func (x *pattern) fits(m *analyzer.Message) bool {
	raw, fields := m.Raw, m.Fields
	if len(fields) != len(x.lines) || len(fields) == 0 {
		return false
	}
	for i := range x.lines {
		l, f := &x.lines[i], &fields[i]
		if string(raw[f.Name.Start:f.Name.End]) != string(l.name) ||
			l.exact && string(raw[f.Value.Start:f.Value.End]) != string(l.value) {
			return false
		}
	}
	return true
}

// learn makes the pattern that of a head; exact has the fields whose values count.
// It reports whether the head is one to be remembered.
func (x *pattern) learn(m *analyzer.Message, exact uint64) bool {
	x.lines = x.lines[:0]
	if len(m.Fields) == 0 || len(m.Fields) > patternFields || len(m.Raw) > patternOctets {
		return false
	}
	x.at.read(m)
	x.text = append(x.text[:0], m.Raw...)
	for i := range m.Fields {
		f := &m.Fields[i]
		l := patternLine{name: x.text[f.Name.Start:f.Name.End], value: x.text[f.Value.Start:f.Value.End]}
		known, ok := fieldOf(l.name)
		l.exact = ok && exact>>known&1 != 0
		x.lines = append(x.lines, l)
	}
	return true
}

// Where heads are all different, or nearly so, remembering them costs and brings
// nothing: after missesBorne heads that were not known it is tried with one in
// missesSkipped alone.
const (
	missesBorne   = 64
	missesSkipped = 16
)

// luck counts the heads since the last one that was known.
type luck struct{ misses uint }

// try reports whether to look for the next head.
func (l *luck) try() bool {
	if l.misses < missesBorne || l.misses%missesSkipped == 0 {
		return true
	}
	l.misses++
	return false
}
