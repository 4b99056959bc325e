package capture

import "encoding/binary"

// EtherTypes of the plain packet.
const (
	peekIPv4 = 0x0800
	peekIPv6 = 0x86dd
)

// plain is peek for the packet that most captures are full of: Ethernet without
// tags, IPv4 without options, TCP.
func (d *Decoder) plain(p *Packet) bool {
	s := &d.segment
	if p.Link != LinkEthernet || !s.plain(p.Data) {
		return false
	}
	s.Ref, s.Interface, s.Path = p.Ref, p.Interface, 0
	return true
}

// plain reads such a packet. It fills all of s but for what the packet's record
// says, and reports whether it could.
func (s *Segment) plain(b []byte) bool {
	if len(b) < plainLeast || binary.BigEndian.Uint32(b[12:])>>8 != peekIPv4<<8|0x45 ||
		binary.BigEndian.Uint16(b[20:])&0x3fff != 0 || b[23] != protocolTCP {
		return false
	}
	end, at := 14+int(binary.BigEndian.Uint16(b[16:])), 34+int(b[46]>>4)*4
	if at < plainLeast || at > end || at > len(b) {
		return false
	}
	s.Src.Addr, s.Dst.Addr, s.TTL = AddrFrom4(b[26:]), AddrFrom4(b[30:]), b[22]
	s.Wire, s.Payload = end-at, b[at:min(end, len(b))]
	s.header(b[34:at])
	return true
}

// plainLeast is the least that a plain packet has: the headers without options.
const plainLeast = 54

// peek reads the plain packet by offsets: a usual link layer, at most two VLAN
// tags, IP without fragments or extension headers, TCP with all of its header.
// It fills d.segment and d.path and reports whether it could; whatever is
// unusual or wrong it leaves to the layers. Both must agree, which a fuzz
// target checks.
func (d *Decoder) peek(p *Packet) bool {
	b := p.Data
	at, protocol, ok := peekLink(p.Link, b)
	if !ok {
		return false
	}
	for tags := 0; protocol == 0x8100 || protocol == 0x88a8 || protocol == 0x9100; tags++ {
		if tags == 2 || len(b) < at+4 {
			return false
		}
		if id := binary.BigEndian.Uint16(b[at:]) & 0x0fff; id != 0 {
			d.wrap(encapVLAN, uint32(id))
		}
		protocol = binary.BigEndian.Uint16(b[at+2:])
		at += 4
	}
	v := view{data: b[at:], wire: max(p.Wire, len(b)) - at}
	switch protocol {
	case peekIPv4:
		return d.peekIPv4(v)
	case peekIPv6:
		return d.peekIPv6(v)
	}
	return false
}

// peekLink gives where the network layer begins and its EtherType. An offset
// never lies beyond b.
func peekLink(t LinkType, b []byte) (at int, protocol uint16, ok bool) {
	switch t {
	case LinkEthernet:
		at = 14
	case LinkLinuxSLL:
		at = 16
	case LinkLinuxSLL2:
		return peekSLL2(b)
	case LinkRaw, LinkRawBSD, LinkRawOpenBSD:
		return peekRaw(b)
	case LinkNull, LinkLoop:
		return peekNull(b)
	default:
		return 0, 0, false
	}
	if len(b) < at {
		return 0, 0, false
	}
	if t == LinkLinuxSLL && !plainHardware(binary.BigEndian.Uint16(b[2:])) {
		return 0, 0, false
	}
	return at, binary.BigEndian.Uint16(b[at-2:]), true
}

func peekSLL2(b []byte) (int, uint16, bool) {
	if len(b) < 20 || !plainHardware(binary.BigEndian.Uint16(b[8:])) {
		return 0, 0, false
	}
	return 20, binary.BigEndian.Uint16(b), true
}

// plainHardware leaves devices out whose protocol field is no EtherType.
func plainHardware(arphrd uint16) bool { return arphrd < 800 }

func peekRaw(b []byte) (int, uint16, bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	switch b[0] >> 4 {
	case 4:
		return 0, peekIPv4, true
	case 6:
		return 0, peekIPv6, true
	}
	return 0, 0, false
}

// peekNull reads the address family, in either byte order.
func peekNull(b []byte) (int, uint16, bool) {
	if len(b) < 4 {
		return 0, 0, false
	}
	family := binary.LittleEndian.Uint32(b)
	if b[0] == 0 && b[1] == 0 {
		family = binary.BigEndian.Uint32(b)
	}
	switch family {
	case 2:
		return 4, peekIPv4, true
	case 10, 24, 28, 30: // Linux, NetBSD, FreeBSD, Darwin
		return 4, peekIPv6, true
	}
	return 0, 0, false
}

func (d *Decoder) peekIPv4(v view) bool {
	b := v.data
	if len(b) < 40 || b[0]>>4 != 4 || b[9] != protocolTCP || binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
		return false
	}
	size, total := int(b[0]&0x0f)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 {
		total = v.wire
	}
	if size < 20 || total < size+20 || len(b) < size+20 {
		return false
	}
	s := &d.segment
	s.Src.Addr, s.Dst.Addr, s.TTL = AddrFrom4(b[12:]), AddrFrom4(b[16:]), b[8]
	return d.peekTCP(v.limit(total).skip(size))
}

func (d *Decoder) peekIPv6(v view) bool {
	b := v.data
	if len(b) < 60 || b[0]>>4 != 6 || b[6] != protocolTCP {
		return false
	}
	s := &d.segment
	s.Src.Addr, s.Dst.Addr, s.TTL = AddrFrom16(b[8:]), AddrFrom16(b[24:]), b[7]
	inner := v.skip(40)
	if n := int(binary.BigEndian.Uint16(b[4:])); n != 0 {
		inner = inner.limit(n)
	}
	return d.peekTCP(inner)
}

// peekTCP fills the rest of d.segment; all of it, as it is reused.
func (d *Decoder) peekTCP(v view) bool {
	b := v.data
	if len(b) < 20 {
		return false
	}
	size := int(b[12]>>4) * 4
	if size < 20 || len(b) < size {
		return false
	}
	d.segment.Payload, d.segment.Wire = b[size:], v.wire-size
	d.fill(b[:size])
	return true
}

// fill fills the fields of d.segment that come from the packet and from its TCP
// header.
func (d *Decoder) fill(b []byte) {
	s := &d.segment
	s.Ref, s.Interface, s.Path = d.packet.Ref, d.packet.Interface, d.path
	s.header(b)
}

// header fills what a TCP header says (RFC 9293 section 3.1).
func (s *Segment) header(b []byte) {
	_ = b[19]
	s.Src.Port, s.Dst.Port = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	s.Seq, s.Ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	s.Flags, s.Window = Flags(b[13]&0x3f), binary.BigEndian.Uint16(b[14:])
	s.MSS, s.Scale, s.Hash = 0, -1, 0
	if s.Flags&SYN != 0 {
		s.MSS, s.Scale = synOptions(b[20:])
	}
}
