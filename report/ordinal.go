package report

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
)

// Parts of a redaction: ‹redacted, 12 bytes, #3›. Before output the ordinal is
// a keyed digest of 16 hexadecimal digits.
const (
	markStart  = "‹redacted, "
	markMiddle = " bytes, #"
	markEnd    = "›"
	digestLen  = 16
	// markLimit bounds the length of a mark.
	markLimit = len(markStart) + 20 + len(markMiddle) + digestLen + len(markEnd)
)

// maxOrdinals bounds how many secrets get a number of their own.
const maxOrdinals = 1 << 20

// Ordinals numbers redactions in the order in which they are written, equal
// secrets alike. Writers use it on records in their final order: numbers given
// any earlier would depend on which worker came first. The zero value is ready;
// it is used by one goroutine.
type Ordinals struct {
	of     digestTable
	forged map[digest]uint32 // of marks that a capture brought, which hold anything
	room   []byte            // reused
}

// digest stands for an ordinal until there is one.
type digest [digestLen]byte

// Number numbers the redactions of a record on its way to a Writer, which leaves them then
// as they are. What r stands on is appended to dst.
func (o *Ordinals) Number(dst []byte, r *Record) []byte {
	k, from := &r.Kept, len(dst)
	switch {
	case r.Handshake != nil:
		*k = Kept{}
		dst = r.appendJSON(dst, o)
	case k.Manner&NotUTF8 != 0:
		o.room = k.expand(o.room[:0], nil)
		dst, k.Manner = o.JSON(dst, o.room), 0
	case k.Manner&ofKind != 0:
		n, size := binary.Uvarint(k.Octets)
		dst = k.Kinds.all[n].numberPieces(append(dst, k.Octets[:size]...), k.Octets[size:], o)
	default:
		dst = o.replace(dst, k.Octets)
	}
	k.Octets, k.Manner = dst[from:], k.Manner|isNumbered
	return dst
}

// Text numbers the redactions of t.
func (o *Ordinals) Text(t string) string {
	if !strings.Contains(t, markStart) {
		return t
	}
	return string(o.replace(nil, []byte(t)))
}

// JSON numbers the redactions of a JSON value, appending it to dst.
func (o *Ordinals) JSON(dst, src []byte) []byte {
	const open = `{"base64":"`
	for {
		i := bytes.Index(src, []byte(open))
		if i < 0 {
			return o.replace(dst, src)
		}
		i += len(open)
		n := bytes.IndexByte(src[i:], '"')
		if n < 0 {
			return o.replace(dst, src)
		}
		dst = o.base64(o.replace(dst, src[:i]), src[i:i+n])
		src = src[i+n:]
	}
}

func (o *Ordinals) base64(dst, src []byte) []byte {
	plain, err := base64.StdEncoding.AppendDecode(nil, src)
	if err != nil {
		return append(dst, src...)
	}
	return base64.StdEncoding.AppendEncode(dst, o.replace(nil, plain))
}

func (o *Ordinals) replace(dst, src []byte) []byte {
	for {
		i := bytes.IndexByte(src, markStart[0]) // rare: no ASCII
		if i < 0 {
			return append(dst, src...)
		}
		d, end := readMark(src[i:])
		if end == 0 {
			end = 1
			dst = append(dst, src[:i+end]...)
		} else {
			dst = append(dst, src[:i+end-len(markEnd)-digestLen-1]...)
			dst = append(o.number(dst, d), markEnd...)
		}
		src = src[i+end:]
	}
}

// number appends "#3", or takes away the ", " before it when there are too many.
func (o *Ordinals) number(dst []byte, d digest) []byte {
	n, ok := o.ordinal(d)
	if !ok {
		return bytes.TrimSuffix(dst, []byte(", "))
	}
	return strconv.AppendUint(append(dst, '#'), uint64(n), 10)
}

// ordinal gives the number of a digest, a new one if it has none; not ok if there
// are too many.
func (o *Ordinals) ordinal(d digest) (n uint32, ok bool) {
	id, regular := d.value()
	if regular {
		n = o.of.of(id)
	} else {
		n = o.forged[d]
	}
	known := int(o.of.count) + len(o.forged)
	if n > 0 || known >= maxOrdinals {
		return n, n > 0
	}
	n = uint32(known + 1)
	if regular {
		o.of.enter(id, n)
		return n, true
	}
	if o.forged == nil {
		o.forged = map[digest]uint32{}
	}
	o.forged[d] = n
	return n, true
}

// value gives the number that d is in lower-case hexadecimal digits, as
// provisionalMark writes it.
func (d *digest) value() (v uint64, ok bool) {
	for _, c := range d {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, false
		}
		v = v<<4 | uint64(c)
	}
	return v, true
}

// readMark reads a provisional mark at the start of b: its digest and length; 0 if
// there is none.
func readMark(b []byte) (d digest, length int) {
	if len(b) < len(markStart) || string(b[:len(markStart)]) != markStart {
		return d, 0
	}
	rest := b[len(markStart):min(len(b), markLimit)]
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	rest = rest[digits:]
	if digits == 0 || !bytes.HasPrefix(rest, []byte(markMiddle)) {
		return d, 0
	}
	rest = rest[len(markMiddle):]
	if len(rest) < digestLen+len(markEnd) || string(rest[digestLen:digestLen+len(markEnd)]) != markEnd {
		return d, 0
	}
	return digest(rest[:digestLen]), len(markStart) + digits + len(markMiddle) + digestLen + len(markEnd)
}
