package textcase

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// linkType is a link layer of the case language.
type linkType uint8

const (
	linkEthernet linkType = iota
	linkRaw
	linkSLL
	linkSLL2
	linkNull
)

// number gives the LINKTYPE_ value of capture files.
func (l linkType) number() uint32 { return [...]uint32{1, 101, 113, 276, 0}[l] }

func parseLink(s string) (linkType, error) {
	for i, name := range []string{"ethernet", "raw", "sll", "sll2", "null"} {
		if s == name {
			return linkType(i), nil
		}
	}
	return 0, fmt.Errorf("link %q; want ethernet, raw, sll, sll2 or null", s)
}

// TCP control bits (RFC 9293 section 3.1).
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
)

// event is one packet before it is encoded: a TCP segment, or else an ICMP
// error or a DNS message.
type event struct {
	time     int64
	scenario int
	conn     *conn
	from     side
	hidden   bool // on the wire, not in the capture
	snap     int  // captured length at most; 0 = whole
	part     int  // of a segment that a variant cut, from 1; 0 = whole

	seq, ack uint32 // relative to the initial ones
	flags    uint8
	zeroSeq  bool // sequence number is 0 on the wire (RST without a connection)
	data     []byte
	head     int       // leading octets of data that belong to a message head
	sack     [2]uint32 // selectively acknowledged range; zero = none
	ttl      int       // 0 = 64

	icmp *icmpError
	dns  *dnsMessage
}

type icmpError struct {
	typ, code uint8 // as IPv4 has them, unless the quoted packet is IPv6 as written
	from      netip.Addr
	mtu       int
	quoted    *event
}

// Packet is one captured packet of a built case.
type Packet struct {
	Time     int64  // nanoseconds since the Unix epoch
	Link     uint32 // LINKTYPE_ value
	Data     []byte // captured octets
	Wire     int    // length on the wire; larger than len(Data) where it was cut
	Scenario int    // index of the scenario that it belongs to
}

// encoder makes packets of events. IP identification counts per case, so that
// no packet looks like a link-layer copy of another.
type encoder struct {
	id   uint16
	wrap bool // initial sequence numbers just below 2^32
	ip6  bool // IPv4 addresses become IPv6 addresses
	vlan int  // tag for packets that have none; 0 = none
}

func (n *encoder) packet(e *event) Packet {
	n.id++
	data := n.frame(e, n.network(e))
	p := Packet{Time: e.time, Link: e.link().number(), Data: data, Wire: len(data), Scenario: e.scenario}
	if e.snap > 0 && len(data) > e.snap {
		p.Data = data[:e.snap]
	}
	return p
}

func (e *event) link() linkType {
	if e.conn == nil {
		return e.dns.link
	}
	return e.conn.link
}

func (n *encoder) network(e *event) []byte {
	if e.dns != nil {
		from, to := n.mapped(e.dns.ends[e.from].Addr()), n.mapped(e.dns.ends[e.from.other()].Addr())
		return n.ip(from, to, protoUDP, 64, n.udp(e))
	}
	if e.icmp != nil {
		return n.icmpPacket(e)
	}
	from, to := n.mapped(e.conn.ends[e.from].Addr()), n.mapped(e.conn.ends[e.from.other()].Addr())
	ttl := byte(64)
	if e.ttl != 0 {
		ttl = byte(e.ttl)
	}
	return n.ip(from, to, protoTCP, ttl, n.tcp(e))
}

// mapped turns an IPv4 address into its IPv6 stand-in where the variant asks.
func (n *encoder) mapped(a netip.Addr) netip.Addr {
	if n.ip6 && a.Is4() {
		return toIP6(a)
	}
	return a
}

// toIP6 puts an IPv4 address under 2001:db8::/96, a loopback one at ::1.
func toIP6(a netip.Addr) netip.Addr {
	if !a.Is4() {
		return a
	}
	if a.IsLoopback() {
		return netip.IPv6Loopback()
	}
	b := [16]byte{0x20, 0x01, 0x0d, 0xb8}
	v4 := a.As4()
	copy(b[12:], v4[:])
	return netip.AddrFrom16(b)
}

const (
	protoICMP  = 1
	protoTCP   = 6
	protoUDP   = 17
	protoICMP6 = 58
)

// initial gives the sequence number of a side's SYN.
func (n *encoder) initial(c *conn, s side) uint32 {
	if n.wrap {
		return 0xffffffff - 20 - 10*uint32(s) - 3*uint32(c.ordinal%8) // differs where a port is used again
	}
	return 0x10000000 + uint32(c.scenario)<<20 + uint32(c.ordinal)<<14 + uint32(s)<<28
}

func (n *encoder) tcp(e *event) []byte {
	c := e.conn
	options := e.options(n)
	b := make([]byte, 20, 20+len(options)+len(e.data))
	binary.BigEndian.PutUint16(b[0:], c.ends[e.from].Port())
	binary.BigEndian.PutUint16(b[2:], c.ends[e.from.other()].Port())
	if !e.zeroSeq {
		binary.BigEndian.PutUint32(b[4:], e.seq+n.initial(c, e.from))
	}
	if e.flags&flagACK != 0 {
		binary.BigEndian.PutUint32(b[8:], e.ack+n.initial(c, e.from.other()))
	}
	b[12] = byte(5+len(options)/4) << 4
	b[13] = e.flags
	window := uint16(502)
	if e.flags&flagSYN != 0 {
		window = 64240
	}
	if e.flags&flagRST != 0 {
		window = 0
	}
	binary.BigEndian.PutUint16(b[14:], window)
	b = append(append(b, options...), e.data...)
	n.checksum(b[16:18], c.ends[e.from].Addr(), c.ends[e.from.other()].Addr(), protoTCP, b)
	return b
}

// options are what usual stacks send: MSS, SACK permitted and window scale on
// SYN, else SACK where there is something to say.
func (e *event) options(n *encoder) []byte {
	if e.flags&flagSYN != 0 {
		return []byte{2, 4, byte(e.conn.mss >> 8), byte(e.conn.mss), 1, 1, 4, 2, 1, 3, 3, 7}
	}
	if e.sack == [2]uint32{} {
		return nil
	}
	isn := n.initial(e.conn, e.from.other())
	b := []byte{1, 1, 5, 10}
	b = binary.BigEndian.AppendUint32(b, e.sack[0]+isn)
	return binary.BigEndian.AppendUint32(b, e.sack[1]+isn)
}

// checksum fills in the checksum over pseudo header and segment (RFC 9293
// section 3.1, RFC 8200 section 8.1); addresses are mapped as the packet's are.
func (n *encoder) checksum(field []byte, from, to netip.Addr, proto byte, segment []byte) {
	a, b := n.mapped(from).AsSlice(), n.mapped(to).AsSlice()
	sum := uint32(proto) + uint32(len(segment))
	for _, part := range [][]byte{a, b, segment} {
		sum = addWords(sum, part)
	}
	v := fold(sum)
	if proto == protoUDP && v == 0 {
		v = 0xffff
	}
	binary.BigEndian.PutUint16(field, v)
}

func addWords(sum uint32, b []byte) uint32 {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
		sum = sum&0xffff + sum>>16
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	return sum
}

func fold(sum uint32) uint16 {
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

func (n *encoder) ip(from, to netip.Addr, proto, ttl byte, payload []byte) []byte {
	if from.Is4() {
		b := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, ttl, proto, 0, 0}
		binary.BigEndian.PutUint16(b[2:], uint16(20+len(payload)))
		binary.BigEndian.PutUint16(b[4:], n.id)
		b = append(append(b, from.AsSlice()...), to.AsSlice()...)
		binary.BigEndian.PutUint16(b[10:], fold(addWords(0, b)))
		return append(b, payload...)
	}
	b := []byte{0x60, 0, 0, 0, 0, 0, proto, ttl}
	binary.BigEndian.PutUint16(b[4:], uint16(len(payload)))
	b = append(append(b, from.AsSlice()...), to.AsSlice()...)
	return append(b, payload...)
}

// frame puts the link layer in front of an IP packet.
func (n *encoder) frame(e *event, ip []byte) []byte {
	ethertype := []byte{0x08, 0x00}
	six := ip[0]>>4 == 6
	if six {
		ethertype = []byte{0x86, 0xdd}
	}
	us, them := byte(1+e.from), byte(2-e.from)
	var b []byte
	switch e.link() {
	case linkEthernet:
		b = []byte{2, 0, 0, 0, 0, them, 2, 0, 0, 0, 0, us}
		if tag := n.tag(e); tag != 0 {
			b = append(b, 0x81, 0, byte(tag>>8), byte(tag))
		}
		b = append(b, ethertype...)
	case linkSLL: // incoming for the server's packets, outgoing for the client's
		b = append([]byte{0, 4 * (1 - byte(e.from)), 0, 1, 0, 6, 2, 0, 0, 0, 0, us, 0, 0}, ethertype...)
	case linkSLL2:
		b = append(ethertype, 0, 0, 0, 0, 0, 2, 0, 1, 4*(1-byte(e.from)), 6, 2, 0, 0, 0, 0, us, 0, 0)
	case linkNull:
		b = []byte{2, 0, 0, 0}
		if six {
			b[0] = 30
		}
	case linkRaw:
	}
	return append(b, ip...)
}

func (n *encoder) tag(e *event) int {
	if e.conn != nil && e.conn.vlan != 0 {
		return e.conn.vlan
	}
	return n.vlan
}

// icmpPacket quotes as much as RFC 1812 section 4.3.2.3 and RFC 4443 ask for,
// the first 128 octets at most.
func (n *encoder) icmpPacket(e *event) []byte {
	m := e.icmp
	quoted := n.network(m.quoted)
	quoted = quoted[:min(len(quoted), 128)]
	from, to := n.mapped(m.from), n.mapped(m.quoted.conn.ends[m.quoted.from].Addr())
	typ, code := m.typ, m.code
	b := []byte{typ, code, 0, 0, 0, 0, byte(m.mtu >> 8), byte(m.mtu)}
	if to.Is4() {
		b = append(b, quoted...)
		binary.BigEndian.PutUint16(b[2:], fold(addWords(0, b)))
		return n.ip(from, to, protoICMP, 64, b)
	}
	if m.quoted.conn.ends[client].Addr().Is4() {
		b[0], b[1] = icmp6(typ, code)
	}
	b = append(b, quoted...)
	n.checksum(b[2:4], from, to, protoICMP6, b)
	return n.ip(from, to, protoICMP6, 64, b)
}

// icmp6 maps an ICMP error to the ICMPv6 one of the same meaning (RFC 7915
// section 4.2).
func icmp6(typ, code uint8) (typ6, code6 uint8) {
	switch {
	case typ == 11:
		return 3, code
	case typ == 3 && code == 4:
		return 2, 0
	case typ == 3 && code == 3:
		return 1, 4
	case typ == 3 && (code == 9 || code == 10 || code == 13):
		return 1, 1
	}
	return 1, 0
}
