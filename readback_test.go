package handshark

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
)

// TestReadBack: what is read is what is there, in whatever order it is asked for.
func TestReadBack(t *testing.T) {
	content := make([]byte, 3*blocksHeld*blockSize/2+100)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	file := bytes.NewReader(content)
	for _, order := range []struct {
		name string
		next func(i int) int64
	}{
		{"one after the other", func(i int) int64 { return int64(i) * 2500 }},
		{"nearly", func(i int) int64 { return int64(i)*2500 + int64(r.IntN(5*blockSize)) }},
		{"anywhere", func(int) int64 { return r.Int64N(int64(len(content))) }},
	} {
		t.Run(order.name, func(t *testing.T) {
			var back readBack
			for i := range 800 {
				at := order.next(i)
				n := min(r.IntN(6000), len(content)-int(at))
				if i%100 == 0 {
					n = min(blockSize+7, len(content)-int(at))
				}
				got, err := back.read(file, at, n)
				if err != nil || !bytes.Equal(got, content[at:at+int64(n)]) {
					t.Fatalf("%d bytes at %d: %d bytes, %v", n, at, len(got), err)
				}
			}
		})
	}
	var back readBack
	for _, n := range []int{8, blockSize + 1} {
		if _, err := back.read(file, int64(len(content))-4, n); err != io.ErrUnexpectedEOF && err != io.EOF {
			t.Errorf("%d bytes behind the end: %v", n, err)
		}
	}
}
