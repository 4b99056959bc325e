package report

import "io"

// ndjsonWriter writes one JSON object per line, each with its type.
type ndjsonWriter struct {
	sink
	tool     Tool
	ordinals Ordinals
	emitter  emitter
}

// NewNDJSON gives a Writer of the NDJSON format: the records of a [Document],
// one per line, each with the keys "type" (handshake, capture, summary) and
// "schema" before its own; the summary also has "tool", and a handshake that takes
// the place of one written before has "amends": true. It is a Numberer.
func NewNDJSON(w io.Writer, tool Tool) Writer { return &ndjsonWriter{sink: sinkFor(w), tool: tool} }

func (n *ndjsonWriter) Number(dst []byte, r *Record) []byte { return n.ordinals.Number(dst, r) }

func (n *ndjsonWriter) Handshake(r Record) error {
	e := n.start("handshake")
	if r.Amends {
		e.bool(`"amends":`, true)
	}
	own := len(e.b) - 1 // where the brace of the record takes the place of the last comma
	out := append(r.appendJSON(e.b[:own], &n.ordinals), '\n')
	out[own] = ','
	return n.write(out)
}

// start begins a line; the keys of the record follow.
func (n *ndjsonWriter) start(kind string) *emitter {
	e := &n.emitter
	*e = emitter{b: n.room()}
	e.open('{')
	e.str(`"type":`, kind)
	e.str(`"schema":`, Schema)
	return e
}

func (n *ndjsonWriter) end(e *emitter) error {
	e.close('}')
	return n.write(append(e.bytes(), '\n'))
}

func (n *ndjsonWriter) Close(t *Tail) error {
	for i := range t.Captures {
		e := n.start("capture")
		e.capture(&t.Captures[i])
		if err := n.end(e); err != nil {
			return err
		}
	}
	e := n.start("summary")
	object(e, `"tool":`, &n.tool, (*emitter).tool)
	e.summary(&t.Summary)
	return n.end(e)
}
