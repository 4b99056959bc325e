package textcase

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// dnsMessage is a query or a response over UDP (RFC 1035 section 4).
type dnsMessage struct {
	ends     [2]netip.AddrPort
	link     linkType
	id       uint16
	name     string
	typ      uint16 // 1 A, 28 AAAA
	response bool
	rcode    uint8
	addrs    []netip.Addr
}

const (
	typeA    = 1
	typeAAAA = 28
)

// dnsQuestion is a "dns" statement.
type dnsQuestion struct {
	name    string
	typ     uint16
	rcode   uint8
	silent  bool
	answers []string
}

func parseDNS(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) < 3 {
		return nil, errors.New("want NAME A|AAAA, then addresses (or server), nxdomain, servfail, empty or unanswered")
	}
	q := dnsQuestion{name: args[0].String()}
	for _, label := range strings.Split(q.name, ".") {
		if len(label) == 0 || len(label) > 63 || len(q.name) > 250 {
			return nil, fmt.Errorf("host name %q; want labels of 1 to 63 octets, without a final dot", q.name)
		}
	}
	switch args[1].String() {
	case "A":
		q.typ = typeA
	case "AAAA":
		q.typ = typeAAAA
	default:
		return nil, fmt.Errorf("question type %q; want A or AAAA", args[1])
	}
	return q.play, q.answer(args[2:])
}

func (q *dnsQuestion) answer(args []word) error {
	for _, w := range args {
		switch s := w.String(); s {
		case "nxdomain":
			q.rcode = 3
		case "servfail":
			q.rcode = 2
		case "empty":
		case "unanswered":
			q.silent = true
		case "server":
			q.answers = append(q.answers, s)
			continue
		default:
			a, err := parseAddr(s)
			if err != nil || a.Is4() != (q.typ == typeA) {
				return fmt.Errorf("answer %q; want an address of the type asked for, server, nxdomain, servfail, empty or unanswered", s)
			}
			q.answers = append(q.answers, s)
			continue
		}
		if len(args) > 1 {
			return fmt.Errorf("%s stands alone", w)
		}
	}
	return nil
}

func (q dnsQuestion) play(t *timeline) error {
	m := dnsMessage{name: q.name, typ: q.typ, id: uint16(1000*t.number + len(t.events))}
	clientAddr := t.defaultEnd(client, false, uint16(40000+len(t.events)%10000))
	if t.cur != nil {
		clientAddr, m.link = netip.AddrPortFrom(t.cur.ends[client].Addr(), clientAddr.Port()), t.cur.link
	}
	resolver := netip.MustParseAddrPort("203.0.113.53:53")
	if clientAddr.Addr().Is6() {
		resolver = netip.AddrPortFrom(toIP6(resolver.Addr()), 53)
	}
	m.ends = [2]netip.AddrPort{clientAddr, resolver}
	if t.cur == nil {
		t.nameSlot(clientAddr)
	}
	query := m
	t.emit(&event{from: client, dns: &query})
	if q.silent {
		return nil
	}
	m.response, m.rcode = true, q.rcode
	for _, s := range q.answers {
		a := t.defaultEnd(server, q.typ == typeAAAA, 80).Addr()
		if s != "server" {
			a = netip.MustParseAddr(s)
		}
		m.addrs = append(m.addrs, a)
	}
	t.emit(&event{from: server, dns: &m})
	return nil
}

func (n *encoder) udp(e *event) []byte {
	m := e.dns
	b := make([]byte, 8)
	binary.BigEndian.PutUint16(b[0:], m.ends[e.from].Port())
	binary.BigEndian.PutUint16(b[2:], m.ends[e.from.other()].Port())
	b = append(b, n.dnsOctets(m)...)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)))
	n.checksum(b[6:8], m.ends[e.from].Addr(), m.ends[e.from.other()].Addr(), protoUDP, b)
	return b
}

// dnsOctets encodes m; where addresses are mapped, A becomes AAAA.
func (n *encoder) dnsOctets(m *dnsMessage) []byte {
	typ, flags := m.typ, uint16(0x0100)
	if n.ip6 {
		typ = typeAAAA
	}
	if m.response {
		flags = 0x8180 | uint16(m.rcode)
	}
	var b []byte
	for _, v := range []uint16{m.id, flags, 1, uint16(len(m.addrs)), 0, 0} {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	for _, label := range strings.Split(m.name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	b = append(b, 0, 0, byte(typ), 0, 1)
	for _, a := range m.addrs {
		octets := n.mapped(a).AsSlice()
		b = append(b, 0xc0, 0x0c, 0, byte(typ), 0, 1, 0, 0, 0, 60, 0, byte(len(octets)))
		b = append(b, octets...)
	}
	return b
}
