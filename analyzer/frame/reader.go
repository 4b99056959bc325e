package frame

import "encoding/binary"

// DefaultLimit is the payload prefix in bytes that a [Reader] keeps when no
// other is given: a whole control frame (RFC 6455 section 5.5).
const DefaultLimit = 125

// maxHeader is the longest header: two octets, a 64-bit length and a mask.
const maxHeader = 2 + 8 + 4

// Reader splits one side's stream after the handshake into frames. It takes
// pieces of any size; how the stream is cut makes no difference. Memory is
// bounded by the payload limit. It is not safe for concurrent use.
type Reader struct {
	h       Handler
	limit   int
	stopped bool

	header [maxHeader]byte
	have   int    // octets of header that arrived
	start  uint64 // stream offset of header[0]

	frame  Frame
	cur    *Frame // &frame while its payload is read
	left   uint64 // payload octets still to come
	gapped bool   // payload octets of cur were lost
	skip   bool   // the handler wants no payload of cur
	room   []byte // where payloads are kept; each has its part
}

// roomFor is how many payloads of full length share one allocation.
const roomFor = 4

// NewReader returns a Reader that keeps at most limit bytes of each payload; 0
// means DefaultLimit.
func NewReader(h Handler, limit int) *Reader {
	if limit <= 0 {
		limit = DefaultLimit
	}
	return &Reader{h: h, limit: limit}
}

// Reset makes r ready for another stream and another handler; the limit stays.
// The payloads of all frames that it gave before are overwritten.
func (r *Reader) Reset(h Handler) {
	if r.limit == 0 {
		r.limit = DefaultLimit
	}
	r.h, r.cur, r.room = h, nil, r.room[:0]
	r.stopped, r.have = false, 0 // the rest is set with the next frame
}

// Skip leaves out the payload of the frame whose Header was just called: for a
// handler that has seen enough.
func (r *Reader) Skip() { r.skip = true }

// Feed hands over the next bytes; offset is the stream offset of data[0].
func (r *Reader) Feed(offset uint64, data []byte) {
	for len(data) > 0 && !r.stopped {
		n := r.small(offset, data)
		switch {
		case n == len(data):
			return
		case n > 0:
		case r.cur != nil:
			n = r.payload(data)
		default:
			n = r.head(offset, data)
		}
		offset += uint64(n)
		data = data[n:]
	}
}

// Gap tells that n bytes were not captured and reports whether reading goes on:
// it does if they all belong to one payload. Otherwise the place of the next
// frame is unknown, and the reader stops.
func (r *Reader) Gap(_, n uint64) bool {
	switch {
	case n == 0 || r.stopped:
		return !r.stopped
	case r.cur == nil || n > r.left:
		r.Close()
		return false
	}
	r.gapped = true
	r.left -= n
	r.endIfDone()
	return true
}

// Close ends the stream; a frame that is not complete is handed on as it is.
func (r *Reader) Close() {
	if r.cur != nil && !r.stopped {
		r.gapped = true
		r.end()
	}
	r.stopped = true
}

// head reads a header, or collects octets of one, and gives how many it took.
func (r *Reader) head(offset uint64, data []byte) int {
	if r.have > 0 || len(data) < 2 {
		return r.collect(offset, data)
	}
	r.start = offset
	n := headerLen(data[1])
	switch {
	case noFrame(data[:2]):
		r.refuse(data)
		return len(data)
	case n > len(data):
		return r.collect(offset, data)
	}
	r.begin(data[:n])
	return n
}

// collect reads a header that does not lie wholly in data.
func (r *Reader) collect(offset uint64, data []byte) int {
	if r.have == 0 {
		r.start = offset
	}
	taken := 0
	for need := r.need(); r.have < need && taken < len(data); need = r.need() {
		r.header[r.have] = data[taken]
		r.have++
		taken++
		if r.have == 2 && noFrame(r.header[:2]) {
			r.refuse(append(r.header[:2:2], data[taken:]...))
			return len(data)
		}
	}
	if n := r.have; n == r.need() {
		r.have = 0
		r.begin(r.header[:n])
	}
	return taken
}

// need gives the length of the header as far as it is known.
func (r *Reader) need() int {
	if r.have < 2 {
		return 2
	}
	return headerLen(r.header[1])
}

func headerLen(second byte) int {
	n := 2
	switch second & 0x7F {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if second&0x80 != 0 {
		n += 4
	}
	return n
}

func (r *Reader) refuse(data []byte) {
	r.stopped = true
	r.h.NotFrames(r.start, data)
}

func (r *Reader) begin(header []byte) {
	f := &r.frame
	f.read(header)
	f.Offset, f.Payload, f.Complete = r.start, nil, false
	r.cur, r.left, r.gapped, r.skip = f, f.Length, false, false
	r.h.Header(f)
	if !r.stopped {
		r.endIfDone()
	}
}

// read takes what a whole header says (RFC 6455 section 5.2).
func (f *Frame) read(b []byte) {
	f.FIN, f.RSV1, f.RSV2, f.RSV3 = b[0]&0x80 != 0, b[0]&0x40 != 0, b[0]&0x20 != 0, b[0]&0x10 != 0
	f.Opcode = Opcode(b[0] & 0x0F)
	f.HeaderLen = len(b)
	f.Length, f.NotMinimal, f.LengthMSB = uint64(b[1]&0x7F), false, false
	switch f.Length {
	case 126:
		f.Length = uint64(binary.BigEndian.Uint16(b[2:]))
		f.NotMinimal = f.Length < 126
	case 127:
		f.Length = binary.BigEndian.Uint64(b[2:])
		f.NotMinimal = f.Length <= 0xFFFF
		f.LengthMSB = f.Length>>63 != 0
	}
	f.Mask = [4]byte{}
	if f.Masked = b[1]&0x80 != 0; f.Masked {
		copy(f.Mask[:], b[len(b)-4:])
	}
}

// payload takes octets of the current payload.
func (r *Reader) payload(data []byte) int {
	n := int(min(uint64(len(data)), r.left))
	r.keep(data[:n])
	r.left -= uint64(n)
	r.endIfDone()
	return n
}

// keep unmasks what still fits into the prefix.
func (r *Reader) keep(data []byte) {
	f := r.cur
	room := r.limit - len(f.Payload)
	if r.gapped || r.skip || room <= 0 {
		return
	}
	if f.Payload == nil {
		f.Payload = r.take(int(min(uint64(r.limit), f.Length)))
	}
	at := len(f.Payload)
	f.Payload = append(f.Payload, data[:min(len(data), room)]...)
	unmask(f.Payload[at:], f.Payload[at:], f.Mask, at)
}

// take gives room for a payload of n octets that no other frame has.
func (r *Reader) take(n int) []byte {
	at := len(r.room)
	if cap(r.room)-at < n {
		r.room, at = make([]byte, 0, max(n, min(roomFor*r.limit, 512))), 0
	}
	r.room = r.room[:at+n]
	return r.room[at : at : at+n]
}

func (r *Reader) endIfDone() {
	if r.left == 0 {
		r.end()
	}
}

func (r *Reader) end() {
	f := r.cur
	f.Complete = !r.gapped
	r.cur = nil
	r.h.Done(f)
}
