package analyzer

import (
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/reassembly"
)

// decide finds the outcome of an attempt, who ended it and how.
func (x *conn) decide(h *Handshake) {
	switch {
	case h.TLS != nil && h.TLS.NotHTTP2 && h.Request == nil:
		x.decideCut(h, EndingTLS)
	case h.TLS != nil && h.Request == nil && (!x.tls.inside.reads || x.tls.inside.broken()):
		h.end(TLSFailed, Nobody, Ending{Kind: EndingTLS, Time: x.lastTime()})
		h.EndedBy = x.tls.endedBy(x)
	case h.Response != nil && h.Response.Torn():
		x.decideCut(h, EndingNoStatus)
	case h.Response != nil:
		h.decideAnswer()
	case h.Request != nil:
		x.decideUnanswered(h)
	default:
		x.decideBare(h)
	}
}

func (h *Handshake) end(o Outcome, by Party, e Ending) {
	h.Outcome, h.EndedBy, h.Ending = o, by, e
}

// answered reports whether an attempt has an answer, and no more than that has to be
// looked at: decideAnswer and evidence tell all.
func (h *Handshake) answered() bool {
	return h.TLS == nil && h.HTTP2 == nil && h.Response != nil && !h.Response.Torn()
}

// decideAnswer decides an attempt with a response whose head is not torn.
func (h *Handshake) decideAnswer() {
	r := h.Response
	switch {
	case h.stuck(), r.Why == http1.StopGap && h.gone():
		h.end(NoResponse, ByNetwork, Ending{Kind: EndingNoStatus, Time: h.Until})
		return
	case h.stalled():
		h.end(NoResponse, Nobody, Ending{Kind: EndingNoStatus, Time: h.Until})
		return
	case h.Accepted():
		h.decideUpgrade()
		return
	}
	status := Ending{Kind: EndingStatus, Status: r.Status, Time: r.First.Time}
	switch {
	case r.Status == 0 && !r.Complete:
		h.end(Incomplete, ByCaptureEnd, Ending{})
	case r.Status == 0:
		h.end(Malformed, ByServer, Ending{Kind: EndingNotHTTP, Time: r.First.Time})
	case r.Status/100 == 3 && r.Status != 304:
		h.end(Redirected, ByServer, status)
	default:
		h.end(Rejected, ByServer, status)
	}
}

// stalled reports whether the server stopped inside a head, for as long as a server
// may be silent.
func (h *Handshake) stalled() bool {
	r := h.Response
	return r.Why == http1.StopOpen && !h.Missed(reassembly.Server) && h.Until-r.Last.Time >= h.Timeout
}

// decideUnanswered decides an attempt without a final status.
func (x *conn) decideUnanswered(h *Handshake) {
	switch {
	case h.Request.Why == http1.StopGap:
		h.end(Incomplete, ByCaptureEnd, Ending{})
	case x.speaker().spokeOther(x.inStream()) && h.Ordinal == 0:
		h.end(Malformed, ByServer, Ending{Kind: EndingNotHTTP, Time: h.Prefix[reassembly.Server].Ref.Time})
	case h.gone():
		h.end(NoResponse, ByNetwork, Ending{Kind: EndingNoStatus, Time: h.Until})
	case x.missed(reassembly.Server), x.unread(h):
		h.end(Incomplete, ByCaptureEnd, Ending{})
	default:
		x.decideCut(h, EndingNoStatus)
	}
}

// spokeOther reports whether the server of a connection said something that is not in the
// version of HTTP that the client spoke. That of HTTP/2 shows in its first octets, as far as
// there are any: whatever is lost later, it was HTTP/2. Which octets are the first nobody can
// tell without its SYN-ACK, or where others of the server are missing.
func (x *conn) spokeOther(inHTTP2 bool) bool {
	said := x.prefix[reassembly.Server].Data
	switch mode := x.lanes[reassembly.Server].mode; {
	case len(said) == 0, inHTTP2 && (!x.c.SYNACK.Seen || x.missed(reassembly.Server)):
		return false
	case inHTTP2:
		return http2.Starts(said) == http2.No
	case mode == modeOther:
		return x.mux == nil || !x.mux.lost[reassembly.Server]
	default:
		return mode == modeTLS || mode == modeHTTP2
	}
}

// unread reports whether the server sent something after a request that no response
// was found in, on a connection of which the capture lacks the beginning: its first
// octets may be missing without a trace.
func (x *conn) unread(h *Handshake) bool {
	server := &x.c.Halves[reassembly.Server]
	begun := x.c.SYN.Seen && (!x.inStream() || x.c.SYNACK.Seen || x.stream.mux.readers[reassembly.Server] != nil)
	return !begun && len(h.Interim) == 0 && server.DataPackets > 0 && server.LastData.Time > h.Request.Last.Time
}

// Torn reports whether the connection ended inside a head.
func (m *Message) Torn() bool { return m.Why == http1.StopClose || m.Why == http1.StopReset }

// missed reports whether octets of a side existed that the capture lacks.
func (x *conn) missed(s reassembly.Side) bool {
	return s == reassembly.Server && x.swallowed || lacking(x.c, s) || x.stream != nil && x.stream.mux.lost[s] || x.tls != nil && x.tls.inside.muted(s)
}

// Missed reports whether octets of a side existed that the capture lacks.
func (h *Handshake) Missed(s reassembly.Side) bool {
	return s == reassembly.Server && h.swallowed || lacking(&h.Conn, s) || h.HTTP2 != nil && h.HTTP2.Lost[s] || h.TLS != nil && h.TLS.Muted[s]
}

// lacking reports whether octets of a side were not captured.
func lacking(c *reassembly.Conversation, s reassembly.Side) bool {
	half := &c.Halves[s]
	return half.BeyondAck || half.Missing+half.Cut > 0 || resetBeyond(half) || oneWay(c) == s
}

// resetBeyond reports whether a side reset the connection behind octets that were not
// captured; a FIN counts as one.
func resetBeyond(half *reassembly.Half) bool {
	return half.RST.Seen && half.RST.Window == reassembly.InWindow && half.RST.Offset > half.Bytes+1
}

// leftUnseen reports whether a side ended the connection in a packet that was not captured,
// nobody knows when: what was acknowledged of it, or its RST, is beyond all of its octets.
func leftUnseen(c *reassembly.Conversation, s reassembly.Side) bool {
	half := &c.Halves[s]
	return !half.FIN.Seen && (half.Acked > half.Bytes || half.RST.Seen && half.RST.Offset > half.Bytes)
}

// oneWay gives the side of which no packet was captured although the other
// side's packets show that it spoke; both sides' packets there: an impossible side.
func oneWay(c *reassembly.Conversation) reassembly.Side {
	const none = reassembly.Side(2)
	for _, s := range [2]reassembly.Side{reassembly.Client, reassembly.Server} {
		other := &c.Halves[s.Other()]
		if c.Halves[s].Packets == 0 && other.Packets > 0 && spokeUnseen(c, s) {
			return s
		}
	}
	return none
}

// spokeUnseen reports whether the packets of one side show that the other, of
// which none was captured, had answered: anything but SYNs.
func spokeUnseen(c *reassembly.Conversation, silent reassembly.Side) bool {
	if silent == reassembly.Client {
		return true // a server does not send on its own
	}
	return c.Halves[reassembly.Client].Packets > c.SYNs
}

// decideCut decides by what ended the connection, or by the silence.
func (x *conn) decideCut(h *Handshake, kind EndingKind) {
	if s := x.firstSignal(); s != nil {
		h.end(x.cutBy(h, s), partyOf(s.From), Ending{Kind: kind, Time: s.Ref.Time})
		return
	}
	switch {
	case x.end == reassembly.EndEvicted:
	case x.undelivered(h):
		h.end(NoResponse, ByNetwork, Ending{Kind: kind, Time: x.now()})
		return
	case x.now()-x.lastOf(h) >= x.a.opts.Timeout:
		h.end(NoResponse, Nobody, Ending{Kind: kind, Time: x.now()})
		return
	}
	h.end(Incomplete, ByCaptureEnd, Ending{})
}

// now is the capture time, which that of the connection's own packets is in any case.
func (x *conn) now() int64 { return max(x.a.now, x.c.Last.Time) }

// cutBy gives the outcome of an attempt that a FIN or RST ended.
func (x *conn) cutBy(h *Handshake, s *reassembly.Signal) Outcome {
	switch {
	case s.From == reassembly.Client && h.Response == nil && s.Ref.Time-x.lastOf(h) >= x.a.opts.Timeout:
		return NoResponse // the client, too, gave up waiting
	case s.Kind == reassembly.RST:
		return Reset
	}
	return Closed
}

// lastOf is the time of the client's last octet of the attempt.
func (x *conn) lastOf(h *Handshake) int64 {
	if h.Request != nil {
		return h.Request.Last.Time
	}
	return x.c.First.Time
}

func (x *conn) lastTime() int64 { return x.c.Last.Time }
