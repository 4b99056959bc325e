package capture

import (
	"encoding/binary"
	"errors"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// scratch holds gopacket's layers, reused from packet to packet. They are
// decoded one by one rather than through a DecodingLayerParser: between two of
// them the length on the wire, the path and the bounds have to be kept, and
// several decoders of v1.1.19 need their input or their result put right.
type scratch struct {
	ethernet layers.Ethernet
	vlan     layers.Dot1Q
	loopback layers.Loopback
	llc      layers.LLC
	snap     layers.SNAP
	ip4      layers.IPv4
	ip6      layers.IPv6
	skipper  layers.IPv6ExtensionSkipper
	tcp      layers.TCP
	udp      layers.UDP
	icmp4    layers.ICMPv4
	icmp6    layers.ICMPv6
	gre      layers.GRE
	erspan   layers.ERSPANII
	vxlan    layers.VXLAN
	geneve   layers.Geneve
	etherip  layers.EtherIP
	dns      layers.DNS
	dot11    layers.Dot11
	message  [maxDNSMessage]byte
	header   [8]byte
	one      oneLayer
}

// ignored takes gopacket's remarks about truncation; lengths are kept in views.
var ignored = gopacket.NilDecodeFeedback

// link starts at the link layer.
func (d *Decoder) link(t LinkType, v view) {
	switch t {
	case LinkEthernet:
		d.ethernet(v)
	case LinkLinuxSLL:
		d.linuxSLL(v)
	case LinkLinuxSLL2:
		d.linuxSLL2(v)
	case LinkRaw, LinkRawBSD, LinkRawOpenBSD:
		d.rawIP(v)
	case LinkIPv4:
		d.ipv4(v)
	case LinkIPv6:
		d.ipv6(v)
	case LinkNull, LinkLoop:
		d.loopback(v)
	case LinkNFLog:
		d.nflog(v)
	case LinkIPoIB:
		d.ipoib(v)
	default:
		d.serialOrWireless(t, v)
	}
}

func (d *Decoder) serialOrWireless(t LinkType, v view) {
	switch t {
	case LinkPPP, LinkPPPHDLC:
		d.pppOrHDLC(v)
	case LinkPPPWithDirection:
		if d.need(v, 1, "PPP direction") {
			d.pppOrHDLC(v.skip(1))
		}
	case LinkPPPEther:
		d.pppoe(v)
	case LinkCiscoHDLC:
		d.ciscoHDLC(v)
	case LinkIEEE80211:
		d.dot11(v, false)
	case LinkIEEE80211Radio:
		d.radiotap(v)
	case LinkIEEE80211Prism, LinkIEEE80211AVS:
		d.prism(v)
	case LinkPPI:
		d.ppi(v)
	case LinkPktap:
		d.pktap(v)
	case LinkDSA:
		d.switchTag(v, 4)
	case LinkEDSA:
		d.switchTag(v, 8)
	default:
		d.undecodable.add(reason{what: "link type " + t.String(), format: " not decoded"})
	}
}

func (d *Decoder) ethernet(v view) {
	if !d.enter() || !d.need(v, 14, "Ethernet") {
		return
	}
	e := &d.layers.ethernet
	if err := e.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("Ethernet header malformed")
		return
	}
	inner := v.skip(14)
	if e.EthernetType != layers.EthernetTypeLLC {
		d.etherType(uint16(e.EthernetType), inner)
		return
	}
	// A length beyond the frame is a lie of the capture, not of the sender.
	d.linkLLC(inner.limit(min(int(e.Length), inner.wire)))
}

// etherType goes on by an EtherType.
func (d *Decoder) etherType(t uint16, v view) {
	switch layers.EthernetType(t) {
	case layers.EthernetTypeIPv4:
		d.ipv4(v)
	case layers.EthernetTypeIPv6:
		d.ipv6(v)
	case layers.EthernetTypeDot1Q, layers.EthernetTypeQinQ, etherTypeQinQ9100, etherTypeQinQ9200:
		d.vlan(v)
	case layers.EthernetTypeMPLSUnicast, layers.EthernetTypeMPLSMulticast:
		d.mpls(v)
	case layers.EthernetTypePPPoESession:
		d.pppoe(v)
	case layers.EthernetTypePPP:
		d.ppp(v)
	case layers.EthernetTypeTransparentEthernetBridging:
		d.ethernet(v)
	case etherTypeNSH:
		d.nsh(v)
	case etherTypePBB:
		d.pbb(v)
	case etherTypeVNTag:
		d.vnTag(v)
	case etherTypeFabricPath:
		d.fabricPath(v)
	case etherTypeMACsec:
		d.fail("MACsec")
	default:
		d.other.add(etherTypeReason(t))
	}
}

// EtherTypes that gopacket does not name.
const (
	etherTypeQinQ9100   layers.EthernetType = 0x9100
	etherTypeQinQ9200   layers.EthernetType = 0x9200
	etherTypeNSH        layers.EthernetType = 0x894f
	etherTypePBB        layers.EthernetType = 0x88e7
	etherTypeVNTag      layers.EthernetType = 0x8926
	etherTypeMACsec     layers.EthernetType = 0x88e5
	etherTypeFabricPath layers.EthernetType = 0x8903
)

func (d *Decoder) vlan(v view) {
	if !d.enter() || !d.need(v, 4, "VLAN") {
		return
	}
	q := &d.layers.vlan
	if err := q.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("VLAN header malformed")
		return
	}
	if q.VLANIdentifier != 0 {
		d.wrap(encapVLAN, uint32(q.VLANIdentifier))
	}
	inner := v.skip(4)
	if q.Type < 0x0600 {
		d.linkLLC(inner.limit(min(int(q.Type), inner.wire)))
		return
	}
	d.etherType(uint16(q.Type), inner)
}

// linkLLC goes on behind an 802.3 length field or an 802.11 header.
func (d *Decoder) linkLLC(v view) {
	if !d.enter() || !d.need(v, 3, "LLC") {
		return
	}
	l := &d.layers.llc
	if err := l.DecodeFromBytes(v.data, ignored); err != nil {
		d.need(v, 4, "LLC")
		return
	}
	inner := v.skip(len(l.Contents))
	switch {
	case l.DSAP == 0xaa && l.SSAP == 0xaa:
		d.linkSNAP(inner)
	case l.DSAP == 0x06 && l.SSAP == 0x06:
		d.rawIP(inner)
	case l.DSAP == 0x42:
		d.pass("STP")
	default:
		d.pass("LLC service access point 0x%02x", uint32(l.DSAP))
	}
}

func (d *Decoder) linkSNAP(v view) {
	if !d.need(v, 5, "SNAP") {
		return
	}
	s := &d.layers.snap
	if err := s.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("SNAP header malformed")
		return
	}
	oui := uint32(v.data[0])<<16 | uint32(binary.BigEndian.Uint16(v.data[1:]))
	switch {
	case oui == 0 || oui == 0xf8: // RFC 1042 and bridge tunnel
		d.etherType(uint16(s.Type), v.skip(5))
	case oui == 0x0080c2 && s.Type == 7: // bridged Ethernet without check sequence (RFC 2684)
		d.ethernet(v.skip(5))
	default:
		d.pass("SNAP organization 0x%06x", oui)
	}
}

// rawIP goes on by the version of the packet itself.
func (d *Decoder) rawIP(v view) {
	if !d.need(v, 1, "IP") {
		return
	}
	switch v.data[0] >> 4 {
	case 4:
		d.ipv4(v)
	case 6:
		d.ipv6(v)
	default:
		d.fail("IP version %d", uint32(v.data[0]>>4))
	}
}

// oneLayer is a gopacket.PacketBuilder that takes one layer and stops there:
// it makes the decoders usable that gopacket offers as functions only.
type oneLayer struct {
	layer gopacket.Layer
}

var errNoLayer = errors.New("decoder added no layer")

// decode runs one of gopacket's decoders over data.
func (o *oneLayer) decode(t gopacket.LayerType, data []byte) (gopacket.Layer, error) {
	o.layer = nil
	if err := t.Decode(data, o); err != nil {
		return nil, err
	}
	if o.layer == nil {
		return nil, errNoLayer
	}
	return o.layer, nil
}

// AddLayer keeps the first layer.
func (o *oneLayer) AddLayer(l gopacket.Layer) {
	if o.layer == nil {
		o.layer = l
	}
}

// NextDecoder ends the walk.
func (o *oneLayer) NextDecoder(gopacket.Decoder) error { return nil }

// The rest of gopacket.PacketBuilder has no use here.

func (o *oneLayer) SetTruncated()                                 {}
func (o *oneLayer) SetLinkLayer(gopacket.LinkLayer)               {}
func (o *oneLayer) SetNetworkLayer(gopacket.NetworkLayer)         {}
func (o *oneLayer) SetTransportLayer(gopacket.TransportLayer)     {}
func (o *oneLayer) SetApplicationLayer(gopacket.ApplicationLayer) {}
func (o *oneLayer) SetErrorLayer(gopacket.ErrorLayer)             {}
func (o *oneLayer) DumpPacketData()                               {}
func (o *oneLayer) DecodeOptions() *gopacket.DecodeOptions        { return &gopacket.DecodeOptions{} }
