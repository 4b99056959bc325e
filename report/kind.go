package report

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// kind is what the records of one kind have in common: the same client asks the same
// server, and most of a record is the same in all of them, octet by octet.
type kind struct {
	hash     uint64
	choices  []byte // see emitter
	constant []byte // all but the pieces, one behind the other
	holes    []hole // for the pieces
	number   int    // 1 + index in Kinds.all, -1 = there were too many; 0 = not known there
}

// hole is where a piece stands.
type hole struct {
	before int  // octets of constant before it
	text   bool // the piece may hold redactions
}

func newKind(hash uint64, choices, record []byte, pieces []piece) *kind {
	k := &kind{hash: hash, choices: bytes.Clone(choices)}
	from := uint32(0)
	for _, p := range pieces {
		k.constant = append(k.constant, record[from:p.start]...)
		k.holes = append(k.holes, hole{len(k.constant), p.text})
		from = p.end
	}
	k.constant = append(k.constant, record[from:]...)
	return k
}

// expand appends a record of the kind, of which pieces are what varies, each with its
// length before it; each text appends it, which makes it no longer. text may be nil:
// pieces are appended as they are.
func (k *kind) expand(dst, pieces []byte, text func(dst, text []byte) []byte) []byte {
	from := len(dst)
	dst = slices.Grow(dst, len(k.constant)+len(pieces)+moveAtOnce)
	out, constant := dst[from:cap(dst)], k.constant
	size, done, at := 0, 0, 0
	for i := range k.holes {
		h := &k.holes[i]
		size += move(out[size:], constant[done:], h.before-done)
		done = h.before
		start, end := pieceAt(pieces, at)
		if at = end; text != nil && h.text && end-start > len(markStart) {
			size = len(text(out[:size], pieces[start:end]))
		} else {
			size += move(out[size:], pieces[start:], end-start)
		}
	}
	size += move(out[size:], constant[done:], len(constant)-done)
	return dst[:from+size]
}

// pieceAt gives where the piece is whose length stands at pieces[at].
func pieceAt(pieces []byte, at int) (start, end int) {
	if n := int(pieces[at]); n < 0x80 {
		return at + 1, at + 1 + n
	}
	n, length := binary.Uvarint(pieces[at:])
	return at + length, at + length + int(n)
}

// moveAtOnce is how many octets move moves in any case, if they are there.
const moveAtOnce = 16

// move copies n octets, and maybe some more behind them: most parts of a record are so
// short that to find out how to copy them takes longer than that.
func move(dst, src []byte, n int) int {
	if n <= moveAtOnce && len(dst) >= moveAtOnce && len(src) >= moveAtOnce {
		*(*[moveAtOnce]byte)(dst) = [moveAtOnce]byte(src)
		return n
	}
	return copy(dst, src[:n])
}

// numberPieces appends what varies of a record of the kind with its redactions numbered.
func (k *kind) numberPieces(dst, pieces []byte, o *Ordinals) []byte {
	done, at := 0, 0
	for i := range k.holes {
		start, end := pieceAt(pieces, at)
		if p := pieces[start:end]; k.holes[i].text && len(p) > len(markStart) && bytes.IndexByte(p, markStart[0]) >= 0 {
			o.room = o.replace(o.room[:0], p)
			dst = binary.AppendUvarint(append(dst, pieces[done:at]...), uint64(len(o.room)))
			dst, done = append(dst, o.room...), end
		}
		at = end
	}
	return append(dst, pieces[done:]...)
}

// kindsKnown bounds the kinds that are known at once.
const kindsKnown = 1 << 10

// kinds remembers kinds as lineTable does lines.
type kinds [kindsKnown]struct {
	seen uint64
	kind *kind
}

// find gives the kind of records with these choices; nil if it is not known.
func (x *kinds) find(hash uint64, choices []byte) *kind {
	if k := x[hash%kindsKnown].kind; k != nil && k.hash == hash && bytes.Equal(k.choices, choices) {
		return k
	}
	return nil
}

// of gives the kind of records with these choices; nil if it is not known. It is worth
// to be known if the choices came last in its place, too.
func (x *kinds) of(hash uint64, choices []byte) (k *kind, worth bool) {
	if k = x.find(hash, choices); k != nil {
		return k, true
	}
	slot := &x[hash%kindsKnown]
	worth, slot.seen = slot.seen == hash, hash
	return nil, worth
}

func (x *kinds) enter(k *kind) { x[k.hash%kindsKnown].kind = k }

// kindsMost bounds the kinds of records that are kept aside.
const kindsMost = 1 << 10

// Kinds is the kinds of records that were kept aside, of which only what varies was
// kept. The zero value is ready. Keep is called by one goroutine; what was kept may be
// read by others once it is not called any more.
type Kinds struct{ all []*kind }

// Manner says how a record was kept.
type Manner uint8

const (
	// NotUTF8 says that a text of the record is written as {"base64": …}.
	NotUTF8    Manner = 1 << iota
	ofKind            // only what varies was kept
	isNumbered        // redactions have numbers; never of what is kept
)

// Keep appends what is to be kept of record i of x, and says in what manner.
func (k *Kinds) Keep(dst []byte, x *Encoded, i int) ([]byte, Manner) {
	octets, e := x.at(i)
	if e.kind == nil {
		return append(dst, octets...), e.manner
	}
	if e.kind.number == 0 {
		k.enter(e.kind)
	}
	if e.kind.number < 0 {
		return e.kind.expand(dst, octets, nil), e.manner
	}
	dst = binary.AppendUvarint(dst, uint64(e.kind.number-1))
	return append(dst, octets...), e.manner | ofKind
}

func (k *Kinds) enter(one *kind) {
	if len(k.all) == kindsMost {
		one.number = -1
		return
	}
	k.all = append(k.all, one)
	one.number = len(k.all)
}

// Kept is a record that was kept aside. The zero value is none.
type Kept struct {
	Octets []byte
	Manner Manner
	Kinds  *Kinds // that kept it
	Change Change // of what was kept
}

// AppendJSON appends the JSON object of the record, as Handshake.AppendJSON does.
func (r *Kept) AppendJSON(dst []byte) []byte {
	if r.changed() {
		return r.Change.apply(dst, r.expand(nil, nil))
	}
	return r.expand(dst, nil)
}

func (r *Kept) changed() bool { return r.Change != Change{} }

// expand appends the JSON object as it was kept, with its texts as text appends them, or as
// they are.
func (r *Kept) expand(dst []byte, text func(dst, text []byte) []byte) []byte {
	if r.Manner&ofKind == 0 {
		if text == nil {
			return append(dst, r.Octets...)
		}
		return text(dst, r.Octets)
	}
	n, size := binary.Uvarint(r.Octets)
	return r.Kinds.all[n].expand(dst, r.Octets[size:], text)
}
