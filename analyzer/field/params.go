package field

import "strings"

// Param is one parameter.
type Param struct {
	Name     string
	Value    string // quotes and quoted pairs removed
	HasValue bool   // a "=" was there
	Quoted   bool
}

// scanner walks over one element of a value.
type scanner struct {
	v        string
	line     int
	pos, end int
	faults   []Fault
}

func (s *scanner) fault(kind FaultKind, start, end int) {
	s.faults = append(s.faults, Fault{Kind: kind, Line: s.line, Start: start, End: end})
}

func (s *scanner) blanks() {
	for s.pos < s.end && isBlank(s.v[s.pos]) {
		s.pos++
	}
}

func (s *scanner) at(c byte) bool { return s.pos < s.end && s.v[s.pos] == c }

// upTo moves to the first of stop and gives what it passed, blanks at its end
// left out.
func (s *scanner) upTo(stop string) string {
	start := s.pos
	for s.pos < s.end && strings.IndexByte(stop, s.v[s.pos]) < 0 {
		s.pos++
	}
	_, e := trimBlank(s.v, start, s.pos)
	return s.v[start:e]
}

// param reads name [ "=" value ] up to a separator; blanks around "=" are let
// pass, as the grammar of RFC 6455 (that of RFC 2616) does.
func (s *scanner) param(separators string) Param {
	s.blanks()
	start := s.pos
	p := Param{Name: s.upTo("=" + separators)}
	if !IsToken(p.Name) {
		s.fault(BadName, start, start+len(p.Name))
	}
	if !s.at('=') {
		return p
	}
	s.pos++
	s.blanks()
	p.HasValue = true
	if s.at('"') {
		p.Quoted = true
		p.Value = s.quoted(separators)
		return p
	}
	start = s.pos
	p.Value = s.upTo(separators)
	switch {
	case p.Value == "":
		s.fault(MissingValue, start, start)
	case !IsToken(p.Value):
		s.fault(BadValue, start, start+len(p.Value))
	}
	return p
}

func (s *scanner) quoted(separators string) string {
	start := s.pos
	s.pos = min(quoteEnd(s.v, start), s.end)
	q := s.v[start:s.pos]
	if !closed(q) {
		s.fault(OpenQuote, start, s.pos)
	}
	s.blanks()
	if junk := s.pos; s.upTo(separators) != "" {
		s.fault(Junk, junk, s.pos)
	}
	return unquote(q)
}

// Extension is one element of Sec-WebSocket-Extensions (RFC 6455 section 9.1).
type Extension struct {
	Name    string // case-sensitive
	Params  []Param
	Element Element
}

// Param gives the first parameter of that name and whether there is one.
func (e *Extension) Param(name string) (Param, bool) {
	for _, p := range e.Params {
		if p.Name == name {
			return p, true
		}
	}
	return Param{}, false
}

// ParseExtensions reads all lines of Sec-WebSocket-Extensions. What breaks the
// grammar is in the faults; the extensions hold what could be read. A quoted
// value has to be a token once unquoted.
func ParseExtensions(values ...string) ([]Extension, []Fault) {
	var (
		list = ParseList(values...)
		out  []Extension
		s    scanner
	)
	s.emptyElements(values)
	for _, e := range list.Elements {
		s.v, s.line, s.pos, s.end = values[e.Line], e.Line, e.Start, e.End
		out = append(out, s.extension(e))
	}
	return out, s.faults
}

// emptyElements notes lines that hold no element: 1#extension is not optional.
func (s *scanner) emptyElements(values []string) {
	for line, v := range values {
		if len(Elements(v)) == 0 {
			s.line = line
			s.fault(EmptyElement, 0, len(v))
		}
	}
}

func (s *scanner) extension(e Element) Extension {
	x := Extension{Name: s.upTo(";"), Element: e}
	if !IsToken(x.Name) {
		s.fault(BadName, e.Start, e.Start+len(x.Name))
	}
	for s.at(';') {
		s.pos++
		s.blanks()
		if s.pos == s.end || s.at(';') {
			s.fault(EmptyParam, s.pos, s.pos)
			continue
		}
		start := s.pos
		p := s.param(";")
		if p.Quoted && !IsToken(p.Value) {
			s.fault(BadValue, start, s.pos)
		}
		x.Params = append(x.Params, p)
	}
	return x
}
