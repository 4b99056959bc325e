package main

import "io"

// Pieces in which a report is written, in bytes, and how many of them there are. What is
// lent is no less than behindLeast.
const (
	behindSize  = 64 << 10
	behindCount = 4
	behindLeast = 8 << 10
)

// behind writes on a goroutine of its own what it is given, so that making a report and
// copying it out go on at once. An error is that of one of the next calls. Close has to
// be called; it is used by one goroutine.
type behind struct {
	filling []byte
	full    chan []byte
	spent   chan []byte
	failed  chan error // gets the first error, and is closed when all is written
	err     error
	w       io.Writer
}

func newBehind(w io.Writer) *behind { return &behind{w: w} }

// Write implements io.Writer. What was appended to AvailableBuffer is where it belongs.
func (b *behind) Write(p []byte) (int, error) {
	if b.filling == nil && b.err == nil {
		b.start()
	}
	for rest := p; len(rest) > 0; {
		if b.failure(); b.err != nil {
			return len(p) - len(rest), b.err
		}
		n := fill(b.filling[len(b.filling):cap(b.filling)], rest)
		b.filling, rest = b.filling[:len(b.filling)+n], rest[n:]
		b.leave(1)
	}
	return len(p), nil
}

// fill copies to room what is not there yet.
func fill(room, p []byte) int {
	if &room[0] == &p[0] {
		return len(p)
	}
	return copy(room, p)
}

// AvailableBuffer lends memory, as bufio.Writer does: empty, to append to and to hand to
// the next Write.
func (b *behind) AvailableBuffer() []byte {
	if b.filling == nil {
		b.start()
	}
	b.leave(behindLeast)
	return b.filling[len(b.filling):]
}

// leave sees to room for least octets more.
func (b *behind) leave(least int) {
	if cap(b.filling)-len(b.filling) < least {
		b.full <- b.filling
		b.filling = <-b.spent
	}
}

// start starts the goroutine that writes.
func (b *behind) start() {
	b.full, b.spent, b.failed = make(chan []byte, behindCount), make(chan []byte, behindCount), make(chan error, 1)
	b.filling = make([]byte, 0, behindSize)
	for range behindCount - 1 {
		b.spent <- make([]byte, 0, behindSize)
	}
	go write(b.w, b.full, b.spent, b.failed)
}

// write writes what is full, until something fails: the rest is dropped.
func write(w io.Writer, full <-chan []byte, spent chan<- []byte, failed chan<- error) {
	defer close(failed)
	var err error
	for p := range full {
		if err == nil {
			if _, err = w.Write(p); err != nil {
				failed <- err
			}
		}
		spent <- p[:0]
	}
}

// failure takes note of an error.
func (b *behind) failure() {
	select {
	case err := <-b.failed:
		b.err = err
	default:
	}
}

// Close writes what is left, waits until all is written, and gives the first error that was
// not given yet.
func (b *behind) Close() error {
	if b.full == nil {
		return nil
	}
	if len(b.filling) > 0 {
		b.full <- b.filling
	}
	close(b.full)
	b.full, b.filling = nil, nil
	return <-b.failed
}

// abandon drops what is left, and waits until nothing is written any more.
func (b *behind) abandon() {
	b.filling = b.filling[:0]
	_ = b.Close()
}
