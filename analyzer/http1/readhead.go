package http1

import "bytes"

// Empty lines that may stand before a start line, and the room they take.
const (
	maxSkippedLines = 32
	maxSkippedBytes = 256
)

// verdict is what a scanner knows of a head.
type verdict uint8

const (
	more    verdict = iota // it goes on
	whole                  // its last byte was seen
	notHTTP                // it is none
)

// scanner looks for the end of a head in bytes that grow; it looks at each byte
// once.
type scanner struct {
	kind      Kind
	started   bool // the start line was seen and is one
	lineStart int  // start of the line being read
	pos       int  // bytes before it hold no LF that was not seen
	skip      int  // length of the empty lines before the start line
	skipped   int  // number of them
	lines     int
}

// advance goes on in src, which holds all bytes since the last message. The end
// of a head that is whole is at s.pos.
func (s *scanner) advance(src []byte) verdict {
	for {
		lf := bytes.IndexByte(src[s.pos:], '\n')
		if lf < 0 {
			s.pos = len(src)
			if !s.started && hopeless(s.kind, src[s.lineStart:]) {
				return notHTTP
			}
			return more
		}
		end := s.pos + lf
		for end > s.lineStart && src[end-1] == '\r' {
			end--
		}
		s.pos += lf + 1
		if v := s.line(src[s.lineStart:end]); v != more {
			return v
		}
		s.lineStart = s.pos
	}
}

// line takes one line without its line end.
func (s *scanner) line(line []byte) verdict {
	switch {
	case s.started && len(line) == 0:
		return whole
	case s.started:
	case len(line) == 0:
		s.skipped++
		s.skip = s.pos
		if s.skipped > maxSkippedLines || s.skip > maxSkippedBytes {
			return notHTTP
		}
		return more
	case !isStartLine(s.kind, line):
		return notHTTP
	default:
		s.started = true
	}
	s.lines++
	return more
}

// head reads on in a head; a head that lies wholly in data is not buffered.
func (r *Reader) head(offset uint64, data []byte) int {
	src, before := data, 0
	if len(r.buf) == 0 {
		r.base = offset
		if n := r.whole(data); n > 0 {
			return n
		}
	} else {
		before = len(r.buf)
		room := r.limit + maxSkippedBytes + 1 - before
		r.buf = append(r.buf, data[:min(len(data), max(room, 1))]...)
		src = r.buf
	}
	v := r.scan.advance(src)
	if r.resuming && !r.scan.started && !resumes(r.kind, src[r.scan.skip:]) {
		v = notHTTP
	}
	switch {
	case v == notHTTP:
		r.reject(src, data[len(src)-before:])
		return len(data)
	case r.scan.pos-r.scan.skip > r.limit:
		r.tooLarge(src, data[len(src)-before:])
		return len(data)
	case v == whole:
		n := r.scan.pos - before
		r.complete(src[r.scan.skip:r.scan.pos])
		return n
	}
	if before == 0 {
		r.buf = append(r.buf, data...)
		return len(data)
	}
	return len(src) - before
}

// whole reads a head that data begins with if it is there to its end and has
// nothing odd, and gives its length; else 0.
func (r *Reader) whole(data []byte) int {
	m := r.foretold(data)
	if m == nil {
		m = r.message()
		n := m.quick(data[:min(len(data), r.limit)], r.forms.of(r.kind))
		if n == 0 {
			return 0
		}
		m.Raw, m.Complete = append(m.Raw, data[:n]...), true
	}
	m.Offset, r.resuming = r.base, false
	n := len(m.Raw)
	r.begin(m, r.h.Head(m))
	return n
}

// foretold gives the message that was made ahead of the head that data begins with; nil
// if there is none.
func (r *Reader) foretold(data []byte) *Message {
	if r.source == nil {
		return nil
	}
	return r.source.Foretold(r.kind, data, r.limit)
}

// reject passes on what is no message: src, then rest.
func (r *Reader) reject(src, rest []byte) {
	if r.resuming {
		r.lose()
		return
	}
	base, next := r.base, r.base+uint64(len(src))
	r.state = switched
	r.h.NotHTTP(base, src)
	r.h.Switched(base, src)
	if len(rest) > 0 {
		r.h.Switched(next, rest)
	}
	r.dropHead()
}

func (r *Reader) tooLarge(src, rest []byte) {
	raw := src[r.scan.skip:][:r.limit]
	if !r.scan.started && !mayStart(r.kind, raw) {
		r.reject(src, rest)
		return
	}
	r.incomplete(raw, StopLimit)
	r.lose()
}

// abandonHead ends the head in the buffer, if there is one.
func (r *Reader) abandonHead(why Stop) {
	skip := r.scan.skip
	switch {
	case len(r.buf) <= skip:
	case r.scan.started || mayStart(r.kind, r.buf[skip:]):
		r.incomplete(r.buf[skip:], why)
	case !r.resuming && !allCR(r.buf[skip:]):
		r.reject(r.buf, nil)
	}
	r.dropHead()
}

func (r *Reader) incomplete(raw []byte, why Stop) {
	m := r.take(raw)
	m.Why = why
	parse(m, r.scan.lines)
	r.h.Head(m)
	r.h.End(m, why)
}

func (r *Reader) complete(raw []byte) {
	m := r.take(raw)
	if m.quick(m.Raw, r.forms.of(r.kind)) != len(raw) {
		m = r.take(raw)
		parse(m, r.scan.lines)
	}
	m.Complete = true
	r.dropHead()
	r.begin(m, r.h.Head(m))
}

// take gives a message with that head.
func (r *Reader) take(raw []byte) *Message {
	m := r.message()
	m.Raw = append(m.Raw, raw...)
	m.Offset = r.base + uint64(r.scan.skip)
	m.SkippedCRLF = r.scan.skipped
	return m
}

func (r *Reader) dropHead() {
	r.buf = r.buf[:0]
	r.scan = scanner{kind: r.kind}
	r.resuming = false
}

// begin starts the body of m.
func (r *Reader) begin(m *Message, f Framing) {
	r.cur = m
	switch f.Kind {
	case FrameLength:
		r.state, r.left = inLength, f.Length
		r.endIfDone()
	case FrameChunked:
		r.state, r.chunks = inChunks, chunkReader{}
	case FrameUntilClose:
		r.state = untilClose
	case FrameSwitch:
		r.end(StopNone)
		r.state = switched
	default:
		r.end(StopNone)
	}
}
