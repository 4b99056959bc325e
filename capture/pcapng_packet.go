package capture

import "encoding/binary"

// Option codes of packet blocks.
const (
	optionEnd       = 0
	optionComment   = 1 // opt_comment
	optionDropCount = 4 // epb_dropcount
)

// dropsUnknown is the drop count of an obsolete packet block that has none.
const dropsUnknown = 0xffff

// enhancedPacket reads an EPB: interface, time, captured and original length,
// data, options.
func (f *pcapngFile) enhancedPacket(b []byte, p *Packet) bool {
	f.info.Frames++
	if len(b) < 28 {
		f.problem(f.info.Frames, f.start(b), "enhanced packet block of %d bytes is too short", len(b)+4)
		return false
	}
	id := f.u32(b[8:])
	if !f.packet(b, 28, id, f.u32(b[20:]), f.u32(b[24:]), p) {
		return false
	}
	f.setTime(p, f.ports[id].times.time(f.stamp(b[12:])))
	if rest := b[min(28+(len(p.Data)+3)&^3, len(b)):]; len(rest) >= 12 {
		f.countDrops(p.Interface, rest)
	}
	return true
}

// quick is Next for an enhanced packet block in little endian that is in the
// buffer and free of doubt. It reports whether it was one.
func (f *pcapngFile) quick(p *Packet) bool {
	e, ok := f.usualBlock()
	if !ok {
		return false
	}
	f.w.pos += len(e.block)
	f.info.Frames++
	f.fill(p, e.data, e.id, e.wire)
	f.setTime(p, f.ports[e.id].times.time(f.stamp(e.block[12:])))
	if options := e.options(); len(options) >= 12 {
		f.countDrops(p.Interface, options)
	}
	return true
}

// enhanced is an enhanced packet block of the usual kind.
type enhanced struct {
	block, data []byte
	id, wire    uint32
}

// options gives what stands behind the data, without the trailing length.
func (e *enhanced) options() []byte {
	at := 28 + (len(e.data)+3)&^3
	return e.block[min(at, len(e.block)-4) : len(e.block)-4]
}

// usualBlock gives the block that comes next if it is such a one.
func (f *pcapngFile) usualBlock() (e enhanced, ok bool) {
	b := f.w.buf[f.w.pos:f.w.end]
	if len(b) < enhancedLeast || binary.LittleEndian.Uint32(b) != blockEnhancedPacket {
		return e, false
	}
	n := int(binary.LittleEndian.Uint32(b[4:]))
	if n < enhancedLeast || n > min(len(b), maxBlock) || n%4 != 0 || binary.LittleEndian.Uint32(b[n-4:]) != uint32(n) {
		return e, false
	}
	id, captured := binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[20:])
	if uint64(id) >= uint64(len(f.ports)) || uint64(captured) > uint64(n-enhancedLeast) {
		return e, false
	}
	return enhanced{b[:n], b[28 : 28+captured : 28+captured], id, binary.LittleEndian.Uint32(b[24:])}, true
}

// enhancedLeast is an enhanced packet block without data: 28 octets before it and
// the length behind it.
const enhancedLeast = 32

// oldPacket reads an obsolete packet block, which has a drop count and a
// shorter interface number.
func (f *pcapngFile) oldPacket(b []byte, p *Packet) bool {
	f.info.Frames++
	if len(b) < 28 {
		f.problem(f.info.Frames, f.start(b), "packet block of %d bytes is too short", len(b)+4)
		return false
	}
	id := uint32(f.u16(b[8:]))
	if !f.packet(b, 28, id, f.u32(b[20:]), f.u32(b[24:]), p) {
		return false
	}
	f.setTime(p, f.ports[id].times.time(f.stamp(b[12:])))
	if n := f.u16(b[10:]); n != dropsUnknown {
		f.addDrops(p.Interface, uint64(n))
	}
	return true
}

// simplePacket reads an SPB: it belongs to the section's first interface, has
// no time of its own, and its captured length follows from the snap length.
func (f *pcapngFile) simplePacket(b []byte, p *Packet) bool {
	f.info.Frames++
	if len(b) < 12 {
		f.problem(f.info.Frames, f.start(b), "simple packet block of %d bytes is too short", len(b)+4)
		return false
	}
	wire := f.u32(b[8:])
	captured := min(wire, uint32(len(b)-12))
	if len(f.ports) > 0 && f.ports[0].snap != 0 {
		captured = min(captured, f.ports[0].snap)
	}
	if !f.packet(b, 12, 0, captured, wire, p) {
		return false
	}
	p.Ref.Time = f.last
	f.count(p)
	return true
}

// packet fills p with the data that stands at off in a packet block.
func (f *pcapngFile) packet(b []byte, off int, id, captured, wire uint32, p *Packet) bool {
	if uint64(id) >= uint64(len(f.ports)) {
		f.problem(f.info.Frames, f.start(b), "packet of interface %d, of which the section has %d", id, len(f.ports))
		return false
	}
	if uint64(captured) > uint64(len(b)-off) {
		f.problem(f.info.Frames, f.start(b), "captured length %d in a block that holds %d bytes", captured, len(b)-off)
		return false
	}
	end := off + int(captured)
	f.fill(p, b[off:end:end], id, wire)
	return true
}

// fill fills p but for its time.
func (f *pcapngFile) fill(p *Packet, data []byte, id, wire uint32) {
	p.Data = data
	p.Wire = max(int(wire), len(data))
	p.Interface = uint32(f.base) + id
	p.Link = f.ports[id].link
	p.Ref = Ref{Capture: f.info.Index, Frame: f.info.Frames}
}

func (f *pcapngFile) setTime(p *Packet, ns int64) {
	f.last = ns
	p.Ref.Time = ns
	f.count(p)
	f.span(ns)
}

// countDrops looks for a drop count. It is a plain loop because many writers put
// options behind every packet.
func (f *pcapngFile) countDrops(id uint32, options []byte) {
	for len(options) >= 4 {
		code, n := f.u16(options), int(f.u16(options[2:]))
		if code == optionEnd || n > len(options)-4 {
			return
		}
		if code == optionDropCount && n == 8 {
			f.addDrops(id, f.u64(options[4:]))
		}
		options = options[min(4+(n+3)&^3, len(options)):]
	}
}

func (f *pcapngFile) addDrops(id uint32, n uint64) {
	d := f.drops[id]
	d.packets = addCapped(d.packets, n)
	f.setDrops(id, d)
}

func (f *pcapngFile) setDrops(id uint32, d dropCounts) {
	f.info.Drops += d.count() - f.drops[id].count()
	f.drops[id] = d
}

// addCapped adds two counters that a hostile file may have set near the top.
func addCapped(a, b uint64) uint64 {
	const most = 1 << 47 // times maxInterfaces stays in range
	return min(min(a, most)+min(b, most), most)
}
