package capture

import "io"

const (
	defaultBuffer = 256 << 10 // larger ones read no faster from the page cache
	minBuffer     = 4 << 10
)

// window is a reusable buffer over a reader. It never waits for more than was
// asked for, so that a record that came through a pipe is seen at once, and it
// grows with the bytes that arrived, never with the length that a file claims.
type window struct {
	r        io.Reader
	buf      []byte
	pos, end int   // buf[pos:end] is unread
	base     int64 // offset of buf[0] in the stream
	err      error // why r gave no more; io.EOF at its end

	turn  func(used []byte) []byte // see OpenOptions.Turn; may be nil
	ahead *parts                   // what r gives, where it is read ahead; may be nil
}

func newWindow(r io.Reader, size int) *window {
	return &window{r: r, buf: make([]byte, max(size, minBuffer))}
}

// offset gives the position of the first unread byte in the stream.
func (w *window) offset() int64 { return w.base + int64(w.pos) }

// need reports whether n unread bytes are in the buffer, reading until they are.
func (w *window) need(n int) bool { return w.end-w.pos >= n || w.fill(n) }

// fill moves the unread bytes to the front only when there is no room behind
// them, into a buffer at least twice their size. So every byte is moved about
// once, even if a hostile file asks for megabytes behind each of its octets.
func (w *window) fill(n int) bool {
	if w.ahead != nil {
		w.fillAhead(n)
	}
	if w.pos+n > len(w.buf) && w.err == nil {
		w.compact()
	}
	for idle := 0; w.end-w.pos < n && w.err == nil; idle++ {
		if w.end == len(w.buf) {
			w.grow()
		}
		got, err := w.r.Read(w.buf[w.end:])
		w.end += got
		w.err = err
		if got > 0 {
			idle = 0
		} else if idle == 100 && err == nil {
			w.err = io.ErrNoProgress
		}
	}
	return w.end-w.pos >= n
}

// compact moves the unread bytes to the front, of another buffer where somebody
// still looks at those that were read.
func (w *window) compact() {
	to := w.buf
	if w.turn != nil && w.pos > 0 {
		if to = w.turn(w.buf); len(to) < w.end-w.pos {
			to = make([]byte, len(w.buf))
		}
	}
	copy(to, w.buf[w.pos:w.end])
	w.buf = to
	w.base += int64(w.pos)
	w.end -= w.pos
	w.pos = 0
	if w.end > len(w.buf)/2 {
		w.grow()
	}
}

func (w *window) grow() { w.buf = append(w.buf, make([]byte, len(w.buf))...) }

// unread gives the buffered bytes without reading.
func (w *window) unread() []byte { return w.buf[w.pos:w.end] }

// at gives n bytes that stand off bytes behind the first unread one.
func (w *window) at(off, n int) ([]byte, bool) {
	if !w.need(off + n) {
		return nil, false
	}
	return w.buf[w.pos+off : w.pos+off+n], true
}

// skip drops n unread bytes, which must be in the buffer.
func (w *window) skip(n int) { w.pos += n }

// Read makes a window the input of a decompressor.
func (w *window) Read(p []byte) (int, error) {
	if w.pos < w.end {
		n := copy(p, w.buf[w.pos:w.end])
		w.pos += n
		return n, nil
	}
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.r.Read(p)
	w.base += int64(n)
	w.err = err
	return n, err
}
