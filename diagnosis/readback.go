package diagnosis

import (
	"errors"
	"io"
)

// Blocks in which a spool's file is read back, and how many are held: records are
// asked for nearly in the order in which they were written.
const (
	blockSize  = 64 << 10
	blocksHeld = 32
)

// readBack reads pieces of a file of which most lie near those before them.
type readBack struct {
	blocks [blocksHeld]block
	found  int // blocks that were held already, less those that were not
	room   []byte
}

// block is a part of a file.
type block struct {
	number int64 // 1 + offset / blockSize; 0 = none
	data   []byte
}

// read gives n bytes at an offset, valid until the next call.
func (r *readBack) read(file io.ReaderAt, at int64, n int) ([]byte, error) {
	if cap(r.room) < n {
		r.room = make([]byte, n+n/2)
	}
	number, within := at/blockSize, int(at%blockSize)
	if n > blockSize || r.found < -blocksHeld {
		_, err := file.ReadAt(r.room[:n], at) // blocks do not pay
		return r.room[:n], err
	}
	first, err := r.block(file, number)
	if err != nil {
		return nil, err
	}
	if within+n <= len(first) {
		return first[within : within+n], nil
	}
	head := copy(r.room[:n], first[min(within, len(first)):])
	second, err := r.block(file, number+1)
	if err != nil {
		return nil, err
	}
	if copy(r.room[head:n], second) < n-head {
		return nil, io.ErrUnexpectedEOF
	}
	return r.room[:n], nil
}

// block gives a block of the file, shorter where the file ends.
func (r *readBack) block(file io.ReaderAt, number int64) ([]byte, error) {
	b := &r.blocks[number%blocksHeld]
	if b.number == number+1 {
		r.found = min(r.found+1, blocksHeld)
		return b.data, nil
	}
	r.found--
	if b.data == nil {
		b.data = make([]byte, blockSize)
	}
	n, err := file.ReadAt(b.data[:blockSize], number*blockSize)
	if err != nil && !errors.Is(err, io.EOF) {
		b.number = 0
		return nil, err
	}
	b.number, b.data = number+1, b.data[:n]
	return b.data, nil
}
