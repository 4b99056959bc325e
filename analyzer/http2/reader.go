package http2

import "encoding/binary"

const (
	frameHeader = 9
	reserved    = 1 << 31 // the bit before a stream identifier
	settingSize = 6       // octets of a parameter of SETTINGS
	goAwaySize  = 8       // octets of GOAWAY before its debug data
)

// Reader splits one side's stream into frames. It takes pieces of any size; how the
// stream is cut makes no difference. Memory is bounded by MaxBlock, MaxSection and
// MaxTable together, and DATA is never kept. It is not safe for concurrent use.
type Reader struct {
	h     Handler
	step  step
	begun bool    // the first frame was one
	small [9]byte // what of a header or a prefix arrived
	have  int     // octets of small, of the preface, or of what is kept in block
	need  int     // octets that have has to come to
	start uint64  // stream offset of the first octet of the preface or the frame

	frame Frame
	left  uint32 // octets of the payload still to come
	pad   uint32 // those of them, at its end, that are padding; may be more than there are

	section bool   // a header block is not at its end
	first   Frame  // the one that the header block began with
	block   []byte // the header block so far, or what is kept of SETTINGS and GOAWAY
	head    Head
	fields  fields
}

type step uint8

// Where a Reader is.
const (
	inPreface step = iota
	inHeader
	inPrefix   // what stands before the data or the fragment; of RST_STREAM the code
	inKept     // SETTINGS and GOAWAY as far as they are kept
	inFragment // of a header block
	inData     // that is wanted
	inSkipped  // padding and whatever else nobody looks at
	stopped
)

// NewReader returns a Reader of the stream of a client, which begins with the
// preface, or of a server.
func NewReader(client bool, h Handler) *Reader {
	r := &Reader{h: h, need: len(Preface)}
	if !client {
		r.SkipPreface()
	}
	return r
}

// SkipPreface is for the stream of a client whose preface somebody else has read: what
// is fed begins behind it.
func (r *Reader) SkipPreface() { r.step, r.have, r.need = inHeader, 0, frameHeader }

// Lost reports whether reading has stopped for good.
func (r *Reader) Lost() bool { return r.step == stopped }

// Within reports whether the next n octets lie wholly in a payload that nobody looks
// at, as that of a DATA frame of a stream that is not wanted: they need not be kept,
// and a Gap of them does no harm.
func (r *Reader) Within(n int) bool {
	return r.step == inSkipped && uint64(n) <= uint64(r.left)
}

// Octets gives about how much memory is held, the Reader itself left out: a
// header block, and the tables of decompression.
func (r *Reader) Octets() int { return cap(r.block) + r.fields.octets() }

// Feed hands over the next bytes; offset is the stream offset of data[0]. It need not
// be where the previous ones ended: only Gap says that something is missing.
func (r *Reader) Feed(offset uint64, data []byte) {
	for len(data) > 0 && r.step != stopped {
		n := r.take(offset, data)
		offset += uint64(n)
		data = data[n:]
	}
}

// Gap tells that n bytes from offset on were not captured. Reading goes on if all of
// them are data, or would not have been looked at. It does not matter whether a gap is
// told in one piece: what it has of a payload is gone over first.
func (r *Reader) Gap(offset, n uint64) {
	for n > 0 && r.step != stopped {
		m := min(n, uint64(r.left))
		if m == 0 || !r.spares() {
			r.lose(offset, NotCaptured)
			return
		}
		r.miss(offset, uint32(m))
		offset, n = offset+m, n-m
	}
}

// spares reports whether the next octets of the payload may be missing.
func (r *Reader) spares() bool {
	return r.step == inData || r.step == inSkipped || r.step == inPrefix && r.frame.Type == Data
}

// miss goes over n octets of the payload.
func (r *Reader) miss(offset uint64, n uint32) {
	switch r.step {
	case inPrefix: // how much of the rest is padding is not known: none of it can be used
		r.step = inSkipped
		r.h.Missing(&r.frame, offset, uint64(r.left))
	case inData:
		r.h.Missing(&r.frame, offset, uint64(min(n, r.left-r.pad)))
	}
	r.pass(offset, n)
}

// take reads what it can of data, at least an octet, and gives how many.
func (r *Reader) take(offset uint64, data []byte) int {
	switch r.step {
	case inPreface:
		return r.preface(offset, data)
	case inHeader:
		return r.header(offset, data)
	case inPrefix:
		return r.prefix(offset, data)
	case inKept:
		return r.keep(offset, data)
	case inFragment:
		return r.fragment(offset, data)
	case inData:
		return r.data(offset, data)
	}
	n := min(uint64(len(data)), uint64(r.left))
	r.pass(offset, uint32(n))
	return int(n)
}

// pass leaves n octets of the payload behind, which begin at offset.
func (r *Reader) pass(offset uint64, n uint32) {
	r.left -= n
	r.settle(offset + uint64(n))
}

// settle ends the frame if its payload is over, or its data if only padding is left.
func (r *Reader) settle(end uint64) {
	switch {
	case r.left == 0:
		r.finish(end)
	case r.left <= r.pad:
		r.step = inSkipped
	}
}

func (r *Reader) lose(offset uint64, why Loss) {
	r.step, r.section = stopped, false
	r.block, r.fields = nil, fields{}
	r.head = Head{}
	r.h.Lost(offset, why)
}

// preface compares the first octets of a client (RFC 9113 section 3.4).
func (r *Reader) preface(offset uint64, data []byte) int {
	if r.have == 0 {
		r.start = offset
	}
	n := min(len(data), r.need-r.have)
	if string(data[:n]) != Preface[r.have:r.have+n] {
		r.lose(r.start, NotHTTP2)
		return n
	}
	if r.have += n; r.have == r.need {
		r.SkipPreface()
	}
	return n
}

// collect fills small, and reports whether it has what is needed.
func (r *Reader) collect(data []byte) (n int, full bool) {
	n = copy(r.small[r.have:r.need], data)
	r.have += n
	return n, r.have == r.need
}

func (r *Reader) header(offset uint64, data []byte) int {
	if r.have == 0 {
		r.start = offset
	}
	n, full := r.collect(data)
	switch {
	case !r.begun && !beginsSettings(r.small[:r.have]):
		r.lose(r.start, NotHTTP2)
	case full:
		r.read(offset + uint64(n))
	}
	return n
}

// beginsSettings reports whether b may begin a frame header of SETTINGS that is short:
// what is none may be over before it has the octets of a header, as an alert of TLS.
func beginsSettings(b []byte) bool {
	return b[0] == 0 && (len(b) <= 3 || FrameType(b[3]) == Settings)
}

// read takes in the frame header that small holds; its payload begins at offset.
func (r *Reader) read(offset uint64) {
	b := &r.small
	r.frame = Frame{
		Type: FrameType(b[3]), Flags: b[4], Offset: r.start,
		Length: uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]),
		Stream: binary.BigEndian.Uint32(b[5:]) &^ reserved,
	}
	if why := r.refused(); why != 0 {
		r.lose(r.start, why)
		return
	}
	r.begun = true
	r.begin(offset)
}

// refused says why a frame cannot be read on from, 0 if it can.
func (r *Reader) refused() Loss {
	f := &r.frame
	switch {
	case !r.begun && (f.Stream != 0 || f.Length > MaxControl):
		return NotHTTP2
	case r.section != (f.Type == Continuation) || r.section && f.Stream != r.first.Stream:
		return BadCompression // part of a header block is missing, or there is one too much
	case f.control() && f.Length > MaxControl:
		return FrameTooLarge
	case f.Type == Headers || f.Type == PushPromise || f.Type == Continuation:
		if uint64(len(r.block))+uint64(f.Length) > MaxBlock {
			return HeadTooLarge
		}
	}
	return 0
}

// control: frames of these types are short.
func (f *Frame) control() bool {
	switch f.Type {
	case Priority, RSTStream, Settings, Ping, GoAway, WindowUpdate:
		return true
	}
	return false
}
