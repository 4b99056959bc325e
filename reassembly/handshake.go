package reassembly

import "github.com/handshark/handshark/capture"

// A SYN on a five-tuple that is known already:
//
//	what is there          sequence number      it is
//	nothing, pure ACKs     any                  the beginning
//	a lone SYN             the same             a retransmission
//	                       another              a new epoch
//	a conversation         its client's ISN     a retransmission
//	                       fits its first byte  its SYN, captured late
//	                       another, and a FIN   a new epoch
//	                       or RST was seen
//	                       another              a rival: a new epoch once something
//	                                            answers it or goes on from it, else an
//	                                            old duplicate
//	finished conversation  the last ISN         a late duplicate
//	                       another              a new epoch
//
// Wireshark numbers a new stream at each SYN whose sequence number is not the one
// it holds for the direction; flow.renewed follows that, whatever the epochs are.
func (a *Assembler) syn(i uint32, f *flow, d direction, s *capture.Segment) {
	renewed := a.renewed(i, f, d, s)
	stream := f.stream
	if renewed {
		stream = a.number()
		f.flags &^= knownForth | knownBack
	}
	switch f.state {
	case silent:
		a.begin(i, f, d, s, stream)
	case lone:
		a.synAgain(i, f, d, s, stream)
	case answered:
		a.promote(i, s)
		a.synOpen(i, f, d, s, stream)
	case open:
		a.synOpen(i, f, d, s, stream)
	case closed:
		if !renewed {
			a.stats.Late++
			return
		}
		a.begin(i, f, d, s, stream)
	}
}

// begin starts an epoch with a SYN.
func (a *Assembler) begin(i uint32, f *flow, d direction, s *capture.Segment, stream uint32) {
	if f.ref != 0 && stream == f.stream {
		e := a.earlies.at(f.ref)
		e.isn, e.mss, e.ttl, e.dir, e.window, e.syns = s.Seq, s.MSS, s.TTL, d, s.Window, 1
		e.lastFrame, e.lastTime = s.Ref.Frame, s.Ref.Time
	} else {
		a.earlies.remove(f.ref)
		f.ref = a.earlies.add(s, d, stream)
	}
	f.stream, f.state = stream, lone
	a.enlist(i, opening)
	a.stats.Conversations++
	a.stats.Open++
	if s.Wire > 0 {
		a.early(i, f, d, s)
	}
}

// early opens a conversation for the data of its very SYN (RFC 7413).
func (a *Assembler) early(i uint32, f *flow, d direction, s *capture.Segment) {
	c := a.promote(i, s)
	c.recent = recent{}
	c.SYNs, c.Halves[Client].Packets = 0, 0
	a.arrive(c, f, d, s)
}

func (a *Assembler) synAgain(i uint32, f *flow, d direction, s *capture.Segment, stream uint32) {
	e := a.earlies.at(f.ref)
	switch {
	case e.dir == d && e.isn != s.Seq:
		a.end(i, EndReused)
		a.begin(i, f, d, s, stream)
	case e.dir != d || s.Wire > 0 || e.copied(s):
		a.arrive(a.promote(i, s), f, d, s)
	default:
		e.repeat(s)
		a.surface(i)
	}
}

// repeat notes a retransmission of the SYN.
func (e *early) repeat(s *capture.Segment) {
	e.lastFrame, e.lastTime = s.Ref.Frame, s.Ref.Time
	if e.syns < 1<<16-1 {
		e.syns++
	}
}

// copied reports whether s may be a second copy of the SYN, or was captured
// elsewhere: such are rare enough for a conversation of their own.
func (e *early) copied(s *capture.Segment) bool {
	apart := max(s.Ref.Time-e.lastTime, e.lastTime-s.Ref.Time)
	return s.Interface != e.iface || s.Path != e.path || s.Ref.Capture != e.capture || apart <= copySame*1000
}

func (a *Assembler) synOpen(i uint32, f *flow, d direction, s *capture.Segment, stream uint32) {
	c := a.conns[f.ref]
	c.way = long
	side := f.side(d)
	if c.belongs(side, s) {
		c.StreamExact = c.StreamExact && int64(stream) == c.Stream
		f.stream = stream
		a.arrive(c, f, d, s)
		return
	}
	if c.rival != 0 && a.earlies.at(c.rival).isn == s.Seq {
		a.earlies.at(c.rival).repeat(s)
		return
	}
	if c.rival != 0 {
		a.stats.StraySYNs++
		a.earlies.remove(c.rival)
	}
	c.rival = a.earlies.add(s, d, stream)
	if c.ending() || s.Wire > 0 {
		c.onward = 0
		a.close(c, EndReused)
		if s.Wire > 0 {
			a.early(i, f, d, s)
		}
		return
	}
	c.StreamExact = false
}

// adoptReach is how far in bytes before the first byte seen a SYN may lie that
// was captured late.
const adoptReach = 64 << 10

// belongs reports whether a SYN of side is part of c.
func (c *conn) belongs(side Side, s *capture.Segment) bool {
	h, hs := &c.half[side], &c.Halves[side]
	if hs.ISNKnown {
		return hs.ISN == s.Seq
	}
	if h.phase == unseen {
		return true
	}
	first := h.first()
	off := h.offset(s.Seq + 1)
	if h.phase == started {
		return off == 0
	}
	return off <= first && first-off <= adoptReach
}

// first gives the lowest offset known to exist.
func (h *half) first() int64 {
	var off int64
	if h.hasAck {
		off = h.ackLow
	}
	if len(h.items) > 0 {
		off = min(off, h.items[0].start)
	}
	return off
}

// ending reports whether c saw a FIN or an RST.
func (c *conn) ending() bool {
	for s := range c.half {
		if c.half[s].fin.state != controlNone || c.half[s].rst.state != controlNone {
			return true
		}
	}
	return c.links[lingering].in
}

// contest decides between c and its rival SYN at a segment that is no SYN.
func (a *Assembler) contest(i uint32, c *conn, d direction, s *capture.Segment) *conn {
	if a.confirms(c.rival, d, s) {
		c.onward = 0
		a.close(c, EndReused)
		return a.promote(i, nil)
	}
	if d == a.earlies.at(c.rival).dir && s.Wire > 0 && c.onward < 1<<8-1 {
		c.onward++
	}
	return c
}

// wentOn reports whether the sender of the rival SYN went on with c after it, so
// that the SYN must have been an old duplicate. One segment may have been captured
// late.
func (c *conn) wentOn() bool { return c.onward > 1 }

// confirms reports whether s answers the rival SYN or goes on from it.
func (a *Assembler) confirms(rival uint32, d direction, s *capture.Segment) bool {
	e := a.earlies.at(rival)
	if d == e.dir {
		return s.Seq == e.isn+1
	}
	return s.Flags.Has(capture.ACK) && s.Ack == e.isn+1
}

// enthrone makes the flow one with nothing but the rival SYN.
func (a *Assembler) enthrone(i, rival uint32) {
	f := a.flows.flow(i)
	f.state, f.ref, f.stream = lone, rival, a.earlies.at(rival).stream
	a.enlist(i, opening)
	a.stats.Conversations++
	a.stats.Open++
}

// handshake takes the facts of a SYN or SYN-ACK that belongs to c.
func (a *Assembler) handshake(c *conn, f *flow, d direction, s *capture.Segment) {
	if s.Flags.Has(capture.ACK) {
		a.synACK(c, f, d, s)
		return
	}
	if !c.settled {
		c.setRoles(f, d, RolesBySYN)
	}
	side := f.side(d)
	if side == Client {
		c.noteSYN(s)
	}
	a.fix(c, side, s.Seq, s.MSS)
}

func (c *conn) noteSYN(s *capture.Segment) {
	if !c.SYN.Seen {
		c.SYN = Mark{Ref: s.Ref, TTL: s.TTL, Seen: true}
	}
	c.SYNs++
	c.LastSYN = s.Ref
}

// fix sets where a side's stream begins, unless that is settled. What is held of
// before then belongs to another epoch.
func (a *Assembler) fix(c *conn, side Side, isn uint32, mss uint16) {
	h, hs := &c.half[side], &c.Halves[side]
	if h.phase != started {
		h.start(isn + 1)
		for len(h.items) > 0 && h.items[0].start < 0 {
			a.buffers.put(a.pop(h).data)
			a.stats.Late++
		}
	}
	if !hs.ISNKnown {
		hs.ISN, hs.ISNKnown = isn, h.nextSeq-uint32(h.next) == isn+1
	}
	if hs.ISN == isn && mss != 0 {
		hs.MSS = mss
	}
}

// synACK judges a SYN-ACK. One that acknowledges another SYN than the client's
// answers an earlier epoch and is counted as a packet, nothing else. A second one
// with another sequence number (two servers behind one address, SYN cookies)
// replaces the first until the client or the server went on from the first.
func (a *Assembler) synACK(c *conn, f *flow, d direction, s *capture.Segment) {
	if !c.settled {
		c.setRoles(f, d^1, RolesBySYN)
	}
	side := f.side(d)
	known := &c.Halves[side.Other()]
	if side == Client || known.ISNKnown && !c.half[Client].answered(known.ISN, s.Ack) {
		return
	}
	hs := &c.Halves[Server]
	bump(&c.SYNACKs)
	if !known.ISNKnown {
		a.fix(c, Client, s.Ack-1, 0)
	}
	if hs.ISNKnown && hs.ISN != s.Seq {
		if c.HandshakeACK.Known() || c.half[Server].next > 0 || len(c.half[Server].items) > 0 {
			return
		}
		a.disown(&c.half[Server])
		c.half[Server] = half{backlog: &a.none}
		hs.ISNKnown = false
		c.SYNACK.Seen = false
	}
	if !c.SYNACK.Seen {
		c.SYNACK = Mark{Ref: s.Ref, TTL: s.TTL, Seen: true}
	}
	a.fix(c, Server, s.Seq, s.MSS)
}

// answered reports whether a SYN-ACK with this acknowledgment answers a SYN: it
// acknowledges the SYN, or the SYN and data that went with it (RFC 7413).
func (h *half) answered(isn, ack uint32) bool {
	return ack == isn+1 || h.phase == started && h.offset(ack) > 0 && h.offset(ack) <= h.seenEnd
}
