package capture

import (
	"errors"
	"io"
	"os"
)

// ErrCalledOff says that reading was called off; see OpenOptions.Done.
var ErrCalledOff = errors.New("reading was called off")

// promptBuffer is how many bytes a prompt reads at once: what a pipe holds.
const promptBuffer = 64 << 10

// prompt reads what may block, such as a pipe into which nobody writes, and
// stops at once when that is called off. The goroutine that reads for it ends
// with the read that it is in.
type prompt struct {
	pieces chan piecemeal
	used   chan []byte
	off    <-chan struct{}
	closed chan struct{}
	lent   []byte // to be given back when rest is empty
	rest   []byte
	err    error
}

// piecemeal is what one read gave.
type piecemeal struct {
	buf []byte
	n   int
	err error
}

// mayBlock reports whether a read of r may wait without end: what can be sought
// in does not wait, files apart that only seem so.
func mayBlock(r io.Reader) bool {
	if f, ok := r.(*os.File); ok {
		st, err := f.Stat()
		return err != nil || !st.Mode().IsRegular()
	}
	_, seeks := r.(io.Seeker)
	return !seeks
}

func newPrompt(r io.Reader, off <-chan struct{}) *prompt {
	const buffers = 2
	q := &prompt{off: off, pieces: make(chan piecemeal), used: make(chan []byte, buffers), closed: make(chan struct{})}
	for range buffers {
		q.used <- make([]byte, promptBuffer)
	}
	go q.run(r)
	return q
}

func (q *prompt) run(r io.Reader) {
	for {
		var buf []byte
		select {
		case buf = <-q.used:
		case <-q.closed:
			return
		}
		n, err := r.Read(buf)
		select {
		case q.pieces <- piecemeal{buf, n, err}:
		case <-q.closed:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader.
func (q *prompt) Read(p []byte) (int, error) {
	if len(q.rest) == 0 && q.err == nil {
		q.next()
	}
	if len(q.rest) == 0 {
		return 0, q.err
	}
	n := copy(p, q.rest)
	q.rest = q.rest[n:]
	return n, nil
}

func (q *prompt) next() {
	if q.lent != nil {
		q.used <- q.lent
		q.lent = nil
	}
	select {
	case x := <-q.pieces: // what is there is taken
		q.take(x)
		return
	default:
	}
	select {
	case <-q.off:
		q.err = ErrCalledOff
	case x := <-q.pieces:
		q.take(x)
	}
}

func (q *prompt) take(x piecemeal) { q.lent, q.rest, q.err = x.buf, x.buf[:x.n], x.err }

// Close stops reading; what is below stays open.
func (q *prompt) Close() error {
	close(q.closed)
	return nil
}

// openWaiting opens a FIFO, which waits for a writer. Called off, it leaves a
// goroutine behind that closes the FIFO should a writer come after all.
func openWaiting(name string, off <-chan struct{}) (*os.File, error) {
	select {
	case <-off:
		return nil, ErrCalledOff
	default:
	}
	type opened struct {
		f   *os.File
		err error
	}
	got := make(chan opened)
	go func() {
		f, err := os.Open(name)
		select {
		case got <- opened{f, err}:
		case <-off:
			if err == nil {
				_ = f.Close()
			}
		}
	}()
	select {
	case x := <-got:
		return x.f, x.err
	case <-off:
		return nil, ErrCalledOff
	}
}
