package rules

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
)

// Bounds of heads that are remembered as patterns.
const (
	patternsKept  = 8 // of requests, and as many of responses: those of a few clients and servers
	patternFields = 64
	patternOctets = 4096
)

// pattern is what heads of one maker have in common: the names of their fields, in
// order and as written, and the values of some. Where the fields stand that are
// looked for is the same in all of them. Only heads that do not deviate have one:
// what a line of such a head holds hangs on nothing but its octets.
type pattern struct {
	fields int // 0 = no pattern
	runs   []patternRun
	text   []byte
	at     lines
}

// patternRun is one field line of which only the name counts, or lines that are
// mostly equal to the octet, so that it is tried whether all of them are.
type patternRun struct {
	start uint32
	text  []byte // from start, the first name, to the end of the last value
	lines []patternLine
	loose bool // the name counts
}

// patternLine is a field line.
type patternLine struct {
	name, value []byte
	exact       bool // the value counts, too
}

// looseFields have another value each time.
const looseFields = 1<<fieldKey | 1<<fieldAccept | 1<<fieldCookie | 1<<fieldAuthorization | 1<<fieldProxyAuthorization |
	1<<fieldAPIKey | 1<<fieldDate

// fits reports whether a head is of the pattern. It is asked of every head.
func (x *pattern) fits(m *analyzer.Message) bool {
	fields := m.Fields
	if len(fields) != x.fields || len(fields) == 0 || len(m.Deviations) > 0 {
		return false
	}
	for i := range x.runs {
		r := &x.runs[i]
		n := len(r.lines)
		if n > len(fields) {
			return false
		}
		if r.loose {
			s := &fields[0].Name
			if string(m.Raw[s.Start:s.End]) != string(r.lines[0].name) {
				return false
			}
		} else if string(m.Raw[fields[0].Name.Start:fields[n-1].Value.End]) != string(r.text) && !r.fits(m.Raw, fields[:n]) {
			return false
		}
		fields = fields[n:]
	}
	return true
}

// fits reports whether those lines of the run that have to be are the same.
func (r *patternRun) fits(raw []byte, fields []http1.Field) bool {
	for i := range r.lines {
		l, f := &r.lines[i], &fields[i]
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
	x.fields, x.runs = 0, x.runs[:0]
	if len(m.Fields) == 0 || len(m.Fields) > patternFields || len(m.Raw) > patternOctets || len(m.Deviations) > 0 {
		return false
	}
	x.at.read(m)
	x.text = append(x.text[:0], m.Raw...)
	for i := range m.Fields {
		x.enter(&m.Fields[i], exact)
	}
	x.fields = len(m.Fields)
	return true
}

// enter adds a line to the pattern.
func (x *pattern) enter(f *http1.Field, exact uint64) {
	l := patternLine{name: x.text[f.Name.Start:f.Name.End], value: x.text[f.Value.Start:f.Value.End]}
	known, ok := fieldOf(l.name)
	l.exact = ok && exact>>known&1 != 0
	loose := ok && looseFields>>known&1 != 0
	if n := len(x.runs); n == 0 || loose || x.runs[n-1].loose {
		x.runs = append(x.runs, patternRun{start: f.Name.Start, loose: loose})
	}
	r := &x.runs[len(x.runs)-1]
	r.text, r.lines = x.text[r.start:f.Value.End], append(r.lines, l)
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
