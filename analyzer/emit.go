package analyzer

import (
	"slices"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// add appends body octets up to BodyLimit.
func (b *Body) add(data []byte, ref capture.Ref) {
	if b.Length == 0 {
		b.Ref = ref
	}
	b.Length += uint64(len(data))
	if room := BodyLimit - len(b.Data); room > 0 {
		b.Data = append(b.Data, data[:min(room, len(data))]...)
	}
}

// emitExchange hands on an exchange that is somebody's business: a WebSocket
// attempt, or a CONNECT that did not get its tunnel.
func (x *conn) emitExchange(ex *exchange) {
	if ex.done {
		return
	}
	ex.done = true
	if x.tls != nil && x.tls.inside.voids(ex) {
		return
	}
	x.reached(ex)
	if !ex.attempt && !ex.connect {
		x.unseen(ex)
		return
	}
	h := x.handshake(ex)
	switch {
	case ex.guessed:
		h.Guessed, h.WebSocket = true, Likely
	case ex.attempt:
		h.WebSocket = Yes
	}
	if x.watch != nil && x.watch.ex == ex {
		h.Upgraded = &x.watch.session
	}
	x.hand(h)
}

// unseen counts a conversation with a GET that may have been an attempt, because what
// would tell so was not captured.
func (x *conn) unseen(ex *exchange) {
	if ex.req == nil || x.cut || ex.method != "GET" || !cutShort(ex.req) {
		return
	}
	x.cut = true
	x.a.stats.unjudged(HeadCut, x.c.Server, "")
}

// reached tells that a host was found by the name that a request is for.
func (x *conn) reached(ex *exchange) {
	if names := &x.a.names.failed; len(names.byName) > 0 && ex.req != nil {
		names.reached(x.c, field.HostName(ex.req.Get("Host")))
	}
}

// handshake gathers what is known of an exchange; ex may be nil.
func (x *conn) handshake(ex *exchange) *Handshake {
	h := x.a.blank()
	room := [2][]byte{h.Prefix[0].Data[:0], h.Prefix[1].Data[:0]}
	*h = Handshake{} // in place: a literal with all of it would be made elsewhere and copied
	h.Conn = *x.c
	h.Conn.User = nil
	h.Proxy, h.Tunnel = x.proxy, x.tunnel
	prefix := &x.speaker().prefix
	for s := range h.Prefix {
		h.Prefix[s].Data, h.Prefix[s].Ref = append(room[s], prefix[s].Data...), prefix[s].Ref
	}
	h.ConnEnd, h.AtEnd, h.Timeout = x.end, x.end == reassembly.EndCapture, x.a.opts.Timeout
	h.Start, h.Until = x.c.First.Time, x.now()
	if ex != nil {
		ex.handed = true
		h.exchange(ex)
	}
	if x.a.opts.Named != nil && x.a.opts.Named(x.c.Server) {
		h.WebSocket = Likely
	}
	if x.tls != nil || len(x.c.Interfaces)+len(x.c.Paths)+len(x.a.errors.byFlow)+len(x.a.names.byAddr) > 0 {
		x.surroundings(h)
	}
	if h.Request != nil && (h.Ordinal > 0 || h.Tunnel != nil) {
		h.Start = h.Request.First.Time
	}
	h.Nth, h.swallowed = h.number(x, ex), x.swallowed
	if x.inStream() {
		h.HTTP2 = x.stream.view()
	}
	if len(x.a.idle.byClient) > 0 {
		h.Idle = x.a.idle.of(h)
	}
	return h
}

// surroundings adds what most conversations do without.
func (x *conn) surroundings(h *Handshake) {
	h.Conn.Interfaces, h.Conn.Paths = slices.Clone(x.c.Interfaces), slices.Clone(x.c.Paths)
	h.ICMP, h.DNS = x.a.errors.of(x.c), x.a.names.of(x.c.Server.Addr)
	if x.tls != nil {
		h.TLS = x.tls.facts()
	}
}

func (h *Handshake) exchange(ex *exchange) {
	h.Request, h.Interim, h.Response = ex.req, ex.interim, ex.resp
	h.RequestBody, h.Body, h.Ordinal = ex.reqBody, ex.body, ex.ordinal
	if ex.req != nil {
		h.Cookies, h.Dialect = ex.cookies, ex.dialect
	}
}

// hand decides the outcome and hands the handshake on.
func (x *conn) hand(h *Handshake) {
	if x.a.opts.Hold && h.answered() && !h.Upgraded.goesOn() {
		h.open = true
		x.emitted++
		x.a.emit(h)
		return
	}
	h.Upgraded.settle()
	x.decide(h)
	x.evidence(h)
	if h.Amends && h.Outcome == NoResponse {
		return // as was said
	}
	if !h.Amends {
		x.root().emitted++
	}
	if u := h.Upgraded; x.stream == nil && u.goesOn() && h.Outcome == Established && !u.closing() {
		x.session = session{h.ID(), true}
	}
	x.a.emit(h)
}

// goesOn reports whether the session was still open at the end of its look-ahead.
func (s *Session) goesOn() bool {
	return s != nil && (s.Watched == WatchTime || s.Watched == WatchBytes)
}

// Decide finds the outcome and the evidence of a handshake that was handed
// on with Options.Hold, unless they are known: as a rule they follow from the
// handshake alone, so that whoever judges it can find them as well. What has to be
// known at once, or needs more than that, was decided when it was handed on. Compressed
// messages that no outcome depended on are read for those who judge.
func (h *Handshake) Decide() {
	if h.open {
		h.open = false
		h.Upgraded.settle()
		h.decideAnswer()
		h.evidence()
	}
	h.inflate()
}
