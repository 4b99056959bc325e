package report

// style writes SGR sequences around text, or leaves it plain.
type style struct{ colour bool }

func (s style) sgr(code, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(text string) string  { return s.sgr("1", text) }
func (s style) dim(text string) string   { return s.sgr("2", text) }
func (s style) bad(text string) string   { return s.sgr("31", text) }
func (s style) warn(text string) string  { return s.sgr("33", text) }
func (s style) good(text string) string  { return s.sgr("32", text) }
func (s style) title(text string) string { return s.sgr("1;31", text) }

// outcome colours the outcome of a handshake.
func (s style) outcome(kind rowKind, text string) string {
	switch kind {
	case rowFailed:
		return s.bad(text)
	case rowIncomplete:
		return s.warn(text)
	case rowSuperseded:
		return s.dim(text)
	}
	return s.good(text)
}
