package capture

import (
	"encoding/binary"

	"github.com/google/gopacket/layers"
)

// linuxSLL reads the first Linux cooked header (LINKTYPE_LINUX_SLL). gopacket's
// decoder reads as many address octets as the address length states, which is
// beyond the field for Infiniband and others, so the header is read here.
func (d *Decoder) linuxSLL(v view) {
	if d.enter() && d.need(v, 16, "Linux cooked") {
		d.cooked(binary.BigEndian.Uint16(v.data[14:]), binary.BigEndian.Uint16(v.data[2:]), v.skip(16))
	}
}

// linuxSLL2 reads the second Linux cooked header (LINKTYPE_LINUX_SLL2), which
// gopacket lacks.
func (d *Decoder) linuxSLL2(v view) {
	if d.enter() && d.need(v, 20, "Linux cooked") {
		d.cooked(binary.BigEndian.Uint16(v.data), binary.BigEndian.Uint16(v.data[8:]), v.skip(20))
	}
}

// cooked goes on by the protocol field of a Linux cooked header, whose meaning
// depends on the ARPHRD_ type of the device.
func (d *Decoder) cooked(protocol, hardware uint16, v view) {
	const arphrdNetlink, arphrdRadiotap, ethP8022 = 824, 803, 4
	switch {
	case hardware == arphrdNetlink:
		d.pass("netlink")
	case hardware == arphrdRadiotap:
		d.radiotap(v)
	case protocol == ethP8022:
		d.linkLLC(v)
	case protocol < 0x0600:
		d.pass("Linux protocol 0x%04x", uint32(protocol))
	default:
		d.etherType(protocol, v)
	}
}

// loopback reads the address family in front of BSD loopback packets.
func (d *Decoder) loopback(v view) {
	if !d.enter() || !d.need(v, 4, "loopback") {
		return
	}
	l := &d.layers.loopback
	if err := l.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("loopback address family malformed")
		return
	}
	switch l.Family {
	case layers.ProtocolFamilyIPv4:
		d.ipv4(v.skip(4))
	case layers.ProtocolFamilyIPv6BSD, layers.ProtocolFamilyIPv6FreeBSD,
		layers.ProtocolFamilyIPv6Darwin, layers.ProtocolFamilyIPv6Linux:
		d.ipv6(v.skip(4))
	default:
		d.pass("address family %d", uint32(l.Family))
	}
}

// nflog reads a Linux netfilter log record (LINKTYPE_NFLOG): type-length-value
// fields in the byte order of the capturing host, one of which is the packet.
func (d *Decoder) nflog(v view) {
	if !d.enter() || !d.need(v, 4, "NFLOG") {
		return
	}
	const payloadField = 9
	for v = v.skip(4); len(v.data) >= 4; {
		size, kind := nflogField(v.data)
		if size < 4 || size > v.wire {
			break
		}
		if kind == payloadField {
			d.rawIP(v.limit(size).skip(4))
			return
		}
		step := min((size+3)&^3, len(v.data))
		v = v.skip(step)
	}
	d.fail("NFLOG record without packet")
}

// nflogField gives length and type of a field. Types are small numbers, which
// tells the byte order.
func nflogField(b []byte) (size, kind int) {
	order := binary.ByteOrder(binary.LittleEndian)
	if b[3] != 0 && b[2] == 0 {
		order = binary.BigEndian
	}
	return int(order.Uint16(b)), int(order.Uint16(b[2:]) & 0x7fff)
}

// ipoib reads the pseudo header of IP over Infiniband: two addresses of twenty
// octets, an EtherType and two reserved octets.
func (d *Decoder) ipoib(v view) {
	if d.enter() && d.need(v, 44, "IP over Infiniband") {
		d.etherType(binary.BigEndian.Uint16(v.data[40:]), v.skip(44))
	}
}

// pktap passes over Apple's header, which holds its own length and the link
// type that follows.
func (d *Decoder) pktap(v view) {
	if !d.enter() || !d.need(v, 12, "PKTAP") {
		return
	}
	size := binary.LittleEndian.Uint32(v.data)
	if size < 12 || size > 4096 {
		d.fail("PKTAP header length malformed")
		return
	}
	if d.need(v, int(size), "PKTAP") {
		d.link(LinkType(binary.LittleEndian.Uint32(v.data[8:])), v.skip(int(size)))
	}
}

// switchTag passes over the tag that a switch chip puts behind the addresses.
// The tag's own VLAN says which port it was, not how the frame was sent.
func (d *Decoder) switchTag(v view, size int) {
	if d.enter() && d.need(v, 12+size+2, "switch tag") {
		d.etherType(binary.BigEndian.Uint16(v.data[12+size:]), v.skip(12+size+2))
	}
}

// pppOrHDLC goes on behind a PPP link type, under which Cisco HDLC hides as
// well: its address octets cannot start a PPP packet.
func (d *Decoder) pppOrHDLC(v view) {
	if len(v.data) > 1 && (v.data[0] == 0x0f || v.data[0] == 0x8f) && v.data[1] == 0 {
		d.ciscoHDLC(v)
		return
	}
	d.ppp(v)
}

func (d *Decoder) ciscoHDLC(v view) {
	if d.enter() && d.need(v, 4, "Cisco HDLC") {
		protocol := binary.BigEndian.Uint16(v.data[2:])
		if protocol == 0x8035 {
			d.pass("SLARP")
			return
		}
		d.etherType(protocol, v.skip(4))
	}
}

// ppp reads the protocol field of PPP (RFC 1661), address and control in front
// of it or not.
func (d *Decoder) ppp(v view) {
	if !d.enter() || !d.need(v, 4, "PPP") {
		return
	}
	layer, err := d.layers.one.decode(layers.LayerTypePPP, v.data)
	if err != nil {
		d.fail("PPP header malformed")
		return
	}
	ppp, ok := layer.(*layers.PPP)
	if !ok {
		d.fail("PPP header malformed")
		return
	}
	inner := v.skip(len(v.data) - len(ppp.Payload))
	switch ppp.PPPType {
	case layers.PPPTypeIPv4:
		d.ipv4(inner)
	case layers.PPPTypeIPv6:
		d.ipv6(inner)
	case layers.PPPTypeMPLSUnicast, layers.PPPTypeMPLSMulticast:
		d.mpls(inner)
	default:
		d.pppOther(uint32(ppp.PPPType))
	}
}

// pppOther tells what hides TCP from what does not carry any.
func (d *Decoder) pppOther(protocol uint32) {
	switch protocol {
	case 0x2d, 0x2f:
		d.fail("PPP header compression (RFC 1144)")
	case 0x3d:
		d.fail("PPP multilink")
	case 0x53, 0x55, 0xfb, 0xfd:
		d.fail("PPP encrypted or compressed")
	default:
		d.pass("PPP protocol 0x%04x", protocol)
	}
}

// pppoe reads a PPPoE session header (RFC 2516).
func (d *Decoder) pppoe(v view) {
	if !d.enter() || !d.need(v, 6, "PPPoE") {
		return
	}
	// gopacket cuts by the length field and panics when that lies.
	length := int(binary.BigEndian.Uint16(v.data[4:]))
	head := d.layers.header[:6]
	copy(head, v.data)
	head[4], head[5] = 0, 0
	layer, err := d.layers.one.decode(layers.LayerTypePPPoE, head)
	p, ok := layer.(*layers.PPPoE)
	switch {
	case err != nil || !ok:
		d.fail("PPPoE header malformed")
	case p.Code != layers.PPPoECodeSession:
		d.pass("PPPoE discovery")
	default:
		d.wrap(encapPPPoE, uint32(p.SessionId))
		d.ppp(v.skip(6).limit(length))
	}
}

// etherTypeReason names EtherTypes of ordinary frames without IP.
func etherTypeReason(t uint16) reason {
	switch t {
	case 0x0806:
		return reason{what: "ARP"}
	case 0x8035:
		return reason{what: "RARP"}
	case 0x8863:
		return reason{what: "PPPoE discovery"}
	case 0x888e:
		return reason{what: "EAPOL"}
	case 0x88cc:
		return reason{what: "LLDP"}
	case 0x8809:
		return reason{what: "slow protocols"}
	case 0x8902:
		return reason{what: "CFM"}
	case 0x88f7:
		return reason{what: "PTP"}
	case 0x9000:
		return reason{what: "Ethernet loopback"}
	}
	return reason{format: "EtherType 0x%04x", a: uint32(t)}
}
