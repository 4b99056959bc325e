package capture

import "encoding/binary"

// ICMP types that report an error about a quoted packet (RFC 792, RFC 4443).
const (
	icmp4Unreachable      = 3
	icmp4TimeExceeded     = 11
	icmp4ParameterProblem = 12

	icmp4FragmentationNeeded = 4 // code of icmp4Unreachable

	icmp6Unreachable      = 1
	icmp6PacketTooBig     = 2
	icmp6ParameterProblem = 4 // the last of the errors
)

// icmp4 hands over errors that quote TCP.
func (d *Decoder) icmp4(h ipHeader, v view) {
	if !d.need(v, 8, "ICMP") {
		return
	}
	d.stats.ICMP++
	m := &d.layers.icmp4
	if err := m.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("ICMP header malformed")
		return
	}
	e := ICMPError{Ref: d.packet.Ref, From: h.src, Type: m.TypeCode.Type(), Code: m.TypeCode.Code()}
	switch e.Type {
	case icmp4Unreachable, icmp4TimeExceeded, icmp4ParameterProblem:
	default:
		return
	}
	if e.Type == icmp4Unreachable && e.Code == icmp4FragmentationNeeded {
		e.MTU = uint32(m.Seq) // next-hop MTU (RFC 1191)
	}
	d.icmpQuote(&e, quoteIPv4(v.data[8:]))
}

// icmp6 hands over errors that quote TCP.
func (d *Decoder) icmp6(h ipHeader, v view) {
	if !d.need(v, 8, "ICMPv6") {
		return
	}
	d.stats.ICMP++
	m := &d.layers.icmp6
	if err := m.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("ICMPv6 header malformed")
		return
	}
	e := ICMPError{Ref: d.packet.Ref, From: h.src, V6: true, Type: m.TypeCode.Type(), Code: m.TypeCode.Code()}
	if e.Type < icmp6Unreachable || e.Type > icmp6ParameterProblem {
		return
	}
	if e.Type == icmp6PacketTooBig {
		e.MTU = binary.BigEndian.Uint32(v.data[4:])
	}
	d.icmpQuote(&e, quoteIPv6(v.data[8:]))
}

// quote is the start of the packet that an ICMP error carries.
type quote struct {
	src, dst Addr
	protocol uint8
	payload  []byte
}

const protocolTCP = 6

// icmpQuote completes e by the quoted TCP header, of which eight octets are
// enough (RFC 792).
func (d *Decoder) icmpQuote(e *ICMPError, q quote) {
	if q.protocol != protocolTCP {
		return
	}
	if len(q.payload) < 8 {
		d.fail("ICMP quotation cut before the ports")
		return
	}
	e.Src = Endpoint{Addr: q.src, Port: binary.BigEndian.Uint16(q.payload)}
	e.Dst = Endpoint{Addr: q.dst, Port: binary.BigEndian.Uint16(q.payload[2:])}
	e.Seq = binary.BigEndian.Uint32(q.payload[4:])
	d.deliverICMPError(e)
}

// quoteIPv4 reads a quoted IPv4 packet; later fragments have no TCP header.
func quoteIPv4(b []byte) quote {
	if len(b) < 20 || b[0]>>4 != 4 || binary.BigEndian.Uint16(b[6:])&0x1fff != 0 {
		return quote{}
	}
	size := int(b[0]&0x0f) * 4
	if size < 20 {
		return quote{}
	}
	return quote{src: AddrFrom4(b[12:]), dst: AddrFrom4(b[16:]), protocol: b[9], payload: b[min(size, len(b)):]}
}

// quoteIPv6 reads a quoted IPv6 packet behind its extension headers. The quote
// is short, so the loop is.
func quoteIPv6(b []byte) quote {
	if len(b) < 40 || b[0]>>4 != 6 {
		return quote{}
	}
	q := quote{src: AddrFrom16(b[8:]), dst: AddrFrom16(b[24:]), protocol: b[6], payload: b[40:]}
	for len(q.payload) >= 8 {
		size := 8
		switch q.protocol {
		case 0, 43, 60: // hop-by-hop, routing, destination options
			size += int(q.payload[1]) * 8
		case 44: // fragment
			if binary.BigEndian.Uint16(q.payload[2:])&0xfff8 != 0 {
				return quote{}
			}
		default:
			return q
		}
		q.protocol, q.payload = q.payload[0], q.payload[min(size, len(q.payload)):]
	}
	return q
}
