package report

import "io"

// jsonWriter streams one JSON object, a handshake per line.
type jsonWriter struct {
	sink
	tool     Tool
	ordinals Ordinals
	lines    int
}

// NewJSON gives a Writer of the JSON format: one [Document]. It is a Numberer.
func NewJSON(w io.Writer, tool Tool) Writer { return &jsonWriter{sink: sinkFor(w), tool: tool} }

func (j *jsonWriter) Number(dst []byte, r *Record) []byte { return j.ordinals.Number(dst, r) }

func (j *jsonWriter) Handshake(r Record) error {
	out := j.room()
	if j.lines == 0 {
		out = j.head(out)
	} else {
		out = append(out, ',')
	}
	j.lines++
	return j.write(r.appendJSON(append(out, '\n'), &j.ordinals))
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
	e := emitter{b: j.room()}
	if j.lines == 0 {
		e.b = j.head(e.b)
	}
	e.b = append(e.b, "\n],\n"...)
	list(&e, `"captures":`, t.Captures, (*emitter).capture)
	e.b = append(e.b, '\n')
	object(&e, `"summary":`, &t.Summary, (*emitter).summary)
	return j.write(append(e.bytes(), "}\n"...))
}
