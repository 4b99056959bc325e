package analyzer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

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
	if !ex.attempt && !ex.connect {
		return
	}
	h := x.handshake(ex)
	switch {
	case ex.guessed:
		h.Guessed, h.WebSocket = true, Likely
	case ex.attempt:
		h.WebSocket = Yes
	}
	if ex.resp != nil && ex.resp.Status == 101 && x.watch != nil {
		h.Upgraded = &x.watch.session
	}
	x.hand(h)
}

// handshake gathers what is known of an exchange; ex may be nil.
func (x *conn) handshake(ex *exchange) *Handshake {
	h := x.a.blank()
	*h = Handshake{
		Conn: *x.c, ConnEnd: x.end, Proxy: x.proxy, Tunnel: x.tunnel, Prefix: x.prefix,
		ICMP: x.a.errors.of(x.c), DNS: x.a.names.of(x.c.Server.Addr), Timeout: x.a.opts.Timeout,
		Start: x.c.First.Time, Until: x.a.now, AtEnd: x.end == reassembly.EndCapture,
	}
	h.Conn.User = nil
	h.Conn.Interfaces, h.Conn.Paths = slices.Clone(x.c.Interfaces), slices.Clone(x.c.Paths)
	if x.tls != nil {
		h.TLS = x.tls.facts()
	}
	if x.a.opts.Named != nil && x.a.opts.Named(x.c.Server) {
		h.WebSocket = Likely
	}
	if ex != nil {
		ex.handed = true
		h.exchange(ex)
	}
	if h.Request != nil && (h.Ordinal > 0 || h.Tunnel != nil) {
		h.Start = h.Request.First.Time
	}
	h.ID = identify(x.c, h.Start, h.number(x, ex))
	return h
}

func (h *Handshake) exchange(ex *exchange) {
	h.Request, h.Interim, h.Response = ex.req, ex.interim, ex.resp
	h.RequestBody, h.Body, h.Ordinal = ex.reqBody, ex.body, ex.ordinal
	if ex.req != nil {
		h.Cookies = ex.cookies
		h.Dialect = dialect(&ex.req.Message)
	}
}

// hand decides the outcome and hands the handshake on.
func (x *conn) hand(h *Handshake) {
	x.decide(h)
	x.evidence(h)
	if h.Amends && h.Outcome == NoResponse {
		return // as was said
	}
	if !h.Amends {
		x.emitted++
	}
	if u := h.Upgraded; u != nil && h.Outcome == Established && !u.closing() && (u.Watched == WatchTime || u.Watched == WatchBytes) {
		x.session = h.ID
	}
	x.a.emit(h)
}

// identify gives the handshake's id: the same in every run over the same packets.
func identify(c *reassembly.Conversation, start int64, n int) string {
	b := make([]byte, 0, 64)
	for _, e := range [2]capture.Endpoint{c.Client, c.Server} {
		b = binary.BigEndian.AppendUint64(b, e.Addr.Hi)
		b = binary.BigEndian.AppendUint64(b, e.Addr.Lo)
		b = binary.BigEndian.AppendUint16(b, e.Port)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(start))
	b = binary.BigEndian.AppendUint64(b, uint64(n))
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}
