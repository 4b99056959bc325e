package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

const (
	defaultMaxExpanded = 1 << 40
	defaultMaxRatio    = 1000
	defaultMaxMemory   = 128 << 20 // the window that zstd --ultra -22 asks for
	ratioFrom          = 64 << 20  // bytes that may expand at any ratio
)

var errExpands = errors.New("expands beyond the limit")

// compression tells the name of a compressed stream by its first bytes, or "".
func compression(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(b, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	case bytes.HasPrefix(b, []byte{0x04, 0x22, 0x4d, 0x18}):
		return "lz4"
	}
	return ""
}

// expander is a decompressor that stops when the output outgrows the limits.
type expander struct {
	in      countingReader
	frames  *frames // of zstd and lz4
	r       io.Reader
	close   func()
	out     int64
	maxOut  int64
	ratio   int64
	trouble error
}

func newExpander(r io.Reader, kind string, o OpenOptions) (*expander, error) {
	e := &expander{in: countingReader{r: r}, close: func() {}}
	e.maxOut = orDefault(o.MaxExpanded, defaultMaxExpanded)
	e.ratio = orDefault(o.MaxRatio, defaultMaxRatio)
	err := e.start(kind, uint64(orDefault(o.MaxMemory, defaultMaxMemory)))
	switch {
	case err == nil:
		return e, nil
	case errors.Is(err, io.EOF): // in the name that a gzip header holds
		return nil, io.ErrUnexpectedEOF
	case strings.HasPrefix(err.Error(), kind):
		return nil, err // it says already what it is about
	}
	return nil, fmt.Errorf("%s: %w", kind, err)
}

func (e *expander) start(kind string, memory uint64) error {
	switch kind {
	case "gzip":
		z, err := newGzipMembers(&e.in)
		e.r = z
		return err
	case "zstd":
		e.frames = newFrames(&e.in, kind)
		z, err := zstd.NewReader(e.frames, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(memory), zstd.WithDecoderMaxWindow(memory))
		if err != nil {
			return err
		}
		e.r, e.close = z, z.Close
		return nil
	default:
		e.frames = newFrames(&e.in, kind)
		e.r = lz4.NewReader(e.frames)
		return nil
	}
}

// isTrailer reports whether err says that something else follows the
// compressed data.
func isTrailer(err error) bool {
	return errors.Is(err, errStray) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, zstd.ErrMagicMismatch) || errors.Is(err, lz4.ErrInvalidFrame)
}

// Read stops with an error at the limits; a stream that expands more than any
// capture does is a bomb.
func (e *expander) Read(p []byte) (int, error) {
	if e.trouble != nil {
		return 0, e.trouble
	}
	n, err := e.r.Read(p)
	e.out += int64(n)
	switch {
	case e.out > e.maxOut:
		e.trouble = fmt.Errorf("%w of %d bytes", errExpands, e.maxOut)
	case e.out > ratioFrom && e.out/e.ratio > e.in.n:
		e.trouble = fmt.Errorf("%w of %d times its size", errExpands, e.ratio)
	case errors.Is(err, io.ErrUnexpectedEOF) && e.frames != nil && e.frames.stray():
		return n, errStray
	default:
		return n, err
	}
	return 0, e.trouble
}

func (e *expander) Close() error {
	e.close()
	return nil
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func orDefault(v, fallback int64) int64 {
	if v <= 0 {
		return fallback
	}
	return v
}
