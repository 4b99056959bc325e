package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

const (
	pcapFileHeader   = 24
	pcapRecordHeader = 16
	pcapPatched      = 24 // record header of Alexey Kuznetsov's libpcap patches

	// plausibleRecord is the largest packet that tcpdump and dumpcap write.
	plausibleRecord = 256 << 10
	// resyncDistance bounds how far a record is looked for behind damage.
	resyncDistance = 1 << 20
)

// lengthOrder is how a pcap file orders the two length fields of a record.
type lengthOrder uint8

const (
	capturedFirst lengthOrder = iota
	wireFirst                 // before version 2.3, and DG/UX
	smallerFirst              // version 2.3: writers disagree, the smaller one is the captured length
)

// pcapFile reads pcap (draft-ietf-opsawg-pcap).
type pcapFile struct {
	file
	big    bool   // big endian
	header int    // octets of a record header
	limit  uint32 // captured length up to which a record needs no second look
	unit   uint64 // nanoseconds of the second time field's unit
	order  lengthOrder
	usual  bool // little endian, records as libpcap writes them today
	link   LinkType
	empty  uint64 // packets without time and octets that come next
}

func newPcap(f *file) (*pcapFile, error) {
	if !f.w.need(pcapFileHeader) {
		return nil, f.headerCut("pcap file header cut at %d of 24 bytes")
	}
	p := &pcapFile{file: *f}
	p.parseHeader(p.w.unread())
	p.w.skip(pcapFileHeader)
	return p, nil
}

func (f *pcapFile) parseHeader(h []byte) {
	f.big = h[0] == 0xa1
	f.header, f.unit = pcapRecordHeader, 1000
	f.info.Format = "pcap"
	switch f.u32(h) {
	case 0xa1b23c4d:
		f.unit = 1
		f.info.Format = "pcap-ns"
	case 0xa1b2cd34:
		f.header = pcapPatched
	}
	f.info.Format += f.packing
	f.order = pcapLengthOrder(f.u16(h[4:]), f.u16(h[6:]))
	f.usual = !f.big && f.header == pcapRecordHeader && f.order == capturedFirst
	snap := f.u32(h[16:])
	f.limit = plausibleRecord
	if snap <= maxRecord {
		f.limit = max(f.limit, snap)
	}
	// The upper half holds the class and the length of the frame check sequence.
	f.link = LinkType(f.u32(h[20:]) & 0xffff)
	f.info.Interfaces = []Interface{{Link: f.link, Snap: snap}}
}

func pcapLengthOrder(major, minor uint16) lengthOrder {
	switch {
	case major == 543 || major == 2 && minor < 3:
		return wireFirst
	case major == 2 && minor == 3:
		return smallerFirst
	}
	return capturedFirst
}

func (f *pcapFile) u16(b []byte) uint16 {
	if f.big {
		return uint16(b[0])<<8 | uint16(b[1])
	}
	return uint16(b[1])<<8 | uint16(b[0])
}

func (f *pcapFile) u32(b []byte) uint32 {
	_ = b[3]
	v := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	if f.big {
		return bits.ReverseBytes32(v)
	}
	return v
}

// lengths gives the captured length and the length on the wire of a record.
func (f *pcapFile) lengths(h []byte) (captured, wire uint32) {
	captured, wire = f.u32(h[8:]), f.u32(h[12:])
	if f.order == wireFirst || f.order == smallerFirst && captured > wire {
		return wire, captured
	}
	return captured, wire
}

// Next implements Source.
func (f *pcapFile) Next(p *Packet) error {
	if f.usual && !f.careful && f.done == nil && f.empty == 0 && f.quick(p) {
		return nil
	}
	for f.done == nil {
		if f.empty > 0 {
			f.yieldEmpty(p)
			return nil
		}
		if !f.w.need(f.header) {
			return f.ended()
		}
		captured, wire := f.lengths(f.w.buf[f.w.pos:])
		if captured == 0 && wire == 0 && f.zeros() {
			continue
		}
		if captured > f.limit && !f.oversize(captured) || !f.w.need(f.header+int(captured)) {
			f.pass(captured)
			continue
		}
		f.yield(p, int(captured), int(wire))
		return nil
	}
	return f.done
}

// quick is Next for a record of the usual form that is in the buffer and free of
// doubt. It reports whether it was one.
func (f *pcapFile) quick(p *Packet) bool {
	rec := f.w.buf[f.w.pos:f.w.end]
	if len(rec) < pcapRecordHeader {
		return false
	}
	captured, wire := binary.LittleEndian.Uint32(rec[8:]), binary.LittleEndian.Uint32(rec[12:])
	size := pcapRecordHeader + int(captured)
	if captured-1 >= f.limit || size > len(rec) { // none has a closer look
		return false
	}
	f.w.pos += size
	f.info.Frames++
	time := f.usualTime(rec)
	p.Ref = Ref{Capture: f.info.Index, Frame: f.info.Frames, Time: time}
	p.Interface, p.Link, p.Wire = 0, f.link, int(max(wire, captured))
	p.Data = rec[pcapRecordHeader:size:size]
	f.count(p)
	f.span(time)
	return true
}

// usualTime gives the time of a usual record.
func (f *pcapFile) usualTime(rec []byte) int64 {
	return int64(binary.LittleEndian.Uint32(rec))*1e9 + int64(uint64(binary.LittleEndian.Uint32(rec[4:]))*f.unit)
}

func (f *pcapFile) yield(p *Packet, captured, wire int) {
	rec := f.w.buf[f.w.pos : f.w.pos+f.header+captured]
	f.w.pos += len(rec)
	f.info.Frames++
	p.Ref = Ref{Capture: f.info.Index, Frame: f.info.Frames, Time: f.time(rec)}
	p.Interface = 0
	p.Link = f.link
	p.Wire = max(wire, captured)
	p.Data = rec[f.header:len(rec):len(rec)]
	f.count(p)
	f.span(p.Ref.Time)
}

func (f *pcapFile) time(h []byte) int64 {
	return int64(f.u32(h))*1e9 + int64(uint64(f.u32(h[4:]))*f.unit)
}

func (f *pcapFile) ended() error {
	if f.padded(f.w.offset()) {
		return f.done
	}
	if n := len(f.w.unread()); n > 0 {
		return f.finish(fmt.Sprintf("record header cut at %d of %d bytes", n, f.header))
	}
	return f.finish("")
}

// oversize tells whether a record longer than the file's snap length is real:
// it is there in full, and a record or the end of the file comes behind it.
func (f *pcapFile) oversize(captured uint32) bool {
	if captured > maxRecord {
		return false
	}
	size := f.header + int(captured)
	if next, ok := f.w.at(size, f.header); ok {
		return f.plausible(next)
	}
	return len(f.w.unread()) == size
}

// pass skips a record that cannot be read and goes on behind it, or ends the
// reading.
func (f *pcapFile) pass(captured uint32) {
	if f.calledOff() {
		f.finish("")
		return
	}
	at := f.w.offset()
	have := len(f.w.unread()) - f.header
	if gap, ok := f.resync(); ok {
		f.w.skip(gap)
		f.after(at, "damaged record (captured length %d): skipped %d bytes", captured, gap)
		return
	}
	if captured > f.limit {
		f.fail(at, fmt.Sprintf("record with a captured length of %d bytes, more than the limit of %d", captured, f.limit), nil)
		return
	}
	f.finish(fmt.Sprintf("%d of %d captured bytes are there", have, captured))
}

// resync finds the next place where three records follow one another, or one
// or two end with the file.
func (f *pcapFile) resync() (int, bool) {
	for gap := 1; gap <= resyncDistance; gap++ {
		h, ok := f.w.at(gap, f.header)
		if !ok {
			return 0, false
		}
		if f.plausible(h) && f.chain(gap) {
			return gap, true
		}
	}
	return 0, false
}

func (f *pcapFile) chain(off int) bool {
	for range 3 {
		h, ok := f.w.at(off, f.header)
		if !ok {
			return len(f.w.unread()) == off
		}
		if !f.plausible(h) {
			return false
		}
		captured, _ := f.lengths(h)
		off += f.header + int(captured)
	}
	return true
}

// plausible tells whether a record header could be one of this capture.
func (f *pcapFile) plausible(h []byte) bool {
	captured, wire := f.lengths(h)
	if captured == 0 || captured > plausibleRecord || wire < captured || wire > maxRecord {
		return false
	}
	if uint64(f.u32(h[4:]))*f.unit >= 1e9 {
		return false
	}
	const day = 86400 * 1e9
	t := f.time(h)
	return !f.timed || t >= f.info.First-day && t <= f.info.Last+30*day
}
