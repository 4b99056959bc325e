package http1

import (
	"bytes"
	"cmp"
	"slices"
)

// maxPerKind bounds the deviations kept of one kind in one message: a head of
// bare line feeds must not cost a record for each of them.
const maxPerKind = 16

// parser fills m from raw, one message head.
type parser struct {
	m     *Message
	raw   []byte
	noted [deviationKinds]uint8
	field int // index of the field being read; -1 = start line
}

// parse reads the head in m.Raw; lines is the expected number of lines.
func parse(m *Message, lines int) {
	p := parser{m: m, raw: m.Raw, field: -1}
	m.reset()
	if lines-1 > cap(m.fields) {
		m.fields = make([]Field, 0, lines-1)
	}
	p.lines()
	if len(m.Deviations) > 1 {
		slices.SortStableFunc(m.Deviations, func(a, b Deviation) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	}
}

func (p *parser) lines() {
	pos, started := 0, false
	for pos < len(p.raw) {
		lf := bytes.IndexByte(p.raw[pos:], '\n')
		if lf < 0 {
			if !started {
				p.m.Line = SpanOf(pos, len(p.raw))
				p.partialLine(p.m.Line)
			}
			return
		}
		line := p.lineEnd(pos, pos+lf)
		pos += lf + 1
		switch {
		case !started:
			started = true
			p.startLine(line)
		case line.Len() > 0:
			p.fieldLine(line)
		}
	}
}

// lineEnd takes the line end off the line from start up to its LF at lf.
func (p *parser) lineEnd(start, lf int) Span {
	end := lf
	for end > start && p.raw[end-1] == '\r' {
		end--
	}
	switch lf - end {
	case 0:
		p.note(BareLF, SpanOf(lf, lf+1))
	case 1:
	default:
		p.note(BareCR, SpanOf(end, lf-1))
	}
	return SpanOf(start, end)
}

func (p *parser) note(kind DeviationKind, s Span) { p.noteField(kind, s, -1) }

func (p *parser) noteField(kind DeviationKind, s Span, field int) {
	if p.noted[kind] >= maxPerKind {
		return
	}
	p.noted[kind]++
	p.m.Deviations = append(p.m.Deviations, Deviation{Kind: kind, Span: s, Field: field})
}

func (p *parser) startLine(line Span) {
	p.m.Line = line
	if p.m.Kind == Request {
		p.requestLine(line)
	} else {
		p.statusLine(line)
	}
	if cr := bytes.IndexByte(p.raw[line.Start:line.End], '\r'); cr >= 0 {
		p.note(BareCR, line.part(cr, cr+1))
	}
}

func (p *parser) fieldLine(line Span) {
	if isBlank(p.raw[line.Start]) {
		p.continuation(line)
		return
	}
	p.field = len(p.m.fields)
	f := Field{Line: line}
	colon := bytes.IndexByte(p.raw[line.Start:line.End], ':')
	if colon < 0 {
		f.Name = line.part(0, 0)
		f.Value = p.trim(line)
		p.noteField(NoColon, line, p.field)
	} else {
		f.Name = p.name(line.part(0, colon))
		f.Value = p.trim(line.part(colon+1, line.Len()))
	}
	p.m.AddField(f)
	p.m.enter(p.raw)
	p.octets(f.Value, p.field)
}

func (p *parser) name(toColon Span) Span {
	s := toColon.part(0, len(trimBlankEnd(p.raw[toColon.Start:toColon.End])))
	if s.End < toColon.End {
		p.noteField(SpaceBeforeColon, Span{s.End, toColon.End}, p.field)
	}
	if !isToken(p.raw[s.Start:s.End]) {
		p.noteField(BadName, s, p.field)
	}
	return s
}

// continuation joins a line that begins with a blank to the field before it.
func (p *parser) continuation(line Span) {
	if p.field < 0 {
		p.note(LeadingSpaceLine, line)
		return
	}
	p.noteField(ObsFold, line, p.field)
	f := &p.m.fields[p.field]
	f.Line.End = line.End
	more := p.trim(line)
	if more.Len() == 0 {
		return
	}
	if f.Value.Len() == 0 {
		f.Value.Start = more.Start
	}
	f.Value.End = more.End
	p.octets(more, p.field)
}

// octets notes what is odd in part of a value.
func (p *parser) octets(s Span, field int) {
	if printable(p.raw[s.Start:s.End]) {
		return
	}
	p.controls(s, field)
	for i := s.Start; i < s.End; i++ {
		if p.raw[i] >= 0x80 {
			p.noteField(NonASCII, p.run(i, s.End, func(c byte) bool { return c >= 0x80 }), field)
			return
		}
	}
}

// controls notes CRs one by one and the first run of other control octets.
func (p *parser) controls(s Span, field int) {
	found := false
	for i := s.Start; i < s.End; i++ {
		switch c := p.raw[i]; {
		case c == '\r':
			if field >= 0 {
				p.noteField(BareCR, Span{i, i + 1}, field)
			}
		case isControl(c) && !found:
			found = true
			p.noteField(ControlOctet, p.run(i, s.End, isControl), field)
		}
	}
}

func (p *parser) run(i, end uint32, in func(byte) bool) Span {
	j := i
	for j < end && in(p.raw[j]) {
		j++
	}
	return Span{i, j}
}

func (p *parser) trim(s Span) Span {
	for s.Start < s.End && isBlank(p.raw[s.Start]) {
		s.Start++
	}
	for s.End > s.Start && isBlank(p.raw[s.End-1]) {
		s.End--
	}
	return s
}

func trimBlankEnd(b []byte) []byte {
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}
