package frame

import (
	"encoding/binary"
	"math/bits"
)

// small reads a frame that data begins with if it is there to its end and short,
// and gives its length; else 0. It does what head and payload do, in one go.
func (r *Reader) small(offset uint64, data []byte) int {
	if r.cur != nil || r.have > 0 {
		return 0
	}
	f := &r.frame
	n := f.Short(offset, data)
	if n == 0 {
		return 0
	}
	payload := f.Payload
	f.Payload, f.Complete, r.cur = nil, false, f
	r.left, r.gapped, r.skip = f.Length, false, false
	r.h.Header(f)
	if r.stopped {
		return n
	}
	if len(payload) > 0 && !r.skip {
		kept := min(len(payload), r.limit)
		f.Payload = r.take(kept)[:kept]
		unmask(f.Payload, payload[:kept], f.Mask, 0)
	}
	r.left = 0
	r.end()
	return n
}

// Short makes f the frame that data begins with if it is there to its end and short,
// as nearly all are that are looked at, and gives its length; else 0, and f is as it
// was. offset is the stream offset of data[0]. The payload is part of data and masked
// as it came.
func (f *Frame) Short(offset uint64, data []byte) int {
	if len(data) < 2 {
		return 0
	}
	first, second := data[0], data[1]
	length, header := int(second&0x7F), 2
	if second&0x80 != 0 {
		header = 6
	}
	end := header + length
	if length > maxShort || end > len(data) || first&0x3F > byte(Binary) && noFrame(data) {
		return 0
	}
	f.FIN, f.RSV1, f.RSV2, f.RSV3 = first&0x80 != 0, first&0x40 != 0, first&0x20 != 0, first&0x10 != 0
	f.Opcode, f.NotMinimal, f.LengthMSB, f.Complete = Opcode(first&0x0F), false, false, true
	f.Offset, f.Length, f.HeaderLen = offset, uint64(length), header
	f.Masked, f.Mask = header > 2, [4]byte{}
	if f.Masked {
		f.Mask = [4]byte(data[2:6])
	}
	f.Payload = data[header:end:end]
	return end
}

// Unmask takes the mask off a payload that is part of what was read, in place.
func (f *Frame) Unmask() {
	if f.Masked {
		unmask(f.Payload, f.Payload, f.Mask, 0)
	}
}

// maxShort is the longest payload whose length stands in the second octet.
const maxShort = 125

// unmask writes to dst what data is without its mask, which is all zeros where
// there is none. data starts at at in its payload and is as long as dst; the two
// are the same or do not overlap. The last octets are written as part of a whole
// word once more.
func unmask(dst, data []byte, mask [4]byte, at int) {
	key := uint64(binary.LittleEndian.Uint32(mask[:]))
	key = bits.RotateLeft64(key|key<<32, -8*(at&3))
	n := len(data)
	switch {
	case n >= 8:
		last := binary.LittleEndian.Uint64(data[n-8:]) ^ bits.RotateLeft64(key, -8*(n&3))
		end := dst[n-8 : n : n]
		for len(data) > 8 && len(dst) > 8 {
			binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(data)^key)
			dst, data = dst[8:len(dst):len(dst)], data[8:len(data):len(data)]
		}
		binary.LittleEndian.PutUint64(end, last)
	case n >= 4:
		last := binary.LittleEndian.Uint32(data[n-4:]) ^ uint32(bits.RotateLeft64(key, -8*(n&3)))
		binary.LittleEndian.PutUint32(dst, binary.LittleEndian.Uint32(data)^uint32(key))
		binary.LittleEndian.PutUint32(dst[n-4:], last)
	default:
		for i, c := range data {
			dst[i] = c ^ byte(key>>(8*i))
		}
	}
}

// ASCII reports whether a payload is ASCII, for less than utf8.Valid takes.
func ASCII(b []byte) bool {
	const high = 0x8080808080808080
	seen := uint64(0)
	if len(b) < 8 {
		for _, c := range b {
			seen |= uint64(c)
		}
		return seen&high == 0
	}
	seen = binary.LittleEndian.Uint64(b[len(b)-8:]) // the last ones may be looked at twice
	for ; len(b) > 8; b = b[8:] {
		seen |= binary.LittleEndian.Uint64(b)
	}
	return seen&high == 0
}
