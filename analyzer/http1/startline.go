package http1

// isVersion matches HTTP-version of RFC 9112 section 2.3, which is case-sensitive.
func isVersion(v []byte) bool {
	return len(v) == 8 && string(v[:5]) == "HTTP/" && isDigit(v[5]) && v[6] == '.' && isDigit(v[7])
}

// requestLine reads method SP target SP version. What stands between the first
// and the last word is the target, blanks included: that is what lenient
// servers do with an unescaped blank.
func (p *parser) requestLine(line Span) {
	body := p.trimStart(line)
	m := p.m
	m.Method = p.word(body)
	rest := p.separator(m.Method.End, body.End)
	if rest == body.End {
		m.Target, m.Version = Span{rest, rest}, Span{rest, rest}
		p.note(EmptyTarget, m.Target)
		p.note(MissingVersion, m.Version)
	} else {
		p.targetAndVersion(Span{rest, body.End})
	}
	if !isToken(p.raw[m.Method.Start:m.Method.End]) {
		p.note(BadMethod, m.Method)
	}
	p.checkTarget()
}

func (p *parser) targetAndVersion(rest Span) {
	m := p.m
	last := rest.part(rest.Len()-len(lastWord(p.raw[rest.Start:rest.End])), rest.Len())
	switch {
	case last.Start > rest.Start:
		m.Target = rest.part(0, len(trimBlankEnd(p.raw[rest.Start:last.Start])))
		m.Version = last
		p.separator(m.Target.End, last.Start)
		p.blanksInTarget()
	case hasPrefixFold(p.raw[last.Start:last.End], "HTTP/"):
		m.Target, m.Version = Span{last.Start, last.Start}, last
		p.note(EmptyTarget, m.Target)
	default:
		m.Target, m.Version = last, Span{last.End, last.End}
		p.note(MissingVersion, m.Version)
		return
	}
	if !isVersion(p.raw[m.Version.Start:m.Version.End]) {
		p.note(BadVersion, m.Version)
	}
}

// trimStart notes blanks at both ends of the start line and gives what is between.
func (p *parser) trimStart(line Span) Span {
	s := line
	for s.Start < s.End && isBlank(p.raw[s.Start]) {
		s.Start++
	}
	for s.End > s.Start && isBlank(p.raw[s.End-1]) {
		s.End--
	}
	if s.Start > line.Start {
		p.note(ExtraSpaces, Span{line.Start, s.Start})
	}
	if s.End < line.End {
		p.note(TrailingBlank, Span{s.End, line.End})
	}
	return s
}

// word gives the bytes of s up to its first blank.
func (p *parser) word(s Span) Span {
	for i := s.Start; i < s.End; i++ {
		if isBlank(p.raw[i]) {
			return Span{s.Start, i}
		}
	}
	return s
}

// separator notes a separator at i that is not one SP and gives its end.
func (p *parser) separator(i, end uint32) uint32 {
	j, tab := i, false
	for j < end && isBlank(p.raw[j]) {
		tab = tab || p.raw[j] == '\t'
		j++
	}
	switch {
	case tab:
		p.note(TabSeparator, Span{i, j})
	case j-i > 1:
		p.note(ExtraSpaces, Span{i, j})
	}
	return j
}

func (p *parser) blanksInTarget() {
	t := p.m.Target
	if w := p.word(t); w.End < t.End {
		end := w.End
		for isBlank(p.raw[end]) { // a target ends in something visible
			end++
		}
		p.note(ExtraSpaces, Span{w.End, end})
	}
}

func (p *parser) checkTarget() {
	t := p.m.Target
	for i := t.Start; i < t.End; i++ {
		c := p.raw[i]
		if classes[c]&targetOctet == 0 && !isBlank(c) {
			p.note(TargetOctet, Span{i, i + 1})
		}
		if c == '%' && (i+2 >= t.End || !isHex(p.raw[i+1]) || !isHex(p.raw[i+2])) {
			p.note(TargetOctet, Span{i, i + 1})
		}
	}
}

// statusLine reads version SP status SP [reason] (RFC 9112 section 4).
func (p *parser) statusLine(line Span) {
	m := p.m
	m.Version = p.word(line)
	if !isVersion(p.raw[m.Version.Start:m.Version.End]) {
		p.note(BadVersion, m.Version)
	}
	m.StatusSpan = p.word(Span{p.separator(m.Version.End, line.End), line.End})
	m.Status = statusCode(p.raw[m.StatusSpan.Start:m.StatusSpan.End])
	if m.Status == 0 {
		p.note(BadStatus, m.StatusSpan)
	}
	p.reason(Span{m.StatusSpan.End, line.End})
}

func (p *parser) reason(rest Span) {
	m := p.m
	if rest.Len() == 0 {
		m.Reason = rest
		if m.Status != 0 {
			p.note(MissingReasonSpace, rest)
		}
		return
	}
	m.Reason = Span{rest.Start + 1, rest.End}
	switch {
	case len(trimBlankEnd(p.raw[rest.Start:rest.End])) == 0:
		p.note(EmptyReason, rest)
	case p.raw[rest.Start] == '\t':
		p.note(TabSeparator, Span{rest.Start, rest.Start + 1})
	case isBlank(p.raw[rest.Start+1]):
		p.note(ExtraSpaces, Span{rest.Start, rest.Start + 2})
	}
	p.controls(m.Reason, -1)
}

func statusCode(b []byte) int {
	if len(b) != 3 || b[0] == '0' || !isDigit(b[0]) || !isDigit(b[1]) || !isDigit(b[2]) {
		return 0
	}
	return int(b[0]-'0')*100 + int(b[1]-'0')*10 + int(b[2]-'0')
}

// partialLine reads what is certain of a start line whose end is missing: parts
// that are followed by a blank. It notes nothing.
func (p *parser) partialLine(line Span) {
	m := p.m
	first := p.word(line)
	if first.End == line.End {
		return
	}
	second := p.word(Span{first.End + 1, line.End})
	if m.Kind == Request {
		m.Method = first
		if second.End < line.End {
			m.Target = second
		}
		return
	}
	m.Version = first
	if second.End < line.End {
		m.StatusSpan = second
		m.Status = statusCode(p.raw[second.Start:second.End])
	}
}
