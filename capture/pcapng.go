package capture

import (
	"fmt"
	"math/bits"
)

// Block types of pcapng (draft-ietf-opsawg-pcapng).
const (
	blockSection         = 0x0a0d0d0a
	blockInterface       = 1
	blockPacket          = 2 // obsolete
	blockSimplePacket    = 3
	blockStatistics      = 5
	blockEnhancedPacket  = 6
	blockJournal         = 9
	blockSecrets         = 10
	blockSysdigEvent     = 0x204
	blockSysdigEvent2    = 0x216
	blockSysdigEvent2Big = 0x221
	blockCustom          = 0x0bad
	blockCustomNoCopy    = 0x40000bad
)

const (
	// maxBlock is a packet of maxRecord bytes with its header and options.
	maxBlock      = maxRecord + 1<<20
	maxInterfaces = 1 << 16
	maxSecrets    = 16 << 20 // bytes over all blocks
)

var (
	bigMark    = []byte{0x1a, 0x2b, 0x3c, 0x4d}
	littleMark = []byte{0x4d, 0x3c, 0x2b, 0x1a}
)

// pcapngFile reads pcapng.
type pcapngFile struct {
	file
	big     bool         // this section is big endian
	foreign bool         // this section has a version that cannot be read
	ports   []ngPort     // interfaces of this section
	base    int          // Info.Interfaces index of the section's first interface
	drops   []dropCounts // per interface of Info.Interfaces
	secrets int          // bytes of key logs so far
	last    int64        // time of the last packet, for blocks without one
}

// ngPort is what decoding a packet needs to know of its interface.
type ngPort struct {
	link  LinkType
	snap  uint32
	times resolution
}

// dropCounts are the packets that one interface lost, counted in the two ways
// that pcapng knows; they are not added because writers may use both.
type dropCounts struct{ packets, statistics uint64 }

func (d dropCounts) count() uint64 { return max(d.packets, d.statistics) }

func newPcapng(f *file) (*pcapngFile, error) {
	n := &pcapngFile{file: *f}
	n.info.Format = "pcapng" + n.packing
	if !n.w.need(28) {
		return nil, n.headerCut("pcapng section header cut at %d of at least 28 bytes")
	}
	return n, nil
}

func (f *pcapngFile) u16(b []byte) uint16 {
	if f.big {
		return uint16(b[0])<<8 | uint16(b[1])
	}
	return uint16(b[1])<<8 | uint16(b[0])
}

func (f *pcapngFile) u32(b []byte) uint32 {
	_ = b[3]
	v := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	if f.big {
		return bits.ReverseBytes32(v)
	}
	return v
}

func (f *pcapngFile) u64(b []byte) uint64 {
	if f.big {
		return uint64(f.u32(b))<<32 | uint64(f.u32(b[4:]))
	}
	return uint64(f.u32(b[4:]))<<32 | uint64(f.u32(b))
}

// stamp reads a time stamp, whose high half comes first in either byte order.
func (f *pcapngFile) stamp(b []byte) uint64 {
	return uint64(f.u32(b))<<32 | uint64(f.u32(b[4:]))
}

// Next implements Source.
func (f *pcapngFile) Next(p *Packet) error {
	if !f.big && !f.foreign && !f.careful && f.done == nil && f.quick(p) {
		return nil
	}
	for f.done == nil {
		block, ok := f.block()
		if !ok {
			continue
		}
		if f.read(block, p) {
			return nil
		}
	}
	return f.done
}

// block gives the next block with its header and without its trailing length.
// It returns false after damage, which it passed over, and at the end.
func (f *pcapngFile) block() ([]byte, bool) {
	if !f.w.need(8) {
		f.ended()
		return nil, false
	}
	if f.u32(f.w.buf[f.w.pos:]) == blockSection && !f.turn() {
		f.pass("section header without a byte-order magic")
		return nil, false
	}
	size := int64(f.u32(f.w.buf[f.w.pos+4:]))
	if size < 12 || size > maxBlock || size%4 != 0 {
		return f.oddSize(size)
	}
	n := int(size)
	if !f.w.need(n) {
		f.passCut(n)
		return nil, false
	}
	b := f.w.buf[f.w.pos : f.w.pos+n]
	if trail := f.u32(b[n-4:]); trail != uint32(n) && !f.trust(n, trail) {
		return nil, false
	}
	f.w.pos += n
	return f.w.buf[f.w.pos-n : f.w.pos-4], true
}

// turn takes the byte order of the section header that comes next. The block
// type reads the same in both orders.
func (f *pcapngFile) turn() bool {
	h, ok := f.w.at(0, 12)
	if !ok {
		return true // the end of the file is reported as such
	}
	switch string(h[8:12]) {
	case string(bigMark):
		f.big = true
	case string(littleMark):
		f.big = false
	default:
		return false
	}
	return true
}

func (f *pcapngFile) ended() {
	if n := len(f.w.unread()); n > 0 {
		f.finish(fmt.Sprintf("block header cut at %d of 8 bytes", n))
		return
	}
	f.finish("")
}

// read takes a block in and reports whether it filled p.
func (f *pcapngFile) read(b []byte, p *Packet) bool {
	kind := f.u32(b)
	if kind == blockEnhancedPacket && !f.foreign {
		return f.enhancedPacket(b, p)
	}
	if kind == blockSection {
		f.section(b)
		return false
	}
	if f.foreign {
		return false
	}
	switch kind {
	case blockSimplePacket:
		return f.simplePacket(b, p)
	case blockPacket:
		return f.oldPacket(b, p)
	case blockInterface:
		f.addInterface(b)
	case blockStatistics:
		f.statistics(b)
	case blockSecrets:
		f.unlockTLS(b)
	case blockJournal, blockCustom, blockCustomNoCopy, blockSysdigEvent, blockSysdigEvent2, blockSysdigEvent2Big:
		f.info.Frames++ // Wireshark numbers these records like packets
	}
	return false
}

// start gives the offset of the block that read works on.
func (f *pcapngFile) start(b []byte) int64 { return f.w.offset() - int64(len(b)) - 4 }

func (f *pcapngFile) section(b []byte) {
	f.ports = f.ports[:0]
	f.base = len(f.info.Interfaces)
	if len(b) < 24 {
		f.foreign = true
		f.after(f.start(b), "section header of %d bytes is too short: section skipped", len(b)+4)
		return
	}
	// Version 1.2 differs from 1.0 in nothing that matters here.
	major, minor := f.u16(b[12:]), f.u16(b[14:])
	f.foreign = major != 1
	if f.foreign {
		f.after(f.start(b), "section of pcapng version %d.%d cannot be read and is skipped", major, minor)
	}
}
