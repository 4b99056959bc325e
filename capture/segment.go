package capture

import (
	"net/netip"
	"strconv"
)

// Addr is an IPv4 or IPv6 address as two integers: comparable, free of
// pointers and quick to hash. IPv4 addresses are held as ::ffff:a.b.c.d.
type Addr struct{ Hi, Lo uint64 }

// Endpoint is an address and a TCP or UDP port.
type Endpoint struct {
	Addr Addr
	Port uint16
}

// AddrFrom4 makes an Addr of four octets in network order.
func AddrFrom4(b []byte) Addr {
	_ = b[3]
	v4 := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	return Addr{Lo: 0xffff<<32 | v4}
}

// AddrFrom16 makes an Addr of sixteen octets in network order.
func AddrFrom16(b []byte) Addr {
	_ = b[15]
	return Addr{Hi: be64(b[0:8]), Lo: be64(b[8:16])}
}

// AddrFromNetip makes an Addr of a netip.Addr; the zone is dropped.
func AddrFromNetip(a netip.Addr) Addr {
	b := a.As16()
	return AddrFrom16(b[:])
}

func be64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0])<<56 | uint64(b[1])<<48 | uint64(b[2])<<40 | uint64(b[3])<<32 |
		uint64(b[4])<<24 | uint64(b[5])<<16 | uint64(b[6])<<8 | uint64(b[7])
}

// Is4 reports whether a is an IPv4 address.
func (a Addr) Is4() bool { return a.Hi == 0 && a.Lo>>32 == 0xffff }

// Netip gives the address as a netip.Addr, IPv4 unmapped.
func (a Addr) Netip() netip.Addr {
	var b [16]byte
	for i := range 8 {
		b[i] = byte(a.Hi >> (56 - 8*i))
		b[8+i] = byte(a.Lo >> (56 - 8*i))
	}
	return netip.AddrFrom16(b).Unmap()
}

// String gives the usual text form.
func (a Addr) String() string { return a.Netip().String() }

// String gives "192.0.2.1:80" or "[2001:db8::1]:80".
func (e Endpoint) String() string {
	if e.Addr.Is4() {
		return e.Addr.String() + ":" + strconv.Itoa(int(e.Port))
	}
	return "[" + e.Addr.String() + "]:" + strconv.Itoa(int(e.Port))
}

// Flags are the TCP control bits as they stand in the header.
type Flags uint8

// TCP control bits (RFC 9293 section 3.1).
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
)

// Has reports whether all bits of f are set.
func (s Flags) Has(f Flags) bool { return s&f == f }

// Segment is one TCP segment as captured, wherever it was found: directly in a
// frame, in a tunnel, or put together from IP fragments.
type Segment struct {
	Ref       Ref
	Interface uint32 // index into Info.Interfaces
	Path      PathID // encapsulation around it; see Decoder.Path
	Src, Dst  Endpoint
	Seq, Ack  uint32
	Flags     Flags
	Window    uint16 // as on the wire, unscaled
	TTL       uint8  // IPv4 TTL or IPv6 hop limit of the innermost packet
	MSS       uint16 // SYN only; 0 = option absent
	Scale     int8   // SYN only: window scale; -1 = option absent
	Hash      uint32 // of the endpoints, for whoever looks flows up by it; 0 = not worked out
	Payload   []byte // captured payload, valid during the call only
	Wire      int    // payload length on the wire; larger than len(Payload) when cut
}

// PathID names an encapsulation path ("vlan 7", "vxlan 42", ...) of one
// Decoder. Zero is a packet without any.
type PathID uint32

// ICMPError is an ICMP or ICMPv6 error message that quotes a TCP packet
// (RFC 792, RFC 4443).
type ICMPError struct {
	Ref        Ref
	From       Addr // who sent the error
	V6         bool
	Type, Code uint8
	MTU        uint32   // next-hop MTU of a "fragmentation needed" or "packet too big"; else 0
	Src, Dst   Endpoint // of the quoted packet
	Seq        uint32   // sequence number of the quoted packet
}

// DNSMessage is a DNS response over UDP, or a query (RFC 1035).
type DNSMessage struct {
	Ref            Ref
	Client, Server Endpoint
	ID             uint16
	Response       bool
	RCode          uint8  // responses only
	Name           string // first question, lower case, without the final dot
	Type           uint16 // question type
	Addrs          []Addr // A and AAAA records of the answer section
}

// Handler receives what a Decoder finds. Arguments are valid during the call.
type Handler interface {
	Segment(*Segment)
	ICMPError(*ICMPError)
	DNS(*DNSMessage)
}
