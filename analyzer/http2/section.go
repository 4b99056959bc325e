package http2

// Room that is kept for the next header block; larger ones are rare.
const (
	keptBlock  = 1 << 10 // octets
	keptFields = 32
)

// open begins a header block (RFC 9113 section 4.3).
func (r *Reader) open() {
	r.section, r.first = true, r.frame
	r.head = Head{Stream: r.frame.Stream, Offset: r.frame.Offset}
	r.head.EndStream = r.frame.Type == Headers && r.frame.Has(FlagEndStream)
}

func (r *Reader) fragment(offset uint64, data []byte) int {
	n := min(uint64(len(data)), uint64(r.left-r.pad))
	r.block = append(r.block, data[:n]...)
	r.pass(offset, uint32(n))
	return int(n)
}

// close ends a header block, and the side if it cannot be decoded.
func (r *Reader) close(end uint64) {
	h := &r.head
	r.section, h.End = false, end
	h.Why = r.fields.decode(r.block)
	h.Fields = r.fields.list
	if r.first.Type == Headers || h.Promised != 0 { // stream 0 cannot be promised
		r.h.Head(h)
	}
	h.Fields = nil
	if h.Why == Broken {
		r.lose(r.first.Offset, BadCompression)
		return
	}
	r.release()
	if h.EndStream {
		r.h.End(&r.first)
	}
}

// release empties block, and gives it up if it is large.
func (r *Reader) release() {
	r.fields.release()
	if r.block = r.block[:0]; cap(r.block) > keptBlock {
		r.block = nil
		r.fields.forget()
	}
}
