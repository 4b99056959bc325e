package capture

import (
	"bytes"
	"fmt"
	"iter"
	"math/bits"
)

// Option codes of interface description and statistics blocks.
const (
	optionName       = 2 // if_name
	optionResolution = 9 // if_tsresol
	optionOffset     = 14
	optionInterDrop  = 5 // isb_ifdrop
	optionSystemDrop = 7 // isb_osdrop
)

const (
	maxName = 256
	// keyLogSecrets is the DSB type of a TLS key log, "TLSK".
	keyLogSecrets = 0x544c534b
)

// options walks a list of options and stops where it is damaged.
func (f *pcapngFile) options(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= 4 {
			code, n := f.u16(b), int(f.u16(b[2:]))
			b = b[4:]
			if code == optionEnd || n > len(b) || !yield(code, b[:n]) {
				return
			}
			b = b[min((n+3)&^3, len(b)):]
		}
	}
}

func (f *pcapngFile) addInterface(b []byte) {
	if len(b) < 16 {
		f.after(f.start(b), "interface description block of %d bytes is too short", len(b)+4)
		return
	}
	if len(f.info.Interfaces) == maxInterfaces {
		f.after(f.start(b), "more than %d interfaces: this one is ignored", maxInterfaces)
		return
	}
	port := ngPort{link: LinkType(f.u16(b[8:])), snap: f.u32(b[12:])}
	octet, name, offset := uint8(6), "", int64(0)
	for code, value := range f.options(b[16:]) {
		switch {
		case code == optionName:
			name = string(bytes.TrimRight(value[:min(len(value), maxName)], "\x00"))
		case code == optionResolution && len(value) == 1:
			octet = value[0]
		case code == optionOffset && len(value) == 8:
			offset = int64(f.u64(value))
		}
	}
	port.times = newResolution(octet)
	port.times.setOffset(offset)
	f.ports = append(f.ports, port)
	f.drops = append(f.drops, dropCounts{})
	f.info.Interfaces = append(f.info.Interfaces, Interface{Name: name, Link: port.link, Snap: port.snap})
}

// statistics reads an ISB. Its counters run from the start of the capture, so
// that the last block of an interface holds the sum.
func (f *pcapngFile) statistics(b []byte) {
	if len(b) < 20 || uint64(f.u32(b[8:])) >= uint64(len(f.ports)) {
		f.after(f.start(b), "interface statistics block of %d bytes for an unknown interface", len(b)+4)
		return
	}
	var sum uint64
	seen := false
	for code, value := range f.options(b[20:]) {
		if (code == optionInterDrop || code == optionSystemDrop) && len(value) == 8 {
			sum, seen = addCapped(sum, f.u64(value)), true
		}
	}
	if seen {
		id := uint32(f.base) + f.u32(b[8:])
		f.setDrops(id, dropCounts{packets: f.drops[id].packets, statistics: sum})
	}
}

// unlockTLS hands on the TLS key log of a decryption secrets block.
func (f *pcapngFile) unlockTLS(b []byte) {
	if len(b) < 16 || uint64(f.u32(b[12:])) > uint64(len(b)-16) {
		f.after(f.start(b), "decryption secrets block of %d bytes is damaged", len(b)+4)
		return
	}
	data := b[16 : 16+f.u32(b[12:])]
	if f.u32(b[8:]) != keyLogSecrets || f.unlock == nil {
		return
	}
	if f.secrets+len(data) > maxSecrets {
		f.after(f.start(b), "more than %d bytes of decryption secrets: these are ignored", maxSecrets)
		return
	}
	f.secrets += len(data)
	f.unlock(Secrets{KeyLog: data, Capture: f.info.Index, Frame: f.info.Frames, Offset: f.start(b)})
}

// oddSize handles a block whose length cannot be right. Some writers leave the
// length or the block itself unpadded: these are read.
func (f *pcapngFile) oddSize(size int64) ([]byte, bool) {
	n := int(size)
	if size < 12 || size > maxBlock {
		f.pass(fmt.Sprintf("block length %d is out of bounds", size))
		return nil, false
	}
	for _, all := range [...]int{n, (n + 3) &^ 3} {
		if b, ok := f.w.at(0, all); ok && f.u32(b[all-4:]) == uint32(n) {
			f.after(f.w.offset(), "block length %d is not a multiple of 4", n)
			f.w.skip(all)
			return b[:n-4], true
		}
	}
	f.pass(fmt.Sprintf("block length %d is not a multiple of 4", n))
	return nil, false
}

// trust decides on a block whose two lengths differ: it is read when another
// block stands where the first length says, else it is passed over.
func (f *pcapngFile) trust(n int, trail uint32) bool {
	at := f.w.offset()
	if !f.follows(n) {
		f.pass(fmt.Sprintf("block lengths differ: %d in front, %d behind", n, trail))
		return false
	}
	f.after(at, "block lengths differ: %d in front, %d behind; the first one is right", n, trail)
	return true
}

// passCut handles a block that is longer than what is left of the file.
func (f *pcapngFile) passCut(n int) {
	if f.calledOff() {
		f.finish("")
		return
	}
	have := len(f.w.unread())
	at := f.w.offset()
	if gap, ok := f.resync(); ok {
		f.w.skip(gap)
		f.after(at, "block length %d runs past the end of the file: skipped %d bytes", n, gap)
		return
	}
	f.finish(fmt.Sprintf("%d of %d bytes of a block are there", have, n))
}

// pass skips damage up to the next block, or ends the reading.
func (f *pcapngFile) pass(why string) {
	at := f.w.offset()
	gap, ok := f.resync()
	if !ok {
		f.fail(at, why, nil)
		return
	}
	f.w.skip(gap)
	f.after(at, "%s: skipped %d bytes", why, gap)
}

// resync finds the next place where a block stands that has the same length in
// front and behind and is followed by another one or by the end of the file.
func (f *pcapngFile) resync() (int, bool) {
	for gap := 4; gap <= resyncDistance; gap++ {
		if _, ok := f.w.at(gap, 12); !ok {
			return 0, false
		}
		if n := f.whole(gap); n > 0 && f.follows(gap+n) {
			return gap, true
		}
	}
	return 0, false
}

// follows tells whether a block, or the end of the file, stands at off.
func (f *pcapngFile) follows(off int) bool {
	if f.w.need(off + 12) {
		return f.whole(off) > 0
	}
	return len(f.w.unread()) == off && f.w.err != nil
}

// whole gives the length of the block at off, or 0 if none stands there. It
// does not look for large blocks, which would have the buffer grow by damage.
func (f *pcapngFile) whole(off int) int {
	h, ok := f.w.at(off, 12)
	if !ok {
		return 0
	}
	kind, n := f.u32(h), f.u32(h[4:])
	if kind == blockSection {
		turned := string(h[8:12]) == string(bigMark)
		if !turned && string(h[8:12]) != string(littleMark) {
			return 0
		}
		if turned != f.big {
			n = bits.ReverseBytes32(n)
		}
	}
	if n < 12 || n > resyncDistance || n%4 != 0 || !knownBlock(kind) {
		return 0
	}
	t, ok := f.w.at(off+int(n)-4, 4)
	if !ok || f.u32(t) != n && bits.ReverseBytes32(f.u32(t)) != n {
		return 0
	}
	return int(n)
}

func knownBlock(kind uint32) bool {
	return kind > 0 && kind <= blockSecrets || kind == blockSection || kind == blockCustom ||
		kind == blockCustomNoCopy || kind >= blockSysdigEvent && kind <= blockSysdigEvent2Big
}
