package report

import (
	"encoding/binary"
	"math"
	"strconv"
)

// emitter appends JSON. It exists because a report may hold a hundred thousand
// handshakes and encoding/json spends most of its time re-reading what a
// Marshaler gave it. A test compares the two on every field of the contract.
//
// Of what it appends the one part is the same in all records of a kind, the other
// varies from record to record: the pieces. All that the former depends on is a
// choice, so that records with the same choices differ in their pieces alone.
type emitter struct {
	b       []byte
	heads   []head // what is known of those that come next, or none
	phrases *phrases
	// binary says that a text was not UTF-8.
	binary bool
	clock  *lastSecond // may be nil
	pieces *[]piece    // takes down where they are; may be nil
	base   int         // where the record begins
	// brief says that the pieces are appended alone, each with its length, and the
	// choices to choices.
	brief   bool
	choices []byte
	said    []*phrase // what was known of each phrase; used up when the record is written whole
	// odd is the last text that is not verbatim, and where it stands in b: what a field
	// holds is often quoted as evidence.
	odd struct {
		text Text
		from int
		size int // 0 = there was none
	}
}

// piece is a part of a record that varies: octets from start to end of it.
type piece struct {
	start, end uint32
	text       bool // it may hold redactions
}

// Choices besides texts, lengths of lists, and numbers of lines and phrases.
const (
	isNull  = 0x00
	isThere = 0x01
	isPiece = 0xff // instead of a text
)

func (e *emitter) open(c byte) {
	if !e.brief {
		e.b = append(e.b, c)
	}
}

// close ends an object or array, over the comma of its last member.
func (e *emitter) close(c byte) {
	if e.brief {
		return
	}
	if n := len(e.b) - 1; n >= 0 && e.b[n] == ',' {
		e.b = e.b[:n]
	}
	e.b = append(e.b, c, ',')
}

// key appends a key, which is given as JSON writes it.
func (e *emitter) key(k string) {
	if !e.brief {
		e.b = append(e.b, k...)
	}
}

// constant appends a value with its key.
func (e *emitter) constant(k, v string) {
	b := append(append(e.b, k...), v...)
	e.b = append(b, ',')
}

// choose takes a choice down.
func (e *emitter) choose(c byte) {
	if e.brief {
		e.choices = append(e.choices, c)
	}
}

// chooseNumber takes the number of something down, or the length of a list.
func (e *emitter) chooseNumber(n int) {
	if e.brief {
		e.choices = binary.AppendUvarint(e.choices, uint64(n))
	}
}

func (e *emitter) null(k string) {
	if e.brief {
		e.choices = append(e.choices, isNull)
		return
	}
	e.constant(k, "null")
}

// begin begins a piece.
func (e *emitter) begin(k string) int {
	if e.brief {
		e.b = append(e.b, 0)
	} else {
		e.b = append(e.b, k...)
	}
	return len(e.b)
}

// end ends the piece that begins at from.
func (e *emitter) end(from int, text bool) {
	if !e.brief {
		if e.pieces != nil {
			*e.pieces = append(*e.pieces, piece{uint32(from - e.base), uint32(len(e.b) - e.base), text})
		}
		e.b = append(e.b, ',')
		return
	}
	if n := len(e.b) - from; n < 0x80 {
		e.b[from-1] = byte(n)
	} else {
		e.b = withLength(e.b, from)
	}
}

// withLength writes the length of the last octets of b, from from on, before them, where
// there is room for one octet.
func withLength(b []byte, from int) []byte {
	var length [binary.MaxVarintLen64]byte
	size, n := binary.PutUvarint(length[:], uint64(len(b)-from)), len(b)-from
	b = append(b, length[:size-1]...)
	copy(b[from+size-1:], b[from:from+n])
	copy(b[from-1:], length[:size])
	return b
}

// str appends a string of the program's own, of which there are few.
func (e *emitter) str(k, v string) {
	if e.brief {
		e.choices = append(binary.AppendUvarint(e.choices, uint64(len(v))), v...)
		return
	}
	e.b = append(appendString(append(e.b, k...), v), ',')
}

// verbatim appends a string that stands in JSON as it is, of which there are few.
func (e *emitter) verbatim(k, v string) {
	if e.brief {
		e.choices = append(append(e.choices, byte(len(v))), v...)
		return
	}
	b := append(append(append(e.b, k...), '"'), v...)
	e.b = append(b, '"', ',')
}

// name appends a string that is another one in each record.
func (e *emitter) name(k, v string) {
	from := e.begin(k)
	e.b = appendString(e.b, v)
	e.end(from, true)
}

// phrase appends a long string of the program's own.
func (e *emitter) phrase(k, v string) {
	switch p := e.known(v); {
	case v == "":
		e.chooseNumber(0)
		e.key(k)
		e.key(`"",`)
	case p == nil || p.marked:
		e.chooseNumber(1)
		e.name(k, v)
	case e.brief:
		e.chooseNumber(2 + p.number)
	default:
		e.constant(k, p.json)
	}
}

// known gives what is known of a phrase: the same when a record is written whole as it
// was before, whatever became known since.
func (e *emitter) known(v string) (p *phrase) {
	if e.pieces != nil {
		p, e.said = e.said[0], e.said[1:]
		return p
	}
	if p = e.phrases.of(v); e.brief {
		e.said = append(e.said, p)
	}
	return p
}

func (e *emitter) text(k string, v Text) {
	from := e.begin(k)
	if isVerbatim(string(v)) {
		b := append(append(e.b, '"'), v...)
		e.b = append(b, '"')
		e.end(from, true)
		return
	}
	if o := &e.odd; o.size > 0 && o.text == v {
		e.b = append(e.b, e.b[o.from:o.from+o.size]...)
		e.end(from, true)
		return
	}
	e.b = appendText(e.b, v)
	e.binary = e.binary || e.b[from] == '{'
	size := len(e.b) - from
	e.end(from, true) // which may move it
	e.odd.text, e.odd.from, e.odd.size = v, e.ended()-size, size
}

// ended gives where the piece ends that was ended last.
func (e *emitter) ended() int {
	if e.brief {
		return len(e.b)
	}
	return len(e.b) - 1 // of the comma
}

// label appends a text of which there are few.
func (e *emitter) label(k string, v Text) {
	if isVerbatim(string(v)) && len(v) < isPiece {
		e.verbatim(k, string(v))
		return
	}
	e.choose(isPiece)
	e.text(k, v)
}

func (e *emitter) time(k string, v Time) {
	from := e.begin(k)
	if e.clock != nil {
		e.b = e.clock.append(e.b, v)
	} else {
		e.b = appendTime(e.b, v)
	}
	e.end(from, false)
}

func (e *emitter) int(k string, v int64) {
	from := e.begin(k)
	e.b = strconv.AppendInt(e.b, v, 10)
	e.end(from, false)
}

// code appends a number of which there are few.
func (e *emitter) code(k string, v int) {
	if v < 0 || v > mostCodes {
		e.chooseNumber(0)
		e.int(k, int64(v))
		return
	}
	e.chooseNumber(1 + v)
	if !e.brief {
		e.b = append(strconv.AppendInt(append(e.b, k...), int64(v), 10), ',')
	}
}

// mostCodes bounds the codes: of Close frames those that are defined, which are more than
// statuses.
const mostCodes = 4999

// index appends a number that mostly is 0.
func (e *emitter) index(k string, v int) {
	if v != 0 {
		e.choose(isThere)
		e.int(k, int64(v))
		return
	}
	e.choose(isNull)
	if !e.brief {
		e.constant(k, "0")
	}
}

func (e *emitter) uint(k string, v uint64) {
	from := e.begin(k)
	e.b = strconv.AppendUint(e.b, v, 10)
	e.end(from, false)
}

func (e *emitter) bool(k string, v bool) {
	if v {
		e.choose(isThere)
	} else {
		e.choose(isNull)
	}
	if !e.brief {
		e.constant(k, strconv.FormatBool(v))
	}
}

func (e *emitter) float(k string, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	from := e.begin(k)
	e.b = appendFloat(e.b, v)
	e.end(from, false)
}

func (e *emitter) optFloat(k string, v *float64) {
	if v == nil {
		e.null(k)
		return
	}
	e.choose(isThere)
	e.float(k, *v)
}

func (e *emitter) optInt(k string, v *int64) {
	if v == nil {
		e.null(k)
		return
	}
	e.choose(isThere)
	e.int(k, *v)
}

func (e *emitter) optStr(k string, v *string) {
	if v == nil {
		e.null(k)
		return
	}
	e.choose(isThere)
	e.name(k, *v)
}

func (e *emitter) strs(k string, v []string) {
	e.chooseNumber(len(v))
	e.key(k)
	e.open('[')
	for _, s := range v {
		e.name("", s)
	}
	e.close(']')
}

// list appends an array of objects under k; an empty list is [], never null.
func list[T any](e *emitter, k string, items []T, each func(*emitter, *T)) {
	e.chooseNumber(len(items))
	e.key(k)
	e.open('[')
	for i := range items {
		e.open('{')
		each(e, &items[i])
		e.close('}')
	}
	e.close(']')
}

// object appends an object under k, or null.
func object[T any](e *emitter, k string, v *T, each func(*emitter, *T)) {
	if v == nil {
		e.null(k)
		return
	}
	e.choose(isThere)
	e.key(k)
	e.open('{')
	each(e, v)
	e.close('}')
}

// bytes gives what was emitted, without the comma of the outermost value.
func (e *emitter) bytes() []byte {
	if n := len(e.b) - 1; n >= 0 && e.b[n] == ',' {
		return e.b[:n]
	}
	return e.b
}
