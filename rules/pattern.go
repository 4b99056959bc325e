package rules

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
)

// patternsKept is how many patterns of requests are remembered, and as many of
// responses: those of a few clients and servers.
const patternsKept = 8

// pattern is what heads of one form have in common of which some values are equal,
// too. Where the fields stand that are looked for is the same in all of them.
type pattern struct {
	form  *http1.Form // nil = no pattern
	exact uint64      // lines whose values are equal in all heads of the pattern
	at    lines
}

// fits reports whether a head is of the pattern. It is asked of every head.
func (x *pattern) fits(m *analyzer.Message) bool {
	return m.Form == x.form && m.Varies&x.exact == 0 && m.Form != nil
}

// learn makes the pattern that of a head; fields has those whose values are to be
// equal. It reports whether the head is one to be remembered.
func (x *pattern) learn(m *analyzer.Message, fields uint64) bool {
	exact := linesOf(m, fields)
	if m.Form == nil || m.Varies&exact != 0 { // other values are those that the form goes by
		return false
	}
	x.form, x.exact = m.Form, exact
	x.at.read(m)
	return true
}

// linesOf gives the lines of some fields, of the first 64.
func linesOf(m *analyzer.Message, fields uint64) (lines uint64) {
	for i := range m.NumFields() {
		if f, ok := fieldOf(m.NameOctets(i)); ok && fields>>f&1 != 0 {
			lines |= 1 << i
		}
	}
	return lines
}
