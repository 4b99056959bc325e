package http1

// DefaultLimit is the head size in bytes that a [Reader] accepts when none is given.
const DefaultLimit = 64 << 10

// keepBuffer is the largest buffer that survives a Reset.
const keepBuffer = 4 << 10

type state uint8

const (
	inHead     state = iota // at the start of a message or in its head
	lost                    // bytes are missing: looking for the next message
	inLength                // body of known length
	inChunks                // chunked body
	untilClose              // body that the end of the stream ends
	switched                // no HTTP any more
	closed
)

// Reader splits one side's stream into messages. It takes the stream in pieces
// of any size; how it is cut makes no difference to the result, except that
// after lost bytes a message is recognised only at the start of a piece.
//
// Memory is bounded by the head limit. A Reader is not safe for concurrent use.
type Reader struct {
	h     Handler
	kind  Kind
	state state
	// resuming: the head being read was found after lost bytes, so what turns
	// out to be none is dropped, not reported.
	resuming bool
	missing  bool // bytes of the current body were not captured
	limit    int

	base uint64 // stream offset of the first byte of buf or of the current piece
	buf  []byte // start of a head whose end has not arrived
	scan scanner

	source Source // may be nil
	forms  *Forms
	cur    *Message
	left   uint64 // bytes left of the body or chunk
	chunks chunkReader
}

// NewReader returns a Reader for requests or responses that accepts heads of at
// most limit bytes; 0 means DefaultLimit.
func NewReader(kind Kind, h Handler, limit int) *Reader {
	r := &Reader{limit: limit, forms: &Forms{}}
	if limit <= 0 {
		r.limit = DefaultLimit
	}
	r.Reset(kind, h)
	return r
}

// Reset makes r ready for another stream; its limit, buffer and source stay.
func (r *Reader) Reset(kind Kind, h Handler) {
	r.h = h
	r.Restart(kind)
}

// Restart is Reset with the handler that r has.
func (r *Reader) Restart(kind Kind) {
	if r.buf = r.buf[:0]; cap(r.buf) > keepBuffer {
		r.buf = nil
	}
	if r.limit == 0 {
		r.limit = DefaultLimit
	}
	r.kind, r.state, r.resuming, r.missing = kind, inHead, false, false
	r.base, r.left, r.scan, r.chunks = 0, 0, scanner{kind: kind}, chunkReader{}
	if r.cur != nil {
		r.cur = nil
	}
}

// UseSource makes r take the memory of messages from s, and share f with other readers:
// what one has learnt all know.
func (r *Reader) UseSource(s Source, f *Forms) { r.source, r.forms = s, f }

// Feed hands over the next bytes; offset is the stream offset of data[0]. data
// is not kept.
func (r *Reader) Feed(offset uint64, data []byte) {
	if r.state == lost {
		if !resumes(r.kind, data) {
			return
		}
		r.state, r.resuming = inHead, true
	}
	for len(data) > 0 && r.state != lost {
		n := r.step(offset, data)
		offset += uint64(n)
		data = data[n:]
	}
}

// Within reports whether the next n bytes lie in the body of the message at hand, and
// nothing else does.
func (r *Reader) Within(n int) bool {
	switch r.state {
	case inLength:
		return uint64(n) <= r.left
	case inChunks:
		return r.chunks.state == chunkData && uint64(n) <= r.left
	}
	return r.state == untilClose
}

// step handles some of data and gives how much.
func (r *Reader) step(offset uint64, data []byte) int {
	switch r.state {
	case inHead:
		return r.head(offset, data)
	case inLength:
		return r.known(data)
	case inChunks:
		return r.chunked(data)
	case untilClose:
		r.h.Body(r.cur, data)
	case switched:
		r.h.Switched(offset, data)
	}
	return len(data)
}

// Gap tells that n bytes from offset on were not captured.
func (r *Reader) Gap(_, n uint64) {
	if n == 0 {
		return
	}
	switch r.state {
	case inHead:
		if r.abandonHead(StopGap); r.state == inHead {
			r.lose()
		}
	case inLength:
		r.missing = true
		if n <= r.left {
			r.left -= n
			r.endIfDone()
			return
		}
		r.end(StopGap)
		r.lose() // the rest of the gap lies in messages that nobody saw
	case inChunks:
		r.end(StopGap)
		r.lose()
	case untilClose:
		r.missing = true
	}
}

// Close tells that the stream is over and why: StopClose, StopReset or StopOpen.
// What is unfinished is reported. Later calls but Reset have no effect.
func (r *Reader) Close(why Stop) {
	switch r.state {
	case inHead:
		r.abandonHead(why)
	case untilClose:
		if why == StopClose {
			why = StopNone
		}
		r.end(r.gapOr(why))
	case inLength, inChunks:
		r.end(why)
	}
	r.state = closed
}

// Switch makes every later byte go to Handler.Switched, as after FrameSwitch:
// for a caller that learns from the other side that HTTP ended. Bytes that were
// waiting for the rest of a head go there first. It is not for use within
// Handler.Head, whose answer says it.
func (r *Reader) Switch() {
	if r.state == inHead && len(r.buf) > 0 {
		r.h.Switched(r.base, r.buf)
		r.dropHead()
	}
	if r.state != closed {
		r.state = switched
	}
}

func (r *Reader) known(data []byte) int {
	n := int(min(uint64(len(data)), r.left))
	r.h.Body(r.cur, data[:n])
	r.left -= uint64(n)
	r.endIfDone()
	return n
}

func (r *Reader) endIfDone() {
	if r.left == 0 {
		r.end(r.gapOr(StopNone))
	}
}

func (r *Reader) gapOr(why Stop) Stop {
	if r.missing && why == StopNone {
		return StopGap
	}
	return why
}

// end finishes the current message; the next one follows.
func (r *Reader) end(why Stop) {
	m := r.cur
	r.cur, r.missing, r.state = nil, false, inHead
	r.h.End(m, why)
}

func (r *Reader) lose() {
	r.dropHead()
	r.state = lost
}
