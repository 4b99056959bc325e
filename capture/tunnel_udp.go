package capture

import (
	"encoding/binary"
)

// UDP ports that carry packets.
const (
	portVXLAN      = 4789
	portVXLANLinux = 8472 // Linux before it followed IANA; still flannel's
	portVXLANGPE   = 4790
	portGeneve     = 6081
	portGTP        = 2152
	portESP        = 4500
)

// udpTunnel looks through a tunnel by port and reports whether v was one. What
// uses the port without the tunnel's header stays plain UDP.
func (d *Decoder) udpTunnel(src, dst uint16, v view) bool {
	switch {
	case dst == portVXLAN || dst == portVXLANLinux:
		return d.vxlan(v)
	case dst == portVXLANGPE:
		return d.vxlanGPE(v)
	case dst == portGeneve:
		return d.geneve(v)
	case dst == portGTP || src == portGTP:
		return d.gtp(v)
	case dst == portESP || src == portESP:
		return d.espInUDP(v)
	}
	return false
}

// vxlan reads RFC 7348. The valid-id flag is what tells it from other users of
// its second port.
func (d *Decoder) vxlan(v view) bool {
	if len(v.data) < 8 || v.data[0]&0x08 == 0 {
		return false
	}
	if !d.enter() {
		return true
	}
	x := &d.layers.vxlan
	if err := x.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("VXLAN header malformed")
		return true
	}
	d.wrap(encapVXLAN, x.VNI)
	d.ethernet(v.skip(8))
	return true
}

// vxlanGPE is VXLAN with a next-protocol octet, which gopacket lacks.
func (d *Decoder) vxlanGPE(v view) bool {
	if len(v.data) < 8 || v.data[0]&0x0c != 0x0c {
		return d.vxlan(v)
	}
	d.wrap(encapVXLAN, binary.BigEndian.Uint32(v.data[4:])>>8)
	d.nextProtocol(v.data[3], v.skip(8))
	return true
}

// geneve reads RFC 8926. gopacket masks the option length with four bits of
// five and counts in eight bits, so only the fixed header is taken from it.
func (d *Decoder) geneve(v view) bool {
	if len(v.data) < 8 || v.data[0]>>6 != 0 {
		return false
	}
	size := 8 + int(v.data[0]&0x3f)*4
	if !d.enter() || !d.need(v, size, "Geneve") {
		return true
	}
	g := &d.layers.geneve
	g.Options = nil
	head := &d.layers.header
	copy(head[:], v.data)
	head[0] &^= 0x3f // no options
	if err := g.DecodeFromBytes(head[:], ignored); err != nil {
		d.fail("Geneve header malformed")
		return true
	}
	d.wrap(encapGeneve, g.VNI)
	d.etherType(uint16(g.Protocol), v.skip(size))
	return true
}

// gtp reads user-plane GTP version 1 (3GPP TS 29.281). gopacket's decoder
// prints to standard output when an extension header is short and computes
// lengths in 16 bits, so the header is read here.
func (d *Decoder) gtp(v view) bool {
	const userData = 0xff
	if len(v.data) < 8 || v.data[0]>>4 != 3 || v.data[1] != userData {
		return false
	}
	if !d.enter() {
		return true
	}
	extended := v.data[0]&0x07 != 0
	more := v.data[0]&0x04 != 0
	v = v.limit(min(8+int(binary.BigEndian.Uint16(v.data[2:])), v.wire))
	if !extended {
		d.gtpPayload(v.skip(8))
		return true
	}
	if !d.need(v, 12, "GTP") {
		return true
	}
	next := v.data[11]
	for v = v.skip(12); more && next != 0; {
		size, ok := d.gtpExtension(v)
		if !ok {
			return true
		}
		next = v.data[size-1]
		v = v.skip(size)
	}
	d.gtpPayload(v)
	return true
}

// gtpExtension gives the length of the extension header at v.
func (d *Decoder) gtpExtension(v view) (int, bool) {
	if !d.need(v, 1, "GTP extension") {
		return 0, false
	}
	size := int(v.data[0]) * 4
	if size == 0 {
		d.fail("GTP extension header of length 0")
		return 0, false
	}
	return size, d.need(v, size, "GTP extension")
}

func (d *Decoder) gtpPayload(v view) {
	if !d.need(v, 1, "GTP payload") {
		return
	}
	d.wrap(encapGTP, 0)
	switch v.data[0] >> 4 {
	case 4:
		d.ipv4(v)
	case 6:
		d.ipv6(v)
	default:
		d.pass("GTP payload that is not IP")
	}
}

// espInUDP tells ESP (RFC 3948) from key exchange, whose first four octets are
// zero, and from keep-alives of one octet.
func (d *Decoder) espInUDP(v view) bool {
	if len(v.data) < 8 || binary.BigEndian.Uint32(v.data) == 0 {
		return false
	}
	d.fail("IPsec ESP")
	return true
}
