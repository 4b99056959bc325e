package capture

import (
	"encoding/binary"

	"github.com/google/gopacket/layers"
)

// radiotap passes over a radiotap header. gopacket's decoder moves bytes of the
// frame in place when it is padded and copies every frame without a check
// sequence, so only the two fields that matter are read, here.
func (d *Decoder) radiotap(v view) {
	if !d.enter() || !d.need(v, 8, "radiotap") {
		return
	}
	size := int(binary.LittleEndian.Uint16(v.data[2:]))
	if size < 8 {
		d.fail("radiotap length below 8")
		return
	}
	if !d.need(v, size, "radiotap") {
		return
	}
	const padded = 0x20
	d.dot11(v.skip(size), radiotapFlags(v.data[:size])&padded != 0)
}

// radiotapFlags gives the flags field: behind the presence words and, if there
// is one, the aligned 64-bit timestamp.
func radiotapFlags(b []byte) byte {
	present := binary.LittleEndian.Uint32(b[4:])
	at := 8
	for more := present; more&(1<<31) != 0; at += 4 {
		if at+4 > len(b) {
			return 0
		}
		more = binary.LittleEndian.Uint32(b[at:])
	}
	if present&1 != 0 {
		at = (at+7)&^7 + 8
	}
	if present&2 == 0 || at >= len(b) {
		return 0
	}
	return b[at]
}

// prism passes over a Prism header or the AVS header that replaced it.
func (d *Decoder) prism(v view) {
	if !d.enter() || !d.need(v, 8, "Prism") {
		return
	}
	const avsMagic, avsMask = 0x80211000, 0xfffff000
	size := binary.LittleEndian.Uint32(v.data[4:])
	if binary.BigEndian.Uint32(v.data)&avsMask == avsMagic {
		size = binary.BigEndian.Uint32(v.data[4:])
	}
	if size < 8 || size > 4096 {
		d.fail("Prism header length malformed")
		return
	}
	if d.need(v, int(size), "Prism") {
		d.dot11(v.skip(int(size)), false)
	}
}

// ppi passes over a per-packet information header, which names the link type
// that follows.
func (d *Decoder) ppi(v view) {
	if !d.enter() || !d.need(v, 8, "PPI") {
		return
	}
	size := int(binary.LittleEndian.Uint16(v.data[2:]))
	inner := LinkType(binary.LittleEndian.Uint32(v.data[4:]))
	if size < 8 {
		d.fail("PPI length below 8")
		return
	}
	if d.need(v, size, "PPI") {
		d.link(inner, v.skip(size))
	}
}

// dot11 reads an IEEE 802.11 header. gopacket cuts four octets off the end as
// the check sequence, present or not; the length of the IP packet decides
// better, so that only the header is taken from it.
func (d *Decoder) dot11(v view, padded bool) {
	if !d.enter() || !d.need(v, 10, "802.11") {
		return
	}
	const typeMask, typeData = 0x0c, 0x08
	if v.data[0]&typeMask != typeData {
		d.pass("802.11 management or control")
		return
	}
	m := &d.layers.dot11
	if err := m.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("802.11 header cut or malformed")
		return
	}
	size := len(m.Contents)
	if padded {
		size = (size + 3) &^ 3
	}
	if d.need(v, size, "802.11") {
		d.dot11Data(m, v.skip(size))
	}
}

func (d *Decoder) dot11Data(m *layers.Dot11, v view) {
	const null, aggregated = 4, 0x80
	switch {
	case uint8(m.Type)>>2&null != 0: // subtypes with bit 2 carry no data
		d.pass("802.11 without data")
	case m.Flags.WEP():
		d.fail("802.11 encrypted")
	case m.FragmentNumber != 0 || m.Flags.MF():
		d.fail("802.11 fragment")
	case m.Type.QOS() && m.Contents[qosOffset(m)]&aggregated != 0:
		d.aggregate(v)
	default:
		d.linkLLC(v)
	}
}

func qosOffset(m *layers.Dot11) int {
	if m.Flags.ToDS() && m.Flags.FromDS() {
		return 30
	}
	return 24
}

// aggregate takes an A-MSDU apart: each subframe has addresses, a length and
// padding to four octets, and a packet of its own.
func (d *Decoder) aggregate(v view) {
	path, headers := d.path, d.headers
	for {
		if !d.need(v, 14, "A-MSDU") {
			return
		}
		size := 14 + int(binary.BigEndian.Uint16(v.data[12:]))
		d.path, d.headers = path, headers
		d.linkLLC(v.limit(min(size, v.wire)).skip(14))
		step := (size + 3) &^ 3
		// Less than a header is left: padding or the check sequence.
		if step+14 > v.wire || step > len(v.data) {
			return
		}
		v = v.skip(step)
	}
}
