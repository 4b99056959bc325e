package http1

// Bounds of a chunked body: octets of one chunk-size line with its extensions,
// and of the trailer section. More is taken for broken framing.
const (
	maxChunkLine = 4 << 10
	maxTrailers  = 64 << 10
)

type chunkState uint8

const (
	chunkSize    chunkState = iota // digits of a chunk-size
	chunkExt                       // up to the end of its line
	chunkData                      // the octets
	chunkDataEnd                   // the line end after them
	chunkTrailer                   // trailer section and the last empty line
	chunkEnd                       // the body is over
	chunkBroken                    // the framing is lost
)

// chunkReader follows the chunked transfer coding (RFC 9112 section 7.1). It
// takes LF for CRLF and blanks around the size, as most recipients do. Chunk
// extensions and trailers are skipped.
type chunkReader struct {
	size   uint64
	digits uint32
	line   uint32 // octets of the current line or of the trailer section
	state  chunkState
	blank  bool // a blank followed the digits
	cr     bool // the octet before was CR
	empty  bool // the trailer line has no octet yet
}

// chunked hands the octets of chunks to the handler and gives how much of data
// it read; it stops at the end of the body.
func (r *Reader) chunked(data []byte) int {
	for i := 0; i < len(data); {
		if r.chunks.state == chunkData {
			n := int(min(uint64(len(data)-i), r.left))
			r.h.Body(r.cur, data[i:i+n])
			i += n
			if r.left -= uint64(n); r.left == 0 {
				r.chunks.state = chunkDataEnd
			}
			continue
		}
		r.chunks.octet(data[i])
		i++
		switch r.chunks.state {
		case chunkData:
			r.left = r.chunks.size
		case chunkEnd:
			r.end(StopNone)
			return i
		case chunkBroken:
			r.end(StopFraming)
			r.lose()
			return len(data)
		}
	}
	return len(data)
}

// octet takes one octet outside of the data.
func (c *chunkReader) octet(b byte) {
	if c.line++; c.line > maxChunkLine && (c.state != chunkTrailer || c.line > maxTrailers) {
		c.state = chunkBroken
		return
	}
	switch c.state {
	case chunkSize:
		c.sizeOctet(b)
	case chunkExt:
		if b == '\n' {
			c.endSizeLine()
		}
	case chunkDataEnd:
		switch {
		case b == '\n':
			*c = chunkReader{}
		case b == '\r' && !c.cr:
			c.cr = true
		default:
			c.state = chunkBroken
		}
	case chunkTrailer:
		c.trailerOctet(b)
	}
}

func (c *chunkReader) sizeOctet(b byte) {
	switch {
	case c.cr && b != '\n':
		c.state = chunkBroken
	case isHex(b) && !c.blank && c.size < 1<<59:
		c.size = c.size<<4 | uint64(hexValue(b))
		c.digits++
	case isBlank(b):
		c.blank = c.digits > 0
	case c.digits == 0:
		c.state = chunkBroken
	case b == '\r':
		c.cr = true
	case b == '\n':
		c.endSizeLine()
	case b == ';':
		c.state = chunkExt
	default:
		c.state = chunkBroken
	}
}

func (c *chunkReader) endSizeLine() {
	if c.size == 0 {
		*c = chunkReader{state: chunkTrailer, empty: true}
		return
	}
	*c = chunkReader{state: chunkData, size: c.size}
}

func (c *chunkReader) trailerOctet(b byte) {
	switch {
	case b == '\n' && c.empty:
		c.state = chunkEnd
	case b == '\n':
		c.empty = true
	case b != '\r':
		c.empty = false
	}
}

func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}
