package http2

import "golang.org/x/net/http2/hpack"

// Room that is kept for the next header block; larger ones are rare.
const (
	keptBlock  = 1 << 10 // octets
	keptFields = 32
)

// open begins a header block (RFC 9113 section 4.3).
func (r *Reader) open() {
	r.section, r.first = true, r.frame
	r.head = Head{Stream: r.frame.Stream, Offset: r.frame.Offset}
	r.head.EndStream = r.frame.Type == Headers && r.frame.Has(FlagEndStream)
}

func (r *Reader) fragment(offset uint64, data []byte) int {
	n := min(uint64(len(data)), uint64(r.left-r.pad))
	r.block = append(r.block, data[:n]...)
	r.pass(offset, uint32(n))
	return int(n)
}

// close ends a header block, and the side if it cannot be decoded.
func (r *Reader) close(end uint64) {
	h := &r.head
	r.section, h.End = false, end
	h.Why = r.fields.decode(r.block)
	h.Fields = r.fields.list
	if r.first.Type == Headers || h.Promised != 0 { // stream 0 cannot be promised
		r.h.Head(h)
	}
	h.Fields = nil
	if h.Why == Broken {
		r.lose(r.first.Offset, BadCompression)
		return
	}
	r.release()
	if h.EndStream {
		r.h.End(&r.first)
	}
}

// release empties block, and gives it up if it is large.
func (r *Reader) release() {
	r.fields.release()
	if r.block = r.block[:0]; cap(r.block) > keptBlock {
		r.block = nil
		r.fields.forget()
	}
}

// fields decodes header blocks, and has what the next one may refer to.
type fields struct {
	dec   *hpack.Decoder
	list  []hpack.HeaderField
	size  int    // octets of list, counted as hpack.HeaderField.Size does
	over  bool   // fields were left out
	limit uint32 // what the dynamic table may grow to
	table uint32 // what it has grown to at most
}

// defaultTable is the size of the dynamic table until the sender sets another one
// (RFC 9113 section 6.5.2).
const defaultTable = 4096

// decode fills list from a whole header block. The block is looked at until forget.
func (x *fields) decode(block []byte) Incomplete {
	if x.dec == nil {
		x.limit = defaultTable
		x.dec = hpack.NewDecoder(defaultTable, x.add)
		x.dec.SetAllowedMaxDynamicTableSize(MaxTable)
	}
	x.size, x.over = 0, false
	x.dec.SetEmitEnabled(true)
	block, ok := x.resize(block)
	if !ok {
		return Broken
	}
	if _, err := x.dec.Write(block); err != nil || x.dec.Close() != nil {
		return Broken
	}
	if x.over {
		return OverLimit
	}
	return Whole
}

// resize takes in how large the table is to be, which stands before all fields, and gives
// what follows. There may be two of them (RFC 7541 section 4.2), of which
// hpack refuses the second. A table larger than MaxTable is let be, and is not
// filled further: what is referred to then is not there, but never another field.
func (x *fields) resize(block []byte) ([]byte, bool) {
	low, last, found := uint64(MaxTable), uint64(0), false
	for len(block) > 0 && block[0]&0xE0 == 0x20 {
		n, used := integer(block, 5)
		if used == 0 {
			return nil, false
		}
		last, found, block = min(n, MaxTable), true, block[used:]
		low = min(low, last)
	}
	if found {
		x.dec.SetMaxDynamicTableSize(uint32(low))
		x.dec.SetMaxDynamicTableSize(uint32(last))
		x.limit = uint32(last)
		x.table = min(x.table, uint32(low))
	}
	return block, true
}

// integer reads an integer whose prefix has that many bits (RFC 7541 section 5.1), and
// gives how many octets it has: 0 if it has no end or is far too large.
func integer(b []byte, prefix uint) (n uint64, used int) {
	full := uint64(1)<<prefix - 1
	if n = uint64(b[0]) & full; n < full {
		return n, 1
	}
	for i := 1; i < len(b) && i <= 8; i++ {
		n += uint64(b[i]&0x7F) << (7 * (i - 1))
		if b[i]&0x80 == 0 {
			return n, i + 1
		}
	}
	return 0, 0
}

// add is called for each field, whether the table has it or not.
func (x *fields) add(f hpack.HeaderField) {
	x.table = min(x.table+f.Size(), x.limit)
	x.size += int(f.Size())
	if len(x.list) == MaxFields || x.size > MaxSection {
		x.over, x.table = true, x.limit // what follows is not counted
		x.dec.SetEmitEnabled(false)
		return
	}
	x.list = append(x.list, f)
}

// release empties list.
func (x *fields) release() {
	clear(x.list)
	if x.list = x.list[:0]; cap(x.list) > keptFields {
		x.list = nil
	}
}

// forget makes the decoder let go of the block that it read last: it would hold it
// until the next one. The octet is a field of the static table.
func (x *fields) forget() {
	if x.dec != nil {
		x.dec.SetEmitEnabled(false)
		_, _ = x.dec.Write([]byte{0x82})
		_ = x.dec.Close()
	}
}

// octets gives about how much memory is held. How many fields the decoder has put
// into its table is its own affair: this is what there may be at most.
func (x *fields) octets() int {
	const field = 40 // of a hpack.HeaderField
	return int(x.table) + cap(x.list)*field
}
