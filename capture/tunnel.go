package capture

import (
	"encoding/binary"

	"github.com/google/gopacket/layers"
)

// mpls reads a label stack (RFC 3032). What follows the last label is not
// named: it is IP or an Ethernet pseudowire.
func (d *Decoder) mpls(v view) {
	for bottom := false; !bottom; v = v.skip(4) {
		if !d.enter() || !d.need(v, 4, "MPLS") {
			return
		}
		layer, err := d.layers.one.decode(layers.LayerTypeMPLS, v.data)
		m, ok := layer.(*layers.MPLS)
		if err != nil || !ok {
			d.fail("MPLS header malformed")
			return
		}
		bottom = m.StackBottom
	}
	d.wrap(encapMPLS, 0)
	d.mplsPayload(v)
}

func (d *Decoder) mplsPayload(v view) {
	if !d.need(v, 1, "MPLS payload") {
		return
	}
	switch first := v.data[0] >> 4; {
	case first == 4 && plausibleIPv4(v):
		d.ipv4(v)
	case first == 6 && plausibleIPv6(v):
		d.ipv6(v)
	case first == 1 && !plausibleEthernet(v):
		d.pass("MPLS associated channel")
	case first == 0 && !plausibleEthernet(v) && len(v.data) >= 4:
		d.ethernet(v.skip(4)) // behind a control word (RFC 4448)
	default:
		d.ethernet(v)
	}
}

// An Ethernet address may begin with the same bits as an IP header.

func plausibleIPv4(v view) bool {
	if len(v.data) < 4 {
		return true
	}
	total := int(binary.BigEndian.Uint16(v.data[2:]))
	return v.data[0]&0x0f >= 5 && total >= 20 && total <= v.wire
}

func plausibleIPv6(v view) bool {
	return len(v.data) < 6 || int(binary.BigEndian.Uint16(v.data[4:]))+40 <= v.wire
}

func plausibleEthernet(v view) bool {
	if len(v.data) < 14 {
		return false
	}
	switch t := layers.EthernetType(binary.BigEndian.Uint16(v.data[12:])); t {
	case layers.EthernetTypeIPv4, layers.EthernetTypeIPv6, layers.EthernetTypeARP,
		layers.EthernetTypeDot1Q, layers.EthernetTypeQinQ, layers.EthernetTypeMPLSUnicast,
		layers.EthernetTypePPPoESession, layers.EthernetTypePPPoEDiscovery:
		return true
	}
	return false
}

// gre reads a GRE header, version 0 (RFC 2784, RFC 2890) or 1 (RFC 2637).
func (d *Decoder) gre(v view) {
	if !d.enter() || !d.need(v, 4, "GRE") || !d.need(v, greSize(v.data), "GRE") {
		return
	}
	g := &d.layers.gre
	g.GRERouting = nil
	if err := g.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("GRE header malformed")
		return
	}
	inner := v.skip(len(g.Contents))
	switch g.Protocol {
	case layers.EthernetTypeERSPAN:
		d.erspan(inner, g.SeqPresent)
	case etherTypeERSPAN3:
		d.erspan3(inner)
	case etherTypeWCCP:
		d.wccp(inner)
	default:
		d.wrap(encapGRE, 0)
		d.etherType(uint16(g.Protocol), inner)
	}
}

// EtherTypes that occur in GRE only.
const (
	etherTypeERSPAN3 layers.EthernetType = 0x22eb
	etherTypeWCCP    layers.EthernetType = 0x883e
)

// greSize is the length of the header by its flags, source routes not counted.
func greSize(b []byte) int {
	n := 4
	if b[0]&0xc0 != 0 {
		n += 4
	}
	for _, set := range [...]bool{b[0]&0x20 != 0, b[0]&0x10 != 0, b[1]&0x80 != 0} {
		if set {
			n += 4
		}
	}
	return n
}

// wccp passes over the redirect header that routers put in front of IP.
func (d *Decoder) wccp(v view) {
	d.wrap(encapGRE, 0)
	if len(v.data) > 4 && v.data[0]>>4 != 4 {
		v = v.skip(4)
	}
	d.rawIP(v)
}

// erspan reads a mirrored frame of type II, or of type I, which has no header
// of its own and is told apart by the missing GRE sequence number.
func (d *Decoder) erspan(v view, sequence bool) {
	if !sequence {
		d.wrap(encapERSPAN, 0)
		d.ethernet(v)
		return
	}
	if !d.enter() || !d.need(v, 8, "ERSPAN") {
		return
	}
	e := &d.layers.erspan
	if err := e.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("ERSPAN header malformed")
		return
	}
	d.wrap(encapERSPAN, uint32(e.SessionID))
	d.ethernet(v.skip(8))
}

// erspan3 reads a mirrored frame of type III, which gopacket lacks: twelve
// octets and, by the last bit, eight more.
func (d *Decoder) erspan3(v view) {
	if !d.enter() || !d.need(v, 12, "ERSPAN") {
		return
	}
	size := 12
	if v.data[11]&1 != 0 {
		size += 8
	}
	if !d.need(v, size, "ERSPAN") {
		return
	}
	d.wrap(encapERSPAN, uint32(binary.BigEndian.Uint16(v.data[2:])&0x03ff))
	const frameTypeIP = 2
	if v.data[10]>>2&0x1f == frameTypeIP {
		d.rawIP(v.skip(size))
		return
	}
	d.ethernet(v.skip(size))
}

// etherIP reads an Ethernet frame in IP (RFC 3378).
func (d *Decoder) etherIP(v view) {
	if !d.enter() || !d.need(v, 2, "EtherIP") {
		return
	}
	if err := d.layers.etherip.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("EtherIP header malformed")
		return
	}
	d.wrap(encapEtherIP, 0)
	d.ethernet(v.skip(2))
}

// nsh reads a network service header (RFC 8300), which gopacket lacks.
func (d *Decoder) nsh(v view) {
	if !d.enter() || !d.need(v, 8, "NSH") {
		return
	}
	size := int(binary.BigEndian.Uint16(v.data)&0x3f) * 4
	if size < 8 {
		d.fail("NSH length below 8")
		return
	}
	if !d.need(v, size, "NSH") {
		return
	}
	d.wrap(encapNSH, 0)
	d.nextProtocol(v.data[3], v.skip(size))
}

// nextProtocol goes on by the numbers that NSH and VXLAN-GPE share.
func (d *Decoder) nextProtocol(n uint8, v view) {
	switch n {
	case 1:
		d.ipv4(v)
	case 2:
		d.ipv6(v)
	case 3:
		d.ethernet(v)
	case 4:
		d.nsh(v)
	case 5:
		d.mpls(v)
	default:
		d.pass("NSH next protocol %d", uint32(n))
	}
}

// pbb reads the service tag of provider backbone bridging (IEEE 802.1ah).
func (d *Decoder) pbb(v view) {
	if d.enter() && d.need(v, 4, "802.1ah") {
		d.wrap(encapPBB, binary.BigEndian.Uint32(v.data)&0xffffff)
		d.ethernet(v.skip(4))
	}
}

// vnTag passes over a virtual interface tag (IEEE 802.1BR draft).
func (d *Decoder) vnTag(v view) {
	if d.enter() && d.need(v, 6, "VN-Tag") {
		d.etherType(binary.BigEndian.Uint16(v.data[4:]), v.skip(6))
	}
}

// fabricPath passes over Cisco's FabricPath tag: a tree number and a time to
// live between an outer pair of addresses and the frame.
func (d *Decoder) fabricPath(v view) {
	if d.enter() && d.need(v, 2, "FabricPath") {
		d.ethernet(v.skip(2))
	}
}
