package report

import "io"

// jsonWriter streams one JSON object, a handshake per line.
type jsonWriter struct {
	w        io.Writer
	tool     Tool
	ordinals Ordinals
	lines    int
	out      []byte // reused
}

// NewJSON gives a Writer of the JSON format: one [Document].
func NewJSON(w io.Writer, tool Tool) Writer { return &jsonWriter{w: w, tool: tool} }

func (j *jsonWriter) Handshake(r Record) error {
	j.out = j.out[:0]
	if j.lines == 0 {
		j.out = j.head(j.out)
	} else {
		j.out = append(j.out, ',')
	}
	j.lines++
	j.out = append(j.out, '\n')
	j.out = r.appendJSON(j.out, &j.ordinals)
	_, err := j.w.Write(j.out)
	return err
}

func (j *jsonWriter) head(b []byte) []byte {
	e := emitter{b: b}
	e.open('{')
	e.str(`"schema":`, Schema)
	object(&e, `"tool":`, &j.tool, (*emitter).tool)
	e.key(`"handshakes":`)
	e.open('[')
	return e.b
}

func (j *jsonWriter) Close(t *Tail) error {
	e := emitter{b: j.out[:0]}
	if j.lines == 0 {
		e.b = j.head(e.b)
	}
	e.b = append(e.b, "\n],\n"...)
	list(&e, `"captures":`, t.Captures, (*emitter).capture)
	e.b = append(e.b, '\n')
	object(&e, `"summary":`, &t.Summary, (*emitter).summary)
	_, err := j.w.Write(append(e.bytes(), "}\n"...))
	return err
}
