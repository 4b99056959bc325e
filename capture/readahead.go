package capture

import (
	"io"
	"math"
	"os"
)

// parts reads a file in parts, on goroutines of their own, several at once and ahead
// of what is looked at: of a capture that is mostly passed over, copying it out of the
// page cache takes longer than all the rest.
type parts struct {
	from io.ReaderAt
	at   int64       // where the next part begins
	next []chan part // on the way, in order
}

// part is a part of a file in a buffer, behind room for the rest of a record that
// began in the part before.
type part struct {
	buf []byte
	end int
	err error // why it is the last one; nil = it is not
}

// With fewer parts, or smaller ones, there is not always one being read on the CPU
// that has nothing else to do.
const (
	partsAhead = 3
	partBuffer = 384 << 10
	partRoom   = 64 << 10 // few records are larger
	worthwhile = 8 * partBuffer
)

// ask begins to read the next part into buf.
func (p *parts) ask(buf []byte) {
	read, at := make(chan part, 1), p.at
	p.at += int64(len(buf) - partRoom)
	p.next = append(p.next, read)
	go func() {
		n, err := p.from.ReadAt(buf[partRoom:], at)
		read <- part{buf, partRoom + n, err}
	}()
}

// take waits for the part that was asked for first.
func (p *parts) take() part {
	first := <-p.next[0]
	p.next = append(p.next[:0], p.next[1:]...)
	return first
}

// Close waits until nothing is being read.
func (p *parts) Close() error {
	for len(p.next) > 0 {
		p.take()
	}
	return nil
}

// readAhead lets what is behind the window be read ahead, where that is much.
func (f *file) readAhead(from *os.File) {
	st, err := from.Stat()
	if err != nil || !st.Mode().IsRegular() || f.packing != "" || len(f.w.buf) != partBuffer || st.Size() < worthwhile {
		return
	}
	f.w.ahead = &parts{from: from}
	f.own(f.w.ahead)
}

// fillAhead is fill where parts are read ahead. A record that does not fit into the
// room in front of a part ends that: the rest of the file is read as it is needed.
func (w *window) fillAhead(n int) {
	for w.end-w.pos < n && w.err == nil {
		if w.end-w.pos > partRoom {
			at := w.base + int64(w.end)
			w.ahead.Close()
			w.r, w.ahead = io.NewSectionReader(w.ahead.from, at, math.MaxInt64-at), nil
			return
		}
		w.advance()
	}
}

// advance goes on to the next part, and has another read into the buffer that is used
// up.
func (w *window) advance() {
	if len(w.ahead.next) == 0 {
		w.ahead.at = w.base + int64(w.end)
		for range partsAhead {
			w.ahead.ask(make([]byte, partBuffer))
		}
	}
	used, rest, at := w.buf, w.buf[w.pos:w.end], w.offset()
	p := w.ahead.take()
	pos := partRoom - len(rest)
	copy(p.buf[pos:], rest)
	w.buf, w.pos, w.end, w.base, w.err = p.buf, pos, p.end, at-int64(pos), p.err
	if w.err == nil {
		w.ahead.ask(w.turned(used))
	}
}

// turned gives a buffer of the same size for one that is used up.
func (w *window) turned(used []byte) []byte {
	if next := w.turn(used); len(next) == len(used) {
		return next
	}
	return make([]byte, len(used))
}
