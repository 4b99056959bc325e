package capture

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// TestCompressedStray has a few octets follow compressed data, also behind several frames.
func TestCompressedStray(t *testing.T) {
	plain := samplePcap(t, 50)
	half := len(plain) / 2
	skipped := []byte{0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'}
	for _, c := range packers {
		streams := [][]byte{c.pack(t, plain), slices.Concat(c.pack(t, plain[:half]), c.pack(t, plain[half:]))}
		if c.name != "gzip" {
			streams = append(streams, slices.Concat(streams[0], skipped))
		}
		for i, whole := range streams {
			for n := 1; n <= 12; n++ {
				for _, fill := range []byte{0, 'X', 0x50} {
					checkStray(t, c.name, i, slices.Concat(whole, bytes.Repeat([]byte{fill}, n)), len(plain))
				}
			}
		}
	}
}

func checkStray(t *testing.T, name string, stream int, file []byte, size int) {
	t.Helper()
	want := Problem{50, int64(size), "other bytes follow the compressed data", true}
	if got := onlyProblem(t, file); got != want {
		t.Errorf("%s, stream %d, ends in % x: %v, want %v", name, stream, file[len(file)-12:], got, want)
	}
}

// TestCompressedNextCut has the beginning of another stream follow, which is cut.
func TestCompressedNextCut(t *testing.T) {
	plain := samplePcap(t, 50)
	for _, c := range packers {
		whole := c.pack(t, plain)
		for n := 1; n <= 6; n++ { // less than a header
			if got := onlyProblem(t, slices.Concat(whole, whole[:n])); got.Message != endsEarly {
				t.Errorf("%s and %d octets more: %v", c.name, n, got)
			}
		}
	}
}

// TestGzipNameCut has a second member that ends inside of the name in its header.
func TestGzipNameCut(t *testing.T) {
	whole := gzipped(t, samplePcap(t, 50))
	named := []byte{0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 255, 'n', 'a', 'm'}
	if got := onlyProblem(t, slices.Concat(whole, named)); got.Message != endsEarly {
		t.Errorf("got %v", got)
	}
}

// TestFrames follows frames of any form: behind each the stream is between two.
func TestFrames(t *testing.T) {
	noise := make([]byte, 300_000)
	rand.NewChaCha8([32]byte{}).Read(noise)
	data := slices.Concat(bytes.Repeat([]byte("many blocks "), 40_000), make([]byte, 300_000), noise)
	for name, whole := range formsOfFrames(t, data) {
		kind := name[:4]
		if kind == "lz4 " {
			kind = "lz4"
		}
		for _, piece := range []int{1, 7, len(whole)} {
			f := newFrames(nil, kind)
			for b := range slices.Chunk(whole, piece) {
				f.take(b)
			}
			if !f.whole || f.skip != 0 || len(f.buf) != 0 || f.stray() {
				t.Errorf("%s in pieces of %d: %+v", name, piece, f)
			}
			if f.take([]byte("Y")); !f.stray() {
				t.Errorf("%s in pieces of %d: no stray octet", name, piece)
			}
		}
	}
}

// formsOfFrames packs data with the settings that change the form of a frame.
func formsOfFrames(t *testing.T, data []byte) map[string][]byte {
	forms := map[string][]byte{}
	for _, sum := range []bool{true, false} {
		for _, window := range []int{1 << 10, 1 << 17} {
			z, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(sum), zstd.WithWindowSize(window))
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{0, 1, 300, 70_000, len(data)} {
				name := "zstd" + string(rune('a'+len(forms)))
				forms[name] = z.EncodeAll(data[:n], nil)
			}
		}
		for _, o := range [][]lz4.Option{{lz4.ChecksumOption(sum)}, {lz4.ChecksumOption(sum), lz4.BlockChecksumOption(true), lz4.BlockSizeOption(lz4.Block64Kb)}, {lz4.ChecksumOption(sum), lz4.SizeOption(uint64(len(data)))}} {
			var b bytes.Buffer
			w := lz4.NewWriter(&b)
			if err := w.Apply(o...); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data); err != nil || w.Close() != nil {
				t.Fatal(err)
			}
			forms["lz4 "+string(rune('a'+len(forms)))] = b.Bytes()
		}
	}
	return forms
}
