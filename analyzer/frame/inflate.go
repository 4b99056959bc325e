package frame

import "errors"

// InflateLimit bounds what an [Inflater] gives in all, octets: with it the work of one
// side of a session is bounded too.
const InflateLimit = 16 << 10

var errDeflate = errors.New("frame: not a message of permessage-deflate, or too long")

// Inflater reads the compressed messages of one side, in order (RFC 7692 section
// 7.2.2). It is for the few and short ones that a session begins with, and has no
// tables that would have to be made first; its memory is what it gives. Zero is ready.
type Inflater struct {
	// Takeover is set where a message may refer to those before it (section 7.1.1).
	Takeover bool

	out    []byte // what all messages came to
	from   int    // where what may be referred to begins
	in     []byte
	bits   uint32 // octets of in that were begun and not used up
	have   uint   // number of them
	broken bool
}

// Message gives the payload of the next compressed message. After an error, which is
// hostile or ordinary damage, no further message can be read.
func (x *Inflater) Message(payload []byte) ([]byte, error) {
	if x.broken {
		return nil, errDeflate
	}
	at := len(x.out)
	if !x.Takeover {
		x.from = at
	}
	x.in, x.bits, x.have = payload, 0, 0
	if !x.blocks() {
		x.broken = true
		return nil, errDeflate
	}
	return x.out[at:len(x.out):len(x.out)], nil
}

// blocks reads to the end of the message. A sender takes 00 00 FF FF off: the length of
// an empty block without compression, of which the three bits of the header are there.
func (x *Inflater) blocks() bool {
	for {
		head, ok := x.take(3)
		if !ok || head&1 != 0 {
			return false // a block that ends all: allowed, and written by nobody
		}
		switch head >> 1 {
		case 0:
			if len(x.in) == 0 {
				return x.bits == 0
			}
			ok = x.stored()
		case 1:
			ok = x.fixed()
		case 2:
			ok = x.dynamic()
		default:
			return false
		}
		if !ok {
			return false
		}
	}
}

// take gives the next n bits, at most 16, the first one lowest.
func (x *Inflater) take(n uint) (uint32, bool) {
	for x.have < n {
		if len(x.in) == 0 {
			return 0, false
		}
		x.bits |= uint32(x.in[0]) << x.have
		x.in, x.have = x.in[1:], x.have+8
	}
	v := x.bits & (1<<n - 1)
	x.bits, x.have = x.bits>>n, x.have-n
	return v, true
}

// stored copies a block without compression (RFC 1951 section 3.2.4).
func (x *Inflater) stored() bool {
	x.bits, x.have = 0, 0
	if len(x.in) < 4 {
		return false
	}
	n := int(x.in[0]) | int(x.in[1])<<8
	if n^0xFFFF != int(x.in[2])|int(x.in[3])<<8 {
		return false
	}
	x.in = x.in[4:]
	if n > len(x.in) || n > InflateLimit-len(x.out) {
		return false
	}
	x.out, x.in = append(x.out, x.in[:n]...), x.in[n:]
	return true
}

// code is a Huffman code: how many codes of each length there are, and what they stand
// for in their order (RFC 1951 section 3.2.2).
type code struct {
	counts  [16]uint16
	symbols [288]uint16
}

// set makes the code of lengths, of which none is above 15, and reports whether there
// is one: it has to be complete, but for one without codes or with a single one of a
// bit, which stand for distances that are not used or all alike.
func (c *code) set(lengths []byte) bool {
	c.counts = [16]uint16{}
	for _, n := range lengths {
		c.counts[n&15]++
	}
	left, longest, next := 1, 0, [16]uint16{}
	for n := 1; n < len(next); n++ {
		if left = left<<1 - int(c.counts[n]); left < 0 {
			return false
		}
		if c.counts[n] > 0 {
			longest = n
		}
		next[n] = next[n-1]
		if n > 1 {
			next[n] += c.counts[n-1]
		}
	}
	for symbol, n := range lengths {
		if n &= 15; n != 0 {
			c.symbols[next[n]] = uint16(symbol)
			next[n]++
		}
	}
	return left == 0 || longest < 2
}

// symbol reads one symbol.
func (x *Inflater) symbol(c *code) (int, bool) {
	value, first, index := 0, 0, 0
	for n := 1; n < len(c.counts); n++ {
		bit, ok := x.take(1)
		if !ok {
			return 0, false
		}
		value |= int(bit)
		count := int(c.counts[n])
		if value-first < count {
			return int(c.symbols[index+value-first]), true
		}
		index, first, value = index+count, (first+count)<<1, value<<1
	}
	return 0, false
}

// fixed reads a block with the codes of RFC 1951 section 3.2.6.
func (x *Inflater) fixed() bool {
	var lengths [288]byte
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	var literals, distances code
	literals.set(lengths[:])
	for i := range lengths[:32] { // the last two make the code complete, and stand for nothing
		lengths[i] = 5
	}
	distances.set(lengths[:32])
	return x.compressed(&literals, &distances)
}

// codeOrder is the order in which the lengths of the code of lengths come.
var codeOrder = [...]byte{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads a block with codes of its own (RFC 1951 section 3.2.7).
func (x *Inflater) dynamic() bool {
	head, ok := x.take(14)
	literal, distance, coded := int(head&31)+257, int(head>>5&31)+1, int(head>>10&15)+4
	if !ok || literal > 286 || distance > 30 {
		return false
	}
	var lengths [286 + 30]byte
	for _, i := range codeOrder[:coded] {
		n, _ := x.take(3)
		lengths[i] = byte(n)
	}
	var literals, distances code
	if !literals.set(lengths[:len(codeOrder)]) {
		return false
	}
	if !x.lengths(lengths[:literal+distance], &literals) || lengths[256] == 0 {
		return false
	}
	return literals.set(lengths[:literal]) && distances.set(lengths[literal:literal+distance]) &&
		x.compressed(&literals, &distances)
}

// lengths reads code lengths, all of them over what is in list.
func (x *Inflater) lengths(list []byte, c *code) bool {
	for i := 0; i < len(list); {
		symbol, ok := x.symbol(c)
		if !ok {
			return false
		}
		if symbol < 16 {
			list[i] = byte(symbol)
			i++
			continue
		}
		n, value, ok := x.repeat(symbol, list[:i])
		if !ok || n > len(list)-i {
			return false
		}
		for range n {
			list[i] = value
			i++
		}
	}
	return true
}

// repeat reads how often which length is repeated.
func (x *Inflater) repeat(symbol int, before []byte) (n int, value byte, ok bool) {
	var more uint32
	switch symbol {
	case 16:
		if len(before) == 0 {
			return 0, 0, false
		}
		more, ok = x.take(2)
		return 3 + int(more), before[len(before)-1], ok
	case 17:
		more, ok = x.take(3)
		return 3 + int(more), 0, ok
	}
	more, ok = x.take(7)
	return 11 + int(more), 0, ok
}

// compressed reads the symbols of a block.
func (x *Inflater) compressed(literals, distances *code) bool {
	const endOfBlock = 256
	for {
		symbol, ok := x.symbol(literals)
		switch {
		case !ok || len(x.out) >= InflateLimit && symbol != endOfBlock:
			return false
		case symbol == endOfBlock:
			return true
		case symbol < endOfBlock:
			x.out = append(x.out, byte(symbol))
		case !x.copy(symbol-endOfBlock-1, distances):
			return false
		}
	}
}

// Bases and further bits of lengths and distances (RFC 1951 section 3.2.5).
var (
	lengthBase   = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthBits   = [...]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase = [...]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceBits = [...]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// copy repeats what came before.
func (x *Inflater) copy(symbol int, distances *code) bool {
	length, ok := x.extra(symbol, lengthBase[:], lengthBits[:])
	if !ok {
		return false
	}
	if symbol, ok = x.symbol(distances); !ok {
		return false
	}
	back, ok := x.extra(symbol, distanceBase[:], distanceBits[:])
	if !ok || back > len(x.out)-x.from || length > InflateLimit-len(x.out) {
		return false
	}
	for range length { // what is copied may be what this copies
		x.out = append(x.out, x.out[len(x.out)-back])
	}
	return true
}

func (x *Inflater) extra(symbol int, base []uint16, bits []uint8) (int, bool) {
	if symbol >= len(base) {
		return 0, false
	}
	more, ok := x.take(uint(bits[symbol]))
	return int(base[symbol]) + int(more), ok
}
