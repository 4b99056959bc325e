package reassembly

import (
	"bytes"

	"github.com/handshark/handshark/capture"
)

// setRoles makes the sender of direction d the client. It must not be called
// once the handler was given anything of c.
func (c *conn) setRoles(f *flow, d direction, by RoleSource) {
	c.Roles = by
	if by == RolesBySYN {
		c.settled = true
	}
	if f.client == d {
		return
	}
	f.client = d
	c.Client, c.Server = c.Server, c.Client
	c.Halves[Client], c.Halves[Server] = c.Halves[Server], c.Halves[Client]
	c.half[Client], c.half[Server] = c.half[Server], c.half[Client]
	c.prior[Client], c.prior[Server] = c.prior[Server], c.prior[Client]
	for i := range c.recent.packets {
		c.recent.packets[i].via ^= 1
	}
}

// settleRoles makes the roles final: by what the first bytes say, else by port.
func (a *Assembler) settleRoles(c *conn) {
	if c.settled {
		return
	}
	c.settled = true
	f := a.flows.flow(c.flow)
	for side := Client; side <= Server; side++ {
		var first [24]byte
		if is, ok := sniff(c.half[side].peek(first[:0])); ok {
			client := f.client
			if is != side {
				client ^= 1
			}
			c.setRoles(f, client, RolesByContent)
			return
		}
	}
}

// peek appends the first waiting bytes of h to dst, up to its capacity.
func (h *half) peek(dst []byte) []byte {
	for i := range h.items {
		it := &h.items[i]
		if i > 0 && it.start != h.items[i-1].end() || it.data == nil {
			break
		}
		dst = append(dst, it.data[:min(len(it.data), cap(dst)-len(dst))]...)
	}
	return dst
}

// byPort guesses the client: the one with the higher port, else the sender of
// the first packet.
func byPort(f *flow, first direction) direction {
	a, b := f.endpoints()
	switch {
	case a.Port > b.Port:
		return forth
	case b.Port > a.Port:
		return back
	}
	return first
}

const (
	proxyV2           = "\r\n\r\n\x00\r\nQUIT\n"
	proxyV1           = "PROXY "
	statusLine        = "HTTP/"
	absoluteForm      = "http"
	recordAlert       = 21
	recordHandshake   = 22
	helloClient       = 1
	helloServer       = 2
	recordHeader      = 5
	maxMethod         = 20
	tlsMajor          = 3
	minHandshakeBytes = recordHeader + 1
)

// sniff tells from the first bytes of a side whether client or server sent them.
func sniff(b []byte) (Side, bool) {
	switch {
	case hasPrefix(b, statusLine), isTLS(b, helloServer):
		return Server, true
	case isTLS(b, helloClient), hasPrefix(b, proxyV1), hasPrefix(b, proxyV2), isRequestLine(b):
		return Client, true
	case len(b) >= recordHeader && b[0] == recordAlert && b[1] == tlsMajor:
		return Server, true
	}
	return Client, false
}

func hasPrefix(b []byte, p string) bool { return len(b) >= len(p) && string(b[:len(p)]) == p }

// isTLS reports whether b begins a TLS record with the given handshake message
// (RFC 8446 section 5.1).
func isTLS(b []byte, message byte) bool {
	return len(b) >= minHandshakeBytes && b[0] == recordHandshake && b[1] == tlsMajor && b[recordHeader] == message
}

// isRequestLine reports whether b begins with a method and something like a
// request target (RFC 9112 section 3).
func isRequestLine(b []byte) bool {
	method, target, ok := bytes.Cut(b, []byte{' '})
	if !ok || len(method) < 3 || len(method) > maxMethod || len(target) == 0 {
		return false
	}
	for _, ch := range method {
		if (ch < 'A' || ch > 'Z') && ch != '-' && ch != '_' {
			return false
		}
	}
	return target[0] == '/' || target[0] == '*' || string(method) == "CONNECT" || hasPrefix(bytes.ToLower(target), absoluteForm)
}

// promote opens a conversation for flow i. s is the packet that does it, nil if
// there is none.
func (a *Assembler) promote(i uint32, s *capture.Segment) *conn {
	if a.opt.MaxOpen > 0 {
		a.makeRoom()
	}
	f := a.flows.flow(i)
	c := a.newConn(i, f)
	var e early
	if f.state != closed && f.ref != 0 {
		e = *a.earlies.at(f.ref)
		a.earlies.remove(f.ref)
	} else {
		e = firstOf(s)
	}
	was := f.state
	if was != lone && was != answered {
		a.stats.Conversations++
		a.stats.Open++
	}
	f.state, f.ref = open, c.index
	if was != answered { // else it stands in its list since then
		a.enlist(i, opening)
	}
	c.First, c.Interface, c.Path = e.first(), e.iface, e.path
	c.Last = c.First
	c.cast(f, &e)
	if f.flags&ended != 0 {
		c.hasPrior = true
		end := &a.flows.numbers(i).end
		c.prior = [2]uint32{end[f.client], end[f.client^1]}
		f.flags &^= ended
	}
	if e.syns > 0 {
		c.takeSYN(&e)
	}
	a.handler.Opened(&c.Conversation)
	if was == answered && !a.establish(c, &e) {
		a.replay(c, f, &e)
	}
	return c
}

// cast gives the endpoints their first roles.
func (c *conn) cast(f *flow, e *early) {
	c.Roles = RolesByPort
	f.client = byPort(f, e.dir)
	if e.syns > 0 {
		f.client = e.dir
	}
	c.Client, c.Server = f.endpoints()
	c.own = c.Client == c.Server
	if f.client == back {
		c.Client, c.Server = c.Server, c.Client
	}
}

// firstOf makes an early record of a packet that is none.
func firstOf(s *capture.Segment) early {
	_, d := keyOf(s)
	return early{
		firstFrame: s.Ref.Frame, firstTime: s.Ref.Time, capture: s.Ref.Capture,
		iface: s.Interface, path: s.Path, dir: d,
	}
}

// takeSYN makes the facts of a SYN that was remembered those of c, which is new.
func (c *conn) takeSYN(e *early) {
	c.Roles, c.settled = RolesBySYN, true
	c.SYN.Ref, c.SYN.TTL, c.SYN.Seen = e.first(), e.ttl, true
	c.SYNs, c.LastSYN, c.Last = uint32(e.syns), e.last(), e.last()
	h, hs := &c.half[Client], &c.Halves[Client]
	h.phase, h.nextSeq = started, e.isn+1
	hs.ISN, hs.ISNKnown, hs.MSS = e.isn, true, e.mss
	hs.Packets, hs.Last = uint32(e.syns), e.last()
	c.recent.add(e.isn, 0, uint32(capture.SYN)<<24, e.lastTime, e.window, viaOf(e.iface, e.path)<<1|uint16(Client))
}
