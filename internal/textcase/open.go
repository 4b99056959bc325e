package textcase

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// opening is an "open" statement. The zero value opens the default connection.
type opening struct {
	name           string
	client, server string // as written; empty = default
	ip6            bool
	vlan           int
	link           linkType
	mss            int
	how            openHow
	retries        int
	only           *side // direction that is captured; nil = both
}

// openHow says how a connection begins in the capture.
type openHow uint8

const (
	openFull       openHow = iota // SYN, SYN-ACK, ACK
	openMidstream                 // the capture begins after it
	openRefused                   // SYN answered by RST
	openUnanswered                // SYN retransmitted, no answer
	openHalf                      // SYN-ACK retransmitted, no ACK
)

// Why a connection carries no data; they end the sentence "it ...".
const (
	deadUnanswered = "was never answered"
	deadRefused    = "was refused"
	deadReset      = "was reset"
	deadHalfOpen   = "is half open"
	deadBlackhole  = "is stuck behind a black hole"
)

// Largest segments in an Ethernet frame of 1500 octets.
const (
	ip4MSS = 1460
	ip6MSS = 1440
)

func parseOpen(_ *Scenario, args []word) (func(*timeline) error, error) {
	o := opening{}
	for _, w := range args {
		if err := o.option(w); err != nil {
			return nil, err
		}
	}
	return o.play, nil
}

func (o *opening) option(w word) (err error) {
	name, value := w.key, w.text
	if name == "" {
		name, value = w.text, ""
	}
	switch name {
	case "name":
		o.name = value
		if !kebab.MatchString(value) {
			err = fmt.Errorf("name %q; want kebab-case", value)
		}
	case "client":
		o.client = value
	case "server":
		o.server = value
	case "ip6":
		o.ip6 = true
	case "vlan":
		o.vlan, err = number(value, 1, 4094)
	case "link":
		o.link, err = parseLink(value)
	case "oneway":
		var s side
		s, err = sideOf(value)
		o.only = &s
	case "mss":
		o.mss, err = number(value, 88, 60000)
	default:
		err = o.manner(name, value)
	}
	return err
}

func (o *opening) manner(name, value string) (err error) {
	if o.how != openFull {
		return fmt.Errorf("%q: a connection opens in one way only", name)
	}
	switch name {
	case "midstream":
		o.how = openMidstream
	case "refused":
		o.how = openRefused
	case "unanswered":
		o.how, o.retries = openUnanswered, 3
	case "halfopen":
		o.how, o.retries = openHalf, 3
	default:
		return fmt.Errorf("%q; want name=, client=, server=, ip6, vlan=, link=, mss=, oneway=, refused, unanswered[=RETRIES], halfopen[=RETRIES] or midstream", name)
	}
	if value != "" {
		o.retries, err = number(value, 0, 7)
	}
	return err
}

func (o opening) play(t *timeline) error {
	c, err := o.conn(t)
	if err != nil {
		return err
	}
	if t.next.pending() && o.how != openFull {
		return errors.New("split, lose, dup, swap, unacked, overlap and blackhole go before data, not before open")
	}
	t.conns[c.name], t.cur = c, c
	t.opened++
	*t.ids++
	t.newSlot(c)
	t.begin(c, o)
	return nil
}

// conn settles addresses and names.
func (o opening) conn(t *timeline) (*conn, error) {
	c := &conn{name: o.name, scenario: t.index, ordinal: *t.ids, vlan: o.vlan, link: o.link, mss: o.mss, only: o.only}
	if c.name == "" {
		c.name = fmt.Sprintf("c%d", t.opened+1)
	}
	if t.conns[c.name] != nil {
		return nil, fmt.Errorf("there is a connection %s already", c.name)
	}
	ip6 := o.ip6 || isIP6(o.client) || isIP6(o.server)
	port := uint16(50000 + 100*t.index%10000 + t.opened)
	var err error
	if c.ends[client], err = t.endpoint(o.client, ip6, t.defaultEnd(client, ip6, port)); err != nil {
		return nil, fmt.Errorf("client=%s: %w", o.client, err)
	}
	if c.ends[server], err = t.endpoint(o.server, ip6, t.defaultEnd(server, ip6, 80)); err != nil {
		return nil, fmt.Errorf("server=%s: %w", o.server, err)
	}
	if c.ends[client].Addr().Is4() != c.ends[server].Addr().Is4() {
		return nil, errors.New("client and server must both be IPv4 or both IPv6")
	}
	if c.mss == 0 {
		c.mss = ip4MSS
		if c.ends[client].Addr().Is6() {
			c.mss = ip6MSS
		}
	}
	return c, nil
}

// defaultEnd gives every scenario a client and a server of its own: the first
// has 198.51.100.1 and 192.0.2.2, the second 198.51.100.2 and 192.0.2.3, ...
func (t *timeline) defaultEnd(s side, ip6 bool, port uint16) netip.AddrPort {
	n := byte(t.number)
	a := netip.AddrFrom4([4]byte{198, 51, 100, n})
	if s == server {
		a = netip.AddrFrom4([4]byte{192, 0, 2, n + 1})
	}
	if ip6 {
		a = toIP6(a)
	}
	return netip.AddrPortFrom(a, port)
}

// endpoint also knows addresses by what they are in this scenario: "server" is
// the default server, which the client of a proxy's back leg is, and "origin" the
// server behind it, 203.0.113.1 in the first scenario.
func (t *timeline) endpoint(s string, ip6 bool, def netip.AddrPort) (netip.AddrPort, error) {
	name, port, _ := strings.Cut(s, ":")
	named := t.defaultEnd(server, ip6, def.Port())
	switch name {
	case "server":
	case "origin":
		a := netip.AddrFrom4([4]byte{203, 0, 113, byte(t.number)})
		if ip6 {
			a = toIP6(a)
		}
		named = netip.AddrPortFrom(a, def.Port())
	default:
		return parseEndpoint(s, def)
	}
	if port == "" {
		return named, nil
	}
	return parseEndpoint(":"+port, named)
}

func isIP6(s string) bool { return strings.Count(s, ":") > 1 }

// parseEndpoint reads ADDR, ADDR:PORT or :PORT; what is missing comes from def.
func parseEndpoint(s string, def netip.AddrPort) (netip.AddrPort, error) {
	if s == "" {
		return def, nil
	}
	if port, ok := strings.CutPrefix(s, ":"); ok && !isIP6(s) {
		n, err := number(port, 1, 65535)
		return netip.AddrPortFrom(def.Addr(), uint16(n)), err
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.AddrPortFrom(a, def.Port()), documentation(a)
	}
	ap, err := netip.ParseAddrPort(s)
	if err != nil {
		return ap, errors.New("want ADDR, ADDR:PORT, [ADDR6]:PORT, :PORT, or server or origin in the place of ADDR")
	}
	return ap, documentation(ap.Addr())
}

func parseAddr(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return a, fmt.Errorf("address %q; want one like 192.0.2.1 or 2001:db8::1", s)
	}
	return a, documentation(a)
}

// documentation keeps addresses of real hosts out of committed captures.
func documentation(a netip.Addr) error {
	for _, p := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"} {
		if netip.MustParsePrefix(p).Contains(a) {
			return nil
		}
	}
	if a.IsLoopback() {
		return nil
	}
	return fmt.Errorf("address %s; want one from 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32 or loopback", a)
}

// begin plays the three-way handshake, or what the case has instead of it.
func (t *timeline) begin(c *conn, o opening) {
	switch o.how {
	case openMidstream:
		c.established()
		return
	case openUnanswered:
		t.repeatSYN(c, client, o.retries)
		c.dead = deadUnanswered
		return
	}
	t.syn(c, client)
	c.got[server] = 1
	switch o.how {
	case openRefused:
		t.tcp(c, server, flagRST|flagACK, nil).zeroSeq = true
		c.dead = deadRefused
	case openHalf:
		t.repeatSYN(c, server, o.retries)
		c.dead = deadHalfOpen
	case openFull:
		t.syn(c, server)
		c.established()
		t.tcp(c, client, flagACK, nil)
	}
}

func (c *conn) established() {
	c.seq, c.got, c.begun = [2]uint32{1, 1}, [2]uint32{1, 1}, [2]uint32{1, 1}
}

func (t *timeline) syn(c *conn, s side) {
	flags := uint8(flagSYN)
	if s == server {
		flags |= flagACK
	}
	t.tcp(c, s, flags, nil)
}

func (t *timeline) repeatSYN(c *conn, s side, retries int) {
	for i := range retries + 1 {
		if i > 0 {
			t.now += firstSYNRTO<<(i-1) - tick
		}
		t.syn(c, s)
	}
}
