package textcase

import (
	"bytes"
	"encoding/binary"
)

// snapLength is what the file headers say.
const snapLength = 262144

// File gives the capture file: classic pcap with microseconds, or pcapng if the
// variant says so. Equal captures give equal bytes. It does not use the writers
// of package capture, so that a mistake that writer and reader share cannot hide.
func (c *Capture) File() []byte {
	if c.Variant.PcapNG {
		return pcapNG(c.Packets)
	}
	return pcap(c.Packets)
}

func pcap(packets []Packet) []byte {
	var b bytes.Buffer
	words(&b, 0xa1b2c3d4, 2|4<<16, 0, 0, snapLength, packets[0].Link)
	for _, p := range packets {
		us := p.Time / 1000
		words(&b, uint32(us/1e6), uint32(us%1e6), uint32(len(p.Data)), uint32(p.Wire))
		b.Write(p.Data)
	}
	return b.Bytes()
}

// pcapNG writes a section, one interface with nanosecond times, and an enhanced
// packet block a packet.
func pcapNG(packets []Packet) []byte {
	var b bytes.Buffer
	words(&b, 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28)
	words(&b, 1, 32, packets[0].Link, snapLength, 9|1<<16, 9, 0, 32) // if_tsresol 10^-9
	for _, p := range packets {
		pad := -len(p.Data) & 3
		total := uint32(32 + len(p.Data) + pad)
		words(&b, 6, total, 0, uint32(p.Time>>32), uint32(p.Time), uint32(len(p.Data)), uint32(p.Wire))
		b.Write(p.Data)
		b.Write(make([]byte, pad))
		words(&b, total)
	}
	return b.Bytes()
}

func words(b *bytes.Buffer, values ...uint32) {
	for _, v := range values {
		b.Write(binary.LittleEndian.AppendUint32(nil, v))
	}
}
