package http2

import "golang.org/x/net/http2/hpack"

// fields decodes header blocks, and has what the next one may refer to.
type fields struct {
	dec   *hpack.Decoder
	list  []hpack.HeaderField
	size  int    // octets of list, counted as hpack.HeaderField.Size does
	over  bool   // fields were left out
	limit uint32 // what the dynamic table may grow to, octets
	table uint32 // what it has grown to at most
	fresh uint32 // octets of fields since evict, in the table or not
}

// defaultTable is the size of the dynamic table until the sender sets another one
// (RFC 9113 section 6.5.2).
const defaultTable = 4096

// slack is by how many octets a table larger than defaultTable may outgrow its limit.
// The decoder moves all that is left whenever it gives up a field, which takes seconds
// for a megabyte of short fields: with slack it gives up many of them at once. A sender
// does not refer to what it has given up itself; if it does, that is read nevertheless.
const slack = 4096

// decode fills list from a whole header block. The block is looked at until forget.
func (x *fields) decode(block []byte) Incomplete {
	if x.dec == nil {
		x.limit = defaultTable
		x.dec = hpack.NewDecoder(defaultTable, x.add)
		x.dec.SetAllowedMaxDynamicTableSize(0) // behind the first field there may be no other size
	}
	x.size, x.over = 0, false
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
		x.limit, x.table = uint32(last), min(x.table, uint32(low))
		x.evict()
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
	for i := 1; i < len(b) && i <= 9; i++ {
		n += uint64(b[i]&0x7F) << (7 * (i - 1))
		if b[i]&0x80 == 0 {
			return n, i + 1
		}
	}
	return 0, 0
}

// evict gives up what the table has above its limit.
func (x *fields) evict() {
	if x.fresh = 0; x.limit > defaultTable {
		x.dec.SetMaxDynamicTableSize(x.limit)
		x.dec.SetMaxDynamicTableSize(x.limit + slack)
	}
}

// add is called for each field, whether the table has it or not.
func (x *fields) add(f hpack.HeaderField) {
	x.table = min(x.table+f.Size(), x.limit)
	if x.fresh += f.Size(); x.fresh >= slack {
		x.evict()
	}
	if x.size += int(f.Size()); len(x.list) == MaxFields || x.size > MaxSection {
		x.over = true
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
		x.dec.SetEmitEnabled(true)
	}
}

// octets gives about how much memory is held. How many fields the decoder has put
// into its table is its own affair: this is what there may be at most.
func (x *fields) octets() int {
	const field = 40 // octets of a hpack.HeaderField
	return int(x.table) + cap(x.list)*field
}
