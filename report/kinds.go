package report

import (
	"bytes"
	"encoding/binary"
)

// Bounds of the kinds of records that are known at once, and of those that ever were:
// records that were kept need theirs.
const (
	kindsKnown = 1 << 8
	kindsMost  = 1 << 10
)

// Kinds tells records of a kind from one another by what varies: the same client asks
// the same server, and most of the records is the same, octet by octet. The zero value
// is ready. Keep is called by one goroutine; what was kept may be read by others once
// no more is.
type Kinds struct {
	known [kindsKnown]struct {
		seen uint64 // hash of the record that came last and was of no kind that is known here
		hash uint64
		kind int // 1 + index in all; 0 = none
	}
	all []kind
}

// kind is what the records of one kind have in common.
type kind struct {
	constant []byte // all but what varies, one behind the other
	varying  []hole  // what varies, in order
}

// hole is where something varies.
type hole struct {
	before int  // octets of constant before it
	text   bool // it may hold redactions
}

// Form says how a record was kept.
type Form uint8

const (
	// NotUTF8 says that a text of the record is written as {"base64": …}.
	NotUTF8 Form = 1 << iota
	ofKind       // only what varies was kept
)

// Keep appends what is to be kept of record i of x, and gives its form.
func (k *Kinds) Keep(dst []byte, x *Encoded, i int) ([]byte, Form) {
	raw, varying, e := x.at(i)
	if n := k.of(e.hash, raw, varying); n > 0 {
		return k.appendVarying(dst, n-1, raw, varying), e.form | ofKind
	}
	return append(dst, raw...), e.form
}

// of gives the kind of a record, as in known; 0 if it is not known.
func (k *Kinds) of(hash uint64, raw []byte, varying []piece) int {
	slot := &k.known[hash%kindsKnown]
	switch {
	case slot.kind > 0 && slot.hash == hash:
		if k.all[slot.kind-1].holds(raw, varying) {
			return slot.kind
		}
		return 0
	case slot.seen != hash:
		slot.seen = hash
		return 0
	case len(k.all) == kindsMost:
		return 0
	}
	k.all = append(k.all, newKind(raw, varying))
	slot.hash, slot.kind = hash, len(k.all)
	return slot.kind
}

func newKind(raw []byte, varying []piece) kind {
	var k kind
	from := 0
	for _, v := range varying {
		k.constant = append(k.constant, raw[from:v.start]...)
		k.varying = append(k.varying, hole{len(k.constant), v.text})
		from = int(v.end)
	}
	k.constant = append(k.constant, raw[from:]...)
	return k
}

// holds reports whether a record is of the kind.
func (k *kind) holds(raw []byte, varying []piece) bool {
	if len(varying) != len(k.varying) {
		return false
	}
	from, done := 0, 0
	for i := range varying {
		next, v := &k.varying[i], &varying[i]
		if next.text != v.text || !bytes.Equal(k.constant[done:next.before], raw[from:v.start]) {
			return false
		}
		from, done = int(v.end), next.before
	}
	return bytes.Equal(k.constant[done:], raw[from:])
}

// appendVarying appends the number of the kind, and each piece with its length.
func (k *Kinds) appendVarying(dst []byte, kind int, raw []byte, varying []piece) []byte {
	dst = binary.AppendUvarint(dst, uint64(kind))
	for i := range varying {
		v := raw[varying[i].start:varying[i].end]
		dst = append(binary.AppendUvarint(dst, uint64(len(v))), v...)
	}
	return dst
}

// Kept is a record that was kept aside in the form of JSON. The zero value is none.
type Kept struct {
	Octets []byte
	Form   Form
	Kinds  *Kinds // that kept it
}

// AppendJSON appends the JSON object of the record, as Handshake.AppendJSON does.
func (r *Kept) AppendJSON(dst []byte) []byte {
	return r.expand(dst, func(dst, text []byte) []byte { return append(dst, text...) })
}

// expand appends the JSON object with what varies of the texts as each appends it.
func (r *Kept) expand(dst []byte, text func(dst, text []byte) []byte) []byte {
	if r.Form&ofKind == 0 {
		return text(dst, r.Octets)
	}
	n, size := binary.Uvarint(r.Octets)
	k, rest, done := &r.Kinds.all[n], r.Octets[size:], 0
	for i := range k.varying {
		v := &k.varying[i]
		n, size = binary.Uvarint(rest)
		dst = append(dst, k.constant[done:v.before]...)
		if part := rest[size : size+int(n)]; v.text {
			dst = text(dst, part)
		} else {
			dst = append(dst, part...)
		}
		rest, done = rest[size+int(n):], v.before
	}
	return append(dst, k.constant[done:]...)
}
