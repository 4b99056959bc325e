package capture

import (
	"encoding/binary"

	"github.com/google/gopacket/layers"
)

// ipHeader is what the layers above need of an IP header.
type ipHeader struct {
	src, dst Addr
	ttl      uint8
	v6       bool
}

// ipv4 reads an IPv4 header. Lengths are taken from the packet itself: gopacket
// holds them in 16 bits, which is too few for a segmentation-offload packet
// whose total length is zero. Malformed options do not matter here.
func (d *Decoder) ipv4(v view) {
	if !d.enter() || !d.need(v, 20, "IPv4") {
		return
	}
	size := int(v.data[0]&0x0f) * 4
	total := int(binary.BigEndian.Uint16(v.data[2:]))
	if total == 0 {
		total = v.wire
	}
	switch {
	case v.data[0]>>4 != 4:
		d.fail("IPv4 header of version %d", uint32(v.data[0]>>4))
		return
	case size < 20:
		d.fail("IPv4 header length below 20 bytes")
		return
	case total < size:
		d.fail("IPv4 total length shorter than the header")
		return
	}
	v = v.limit(total)
	if !d.need(v, size, "IPv4") {
		return
	}
	ip := &d.layers.ip4
	_ = ip.DecodeFromBytes(v.data, ignored)
	h := ipHeader{src: AddrFrom4(ip.SrcIP), dst: AddrFrom4(ip.DstIP), ttl: ip.TTL}
	more := ip.Flags&layers.IPv4MoreFragments != 0
	if more || ip.FragOffset != 0 {
		d.fragment(fragmentOf(h, uint32(ip.Id), uint8(ip.Protocol), int(ip.FragOffset)*8, more), v.skip(size))
		return
	}
	d.ipProtocol(uint8(ip.Protocol), h, v.skip(size))
}

// ipv6 reads an IPv6 header. A payload length of zero is a jumbogram, with the
// length in an option (RFC 2675) or, as Linux sends it with BIG TCP to itself,
// without.
func (d *Decoder) ipv6(v view) {
	if !d.enter() || !d.need(v, 40, "IPv6") {
		return
	}
	if v.data[0]>>4 != 6 {
		d.fail("IPv6 header of version %d", uint32(v.data[0]>>4))
		return
	}
	ip := &d.layers.ip6
	_ = ip.DecodeFromBytes(v.data[:40], ignored) // complains about what follows, which is read below
	h := ipHeader{src: AddrFrom16(ip.SrcIP), dst: AddrFrom16(ip.DstIP), ttl: ip.HopLimit, v6: true}
	inner := v.skip(40)
	if ip.Length != 0 {
		inner = inner.limit(int(ip.Length))
	} else if n, ok := jumboLength(ip.NextHeader, inner.data); ok {
		inner = inner.limit(n)
	}
	d.ipProtocol(uint8(ip.NextHeader), h, inner)
}

// jumboLength finds the jumbo payload option at the start of a hop-by-hop
// header (RFC 2675): type 0xc2, length 4.
func jumboLength(next layers.IPProtocol, b []byte) (int, bool) {
	if next != layers.IPProtocolIPv6HopByHop || len(b) < 8 || b[2] != 0xc2 || b[3] != 4 {
		return 0, false
	}
	n := binary.BigEndian.Uint32(b[4:])
	return int(n), n > 0xffff && n < 1<<24
}

// IP protocol numbers that gopacket does not name.
const (
	ipProtocolMPLS       layers.IPProtocol = 137
	ipProtocolMobility   layers.IPProtocol = 135
	ipProtocolHIP        layers.IPProtocol = 139
	ipProtocolShim6      layers.IPProtocol = 140
	ipProtocolNoNext     layers.IPProtocol = 59
	ipProtocolEthernet   layers.IPProtocol = 143
	ipProtocolPIM        layers.IPProtocol = 103
	ipProtocolMobilityV4 layers.IPProtocol = 55
)

// ipProtocol goes on by an IP protocol number.
func (d *Decoder) ipProtocol(protocol uint8, h ipHeader, v view) {
	switch layers.IPProtocol(protocol) {
	case layers.IPProtocolTCP:
		d.tcp(h, v)
	case layers.IPProtocolUDP:
		d.udp(h, v)
	case layers.IPProtocolICMPv4:
		d.icmp4(h, v)
	case layers.IPProtocolICMPv6:
		d.icmp6(h, v)
	case layers.IPProtocolIPv4:
		d.wrap(pick(h.v6, encap4in6, encap4in4), 0)
		d.ipv4(v)
	case layers.IPProtocolIPv6:
		d.wrap(pick(h.v6, encap6in6, encap6in4), 0)
		d.ipv6(v)
	case layers.IPProtocolGRE:
		d.gre(v)
	case layers.IPProtocolEtherIP:
		d.etherIP(v)
	case ipProtocolMPLS:
		d.mpls(v)
	case ipProtocolEthernet:
		d.ethernet(v)
	default:
		d.ipExtension(protocol, h, v)
	}
}

func pick(v6 bool, six, four encap) encap {
	if v6 {
		return six
	}
	return four
}

// ipExtension passes over what may stand between IP and a transport.
func (d *Decoder) ipExtension(protocol uint8, h ipHeader, v view) {
	switch layers.IPProtocol(protocol) {
	case layers.IPProtocolIPv6HopByHop, layers.IPProtocolIPv6Routing, layers.IPProtocolIPv6Destination,
		ipProtocolMobility, ipProtocolHIP, ipProtocolShim6:
		d.skipExtension(h, v)
	case layers.IPProtocolIPv6Fragment:
		d.ipv6Fragment(h, v)
	case layers.IPProtocolAH:
		d.authentication(h, v)
	case layers.IPProtocolESP:
		d.fail("IPsec ESP")
	case layers.IPProtocolIGMP:
		d.pass("IGMP")
	case layers.IPProtocolSCTP:
		d.pass("SCTP")
	case layers.IPProtocolOSPF:
		d.pass("OSPF")
	case layers.IPProtocolVRRP:
		d.pass("VRRP")
	case ipProtocolPIM:
		d.pass("PIM")
	case ipProtocolNoNext:
		d.pass("IPv6 without next header")
	case ipProtocolMobilityV4:
		d.fail("minimal encapsulation (RFC 2004)")
	default:
		d.pass("IP protocol %d", uint32(protocol))
	}
}

// skipExtension passes over an IPv6 extension header, whatever its type:
// gopacket knows routing type 0 only, segment routing uses type 4.
func (d *Decoder) skipExtension(h ipHeader, v view) {
	if !d.enter() || !d.need(v, 8, "IPv6 extension") {
		return
	}
	if !d.need(v, int(v.data[1])*8+8, "IPv6 extension") {
		return
	}
	s := &d.layers.skipper
	if err := s.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("IPv6 extension header malformed")
		return
	}
	d.ipProtocol(uint8(s.NextHeader), h, v.skip(len(s.Contents)))
}

// ipv6Fragment reads a fragment header (RFC 8200 section 4.5). An atomic one,
// offset zero and nothing more, is no fragment (RFC 6946).
func (d *Decoder) ipv6Fragment(h ipHeader, v view) {
	if !d.enter() || !d.need(v, 8, "IPv6 fragment") {
		return
	}
	layer, err := d.layers.one.decode(layers.LayerTypeIPv6Fragment, v.data)
	f, ok := layer.(*layers.IPv6Fragment)
	switch {
	case err != nil || !ok:
		d.fail("IPv6 fragment header malformed")
	case f.FragmentOffset == 0 && !f.MoreFragments:
		d.ipProtocol(uint8(f.NextHeader), h, v.skip(8))
	default:
		d.fragment(fragmentOf(h, f.Identification, uint8(f.NextHeader), int(f.FragmentOffset)*8, f.MoreFragments), v.skip(8))
	}
}

// authentication passes over an IPsec authentication header (RFC 4302).
func (d *Decoder) authentication(h ipHeader, v view) {
	if !d.enter() || !d.need(v, 12, "IPsec AH") {
		return
	}
	size := (int(v.data[1]) + 2) * 4
	if size < 12 {
		d.fail("IPsec AH length below 12")
		return
	}
	if !d.need(v, size, "IPsec AH") {
		return
	}
	layer, err := d.layers.one.decode(layers.LayerTypeIPSecAH, v.data[:size])
	ah, ok := layer.(*layers.IPSecAH)
	if err != nil || !ok {
		d.fail("IPsec AH header malformed")
		return
	}
	d.ipProtocol(uint8(ah.NextHeader), h, v.skip(size))
}
