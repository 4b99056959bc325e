package capture

import (
	"encoding/binary"
	"fmt"
	"io"
)

// PcapWriter writes a pcap file, little endian, version 2.4. The same calls
// write the same bytes. It is used by one goroutine at a time.
type PcapWriter struct {
	w     io.Writer
	buf   []byte
	snap  int
	nanos bool
}

// NewPcapWriter writes the file header. Time stamps have nanoseconds if nanos
// is set, else microseconds. Packets are cut at snap bytes; 0 = never.
func NewPcapWriter(w io.Writer, link LinkType, nanos bool, snap uint32) (*PcapWriter, error) {
	p := &PcapWriter{w: w, snap: int(snap), nanos: nanos}
	magic := uint32(0xa1b2c3d4)
	if nanos {
		magic = 0xa1b23c4d
	}
	if snap == 0 {
		snap = plausibleRecord
	}
	p.u32(magic)
	p.u32(2 | 4<<16)
	p.u32(0) // time zone
	p.u32(0) // accuracy
	p.u32(snap)
	p.u32(uint32(link))
	return p, p.flush()
}

// WritePacket writes one packet: its time in nanoseconds since the Unix epoch
// (0 to 2106), its length on the wire, which is len(data) if it is smaller than
// that, and its captured bytes.
func (p *PcapWriter) WritePacket(timeNs int64, wire int, data []byte) error {
	if timeNs < 0 || timeNs/1e9 > 1<<32-1 {
		return fmt.Errorf("capture: write packet: time %d ns cannot be stored in pcap", timeNs)
	}
	wire = max(wire, len(data))
	if p.snap > 0 {
		data = data[:min(len(data), p.snap)]
	}
	fraction := timeNs % 1e9
	if !p.nanos {
		fraction /= 1000
	}
	p.u32(uint32(timeNs / 1e9))
	p.u32(uint32(fraction))
	p.u32(uint32(len(data)))
	p.u32(uint32(wire))
	p.buf = append(p.buf, data...)
	return p.flush()
}

func (p *PcapWriter) u32(v uint32) { p.buf = binary.LittleEndian.AppendUint32(p.buf, v) }

func (p *PcapWriter) flush() error {
	_, err := p.w.Write(p.buf)
	p.buf = p.buf[:0]
	if err != nil {
		return fmt.Errorf("capture: write pcap: %w", err)
	}
	return nil
}

// PcapngWriter writes a pcapng file of one section, little endian, with
// nanosecond time stamps. The same calls write the same bytes. It is used by
// one goroutine at a time.
type PcapngWriter struct {
	w     io.Writer
	buf   []byte
	snaps []uint32 // per interface
}

// NewPcapngWriter writes the section header.
func NewPcapngWriter(w io.Writer) (*PcapngWriter, error) {
	p := &PcapngWriter{w: w}
	p.begin(blockSection)
	p.u32(0x1a2b3c4d)
	p.u32(1)         // version 1.0
	p.u32(1<<32 - 1) // section length,
	p.u32(1<<32 - 1) // not given
	return p, p.end()
}

// AddInterface writes an interface description and gives its number, from 0.
// Packets of it are cut at in.Snap bytes; 0 = never.
func (p *PcapngWriter) AddInterface(in Interface) (uint32, error) {
	p.begin(blockInterface)
	p.u16(uint16(in.Link))
	p.u16(0)
	p.u32(in.Snap)
	if in.Name != "" {
		p.option(optionName, []byte(in.Name))
	}
	p.option(optionResolution, []byte{9})
	p.u32(optionEnd)
	p.snaps = append(p.snaps, in.Snap)
	return uint32(len(p.snaps) - 1), p.end()
}

// WritePacket writes one packet of an interface that AddInterface gave: its
// time in nanoseconds since the Unix epoch, its length on the wire, which is
// len(data) if it is smaller than that, its captured bytes, and a comment, empty
// for none.
func (p *PcapngWriter) WritePacket(iface uint32, timeNs int64, wire int, data []byte, comment string) error {
	if int(iface) >= len(p.snaps) {
		return fmt.Errorf("capture: write packet: interface %d of %d", iface, len(p.snaps))
	}
	if timeNs < 0 {
		return fmt.Errorf("capture: write packet: time %d ns cannot be stored in pcapng", timeNs)
	}
	wire = max(wire, len(data))
	if snap := int(p.snaps[iface]); snap > 0 {
		data = data[:min(len(data), snap)]
	}
	p.begin(blockEnhancedPacket)
	p.u32(iface)
	p.u32(uint32(timeNs >> 32))
	p.u32(uint32(timeNs))
	p.u32(uint32(len(data)))
	p.u32(uint32(wire))
	p.bytes(data)
	if comment != "" {
		p.option(optionComment, []byte(comment[:min(len(comment), 1<<16-1)]))
		p.u32(optionEnd)
	}
	return p.end()
}

// WriteSecrets writes a decryption secrets block with a TLS key log. It stands
// before the packets that it decrypts.
func (p *PcapngWriter) WriteSecrets(keyLog []byte) error {
	p.begin(blockSecrets)
	p.u32(keyLogSecrets)
	p.u32(uint32(len(keyLog)))
	p.bytes(keyLog)
	return p.end()
}

func (p *PcapngWriter) begin(kind uint32) {
	p.buf = p.buf[:0]
	p.u32(kind)
	p.u32(0)
}

// end writes the block that is in the buffer, with its length on both sides.
func (p *PcapngWriter) end() error {
	n := uint32(len(p.buf) + 4)
	binary.LittleEndian.PutUint32(p.buf[4:], n)
	p.u32(n)
	if _, err := p.w.Write(p.buf); err != nil {
		return fmt.Errorf("capture: write pcapng: %w", err)
	}
	return nil
}

func (p *PcapngWriter) u16(v uint16) { p.buf = binary.LittleEndian.AppendUint16(p.buf, v) }
func (p *PcapngWriter) u32(v uint32) { p.buf = binary.LittleEndian.AppendUint32(p.buf, v) }

// bytes appends b and pads it to 32 bits.
func (p *PcapngWriter) bytes(b []byte) {
	p.buf = append(p.buf, b...)
	p.buf = append(p.buf, make([]byte, -len(b)&3)...)
}

func (p *PcapngWriter) option(code uint16, value []byte) {
	p.u16(code)
	p.u16(uint16(len(value)))
	p.bytes(value)
}
