package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/klauspost/compress/gzip"
)

// errStray says that what follows the compressed data is too short to be anything. Of
// that the decompressors say the same as of data that are cut.
var errStray = errors.New("other bytes follow the compressed data")

// gzipMembers reads the members of a gzip file (RFC 1952 section 2.2).
type gzipMembers struct {
	in *bufio.Reader
	z  *gzip.Reader
}

func newGzipMembers(r io.Reader) (*gzipMembers, error) {
	g := &gzipMembers{in: bufio.NewReader(r)}
	var err error
	if g.z, err = gzip.NewReader(g.in); err != nil {
		return nil, err
	}
	g.z.Multistream(false)
	return g, nil
}

// Read implements io.Reader.
func (g *gzipMembers) Read(p []byte) (int, error) {
	for {
		if n, err := g.z.Read(p); n > 0 || !errors.Is(err, io.EOF) {
			return n, nilIfEOF(err)
		}
		if err := g.another(); err != nil {
			return 0, err
		}
	}
}

// nilIfEOF leaves the end of a member for the next call.
func nilIfEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// another begins with the next member.
func (g *gzipMembers) another() error {
	magic := []byte{0x1f, 0x8b}
	head, err := g.in.Peek(len(magic))
	switch {
	case len(head) == 0 || err != nil && !errors.Is(err, io.EOF):
		return err
	case !bytes.HasPrefix(magic, head):
		return errStray
	}
	err = g.z.Reset(g.in)
	if errors.Is(err, io.EOF) { // in the name
		return io.ErrUnexpectedEOF
	}
	g.z.Multistream(false)
	return err
}

// frames follows where the frames of a zstd (RFC 8878) or lz4 stream end, by the lengths
// in their headers.
type frames struct {
	in    io.Reader
	magic []byte
	head  func(b []byte) // reads the header of a frame, of which the first octets are b
	skip  uint64         // octets to pass over
	buf   []byte         // of what is awaited
	await int            // octets
	next  func(b []byte) // takes them
	whole bool           // between frames
	sum   uint64         // octets of the checksum behind the last block
	sums  uint64         // of those behind each block
}

func newFrames(in io.Reader, kind string) *frames {
	f := &frames{in: in, magic: []byte{0x28, 0xb5, 0x2f, 0xfd}}
	f.head = func([]byte) { f.want(1, f.zstdHeader) }
	if kind == "lz4" {
		f.magic = []byte{0x04, 0x22, 0x4d, 0x18}
		f.head = func([]byte) { f.want(2, f.lz4Header) }
	}
	f.want(len(f.magic), f.begin)
	return f
}

// Read implements io.Reader.
func (f *frames) Read(p []byte) (int, error) {
	n, err := f.in.Read(p)
	f.take(p[:n])
	return n, err
}

func (f *frames) take(b []byte) {
	for len(b) > 0 {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(b)))
			f.skip, b = f.skip-n, b[n:]
			continue
		}
		n := min(f.await-len(f.buf), len(b))
		f.buf, b = append(f.buf, b[:n]...), b[n:]
		if len(f.buf) == f.await {
			whole := f.buf
			f.buf = f.buf[:0]
			f.next(whole)
		}
	}
}

// want awaits n octets.
func (f *frames) want(n int, next func([]byte)) { f.await, f.next = n, next }

// stray reports whether the stream ended in a few octets behind a frame that do not begin
// another one.
func (f *frames) stray() bool {
	return f.whole && len(f.buf) > 0 && !bytes.HasPrefix(f.magic, f.buf)
}

// begin takes the magic number of a frame, or of one to be skipped. Of what follows
// anything else nothing is known.
func (f *frames) begin(b []byte) {
	f.whole = false
	switch {
	case bytes.Equal(b, f.magic):
		f.head(b)
	case b[0]&0xf0 == 0x50 && bytes.Equal(b[1:], []byte{0x2a, 0x4d, 0x18}):
		f.want(4, func(b []byte) { f.end(uint64(binary.LittleEndian.Uint32(b))) })
	default:
		f.skip = math.MaxUint64
	}
}

// end ends a frame behind n more octets.
func (f *frames) end(n uint64) {
	f.skip, f.whole = n, true
	f.want(len(f.magic), f.begin)
}

// zstdHeader reads a Frame_Header_Descriptor (RFC 8878 section 3.1.1.1).
func (f *frames) zstdHeader(b []byte) {
	single := uint64(b[0] >> 5 & 1)
	f.skip = 1 - single + [...]uint64{0, 1, 2, 4}[b[0]&3] + [...]uint64{single, 2, 4, 8}[b[0]>>6]
	f.sum = uint64(b[0]>>2&1) * 4
	f.want(3, f.zstdBlock)
}

// zstdBlock reads a block header (RFC 8878 section 3.1.1.2).
func (f *frames) zstdBlock(b []byte) {
	v := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16
	size := v >> 3
	if repeated := v>>1&3 == 1; repeated {
		size = 1
	}
	if f.skip = size; v&1 != 0 {
		f.end(size + f.sum)
	}
}

// lz4Header reads the FLG octet of a frame descriptor.
func (f *frames) lz4Header(b []byte) {
	bit := func(n int) uint64 { return uint64(b[0] >> n & 1) }
	f.skip = 8*bit(3) + 4*bit(0) + 1
	f.sums, f.sum = 4*bit(4), 4*bit(2)
	f.want(4, f.lz4Block)
}

// lz4Block reads the size of a block; 0 is the end mark.
func (f *frames) lz4Block(b []byte) {
	v := binary.LittleEndian.Uint32(b)
	if v == 0 {
		f.end(f.sum)
		return
	}
	f.skip = uint64(v&0x7fffffff) + f.sums
}
