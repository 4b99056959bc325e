package diagnosis

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/internal/benchgen"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
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

// TestReadBackFails: records that cannot be read back are an error, whoever reads them.
func TestReadBackFails(t *testing.T) {
	var data bytes.Buffer
	if err := benchgen.Write(&data, benchgen.Options{Kind: benchgen.Handshakes, Bytes: 48 << 20}); err != nil {
		t.Fatal(err)
	}
	engine, err := rules.NewEngine(catalogue.All(), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 2} {
		r := newRun(t.Context(), engine, 1, Options{Workers: workers, Open: capture.OpenOptions{Stdin: bytes.NewReader(data.Bytes())}})
		defer r.ledger.close()
		if err := r.group(capture.Plan([]string{"-"}, 0, r.o.Open)[0]); err != nil {
			t.Fatal(err)
		}
		if err := r.ledger.spool.file.Truncate(1 << 20); err != nil {
			t.Fatal(err)
		}
		got := 0
		_, err := r.finish(func(*report.Record) error { got++; return nil })
		if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) || got == 0 || got == r.ledger.entries.Len() {
			t.Errorf("%d workers: %d of %d records, %v", workers, got, r.ledger.entries.Len(), err)
		}
	}
}
