package report

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// Encoded holds records one behind the other: of those whose kind is known what varies,
// of others their JSON. The zero value is empty.
type Encoded struct {
	octets []byte
	list   []encoded
}

// encoded is a record in Encoded.
type encoded struct {
	end    int   // of its octets
	kind   *kind // nil: it is there as JSON
	manner Manner
}

// Reset drops all records, and their memory where it is more than most bytes.
func (x *Encoded) Reset(most int) {
	if cap(x.octets) > most {
		*x = Encoded{}
	}
	clear(x.list)
	x.octets, x.list = x.octets[:0], x.list[:0]
}

// end ends a record; octets are those of all.
func (x *Encoded) end(octets []byte, k *kind, binary bool) {
	e := encoded{end: len(octets), kind: k}
	if binary {
		e.manner = NotUTF8
	}
	x.octets, x.list = octets, append(x.list, e)
}

// at gives record i.
func (x *Encoded) at(i int) ([]byte, *encoded) {
	from := 0
	if i > 0 {
		from = x.list[i-1].end
	}
	return x.octets[from:x.list[i].end], &x.list[i]
}

// Encode appends to x the record that Build makes.
func (b *Builder) Encode(x *Encoded, h *analyzer.Handshake, v *rules.Verdict, env Env) {
	if v != nil {
		v.Tell()
	}
	if v == nil || !b.usual.encode(b, x, h, v, &env) {
		b.encode(x, b.Build(h, v, env))
	}
}

// begin begins to encode a record briefly.
func (b *Builder) begin(x *Encoded) *emitter {
	e := &b.emitter
	*e = emitter{b: x.octets, base: len(x.octets), heads: b.heads, phrases: b.phrases, clock: &b.clock, choices: e.choices[:0], said: b.said[:0], brief: true}
	return e
}

func (b *Builder) encode(x *Encoded, rec *Handshake) {
	if b.kinds == nil {
		b.kinds = new(kinds)
	}
	e := b.begin(x)
	e.record(rec)
	b.said = e.said
	hash := hashOf(e.choices)
	k, worth := b.kinds.of(hash, e.choices)
	if k == nil {
		b.whole(rec)
		if worth {
			b.kinds.enter(newKind(hash, e.choices, e.bytes()[e.base:], b.pieces))
		}
	}
	x.end(e.bytes(), k, e.binary)
	e.b = nil
}

// whole encodes again what was encoded briefly.
func (b *Builder) whole(rec *Handshake) {
	e := &b.emitter
	e.b, e.heads, e.brief, e.odd.size = e.b[:e.base], b.heads, false, 0
	b.pieces, e.pieces = b.pieces[:0], &b.pieces
	e.record(rec)
}
