package analyzer

import (
	"time"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
)

// inVain is how many retransmissions without an acknowledgement show that a head
// does not get through.
const inVain = 3

// vainFor is how long a server must have sent its 101 again for that: what is sent
// again sooner may be a tail loss probe (RFC 8985 section 7), or one short outage.
const vainFor = int64(time.Second)

// lostOnTheWay reports whether the server sent its 101 again and again and the client
// never acknowledged it: it did not arrive. A capture without acknowledgements of the
// client, one that lacks octets of it, and a client that had left cannot tell.
func (h *Handshake) lostOnTheWay() bool {
	s, server := h.Upgraded, &h.Conn.Halves[reassembly.Server]
	return s.Resent >= inVain && server.LastData.Time-h.Response.Last.Time >= vainFor &&
		server.Acked < h.Response.End() && s.After[reassembly.Client] == 0 &&
		h.acknowledges() && !leftBefore(&h.Conn.Halves[reassembly.Client], h.Response)
}

// acknowledges reports whether the capture shows what the client acknowledges, and TLS
// does not hide what that is.
func (h *Handshake) acknowledges() bool {
	return (h.TLS == nil || h.TLS.Decrypted) && bareACKs(&h.Conn) && !lacking(&h.Conn, reassembly.Client)
}

// stuck reports whether the server sent what there is of its answer again and again, and
// the client never acknowledged it: the rest of the head cannot follow. Only of the first
// answer it is certain that no other one was sent again.
func (h *Handshake) stuck() bool {
	r, server := h.Response, &h.Conn.Halves[reassembly.Server]
	return h.Ordinal == 0 && !r.Complete && r.Why != http1.StopGap && !h.Missed(reassembly.Server) &&
		server.Retransmissions >= inVain && server.LastData.Time-r.Last.Time >= vainFor && server.Acked < server.Bytes &&
		h.acknowledges() && !leftBefore(&h.Conn.Halves[reassembly.Client], r)
}

// goneFor is how long a client must be without octets that came before others for them
// not to come any more: as a rule they are sent again within a second.
const goneFor = int64(5 * time.Second)

// gone reports whether a full-sized part of the answer is missing at the client, too:
// what the server sent behind it came, and the client, of which the capture has packets
// from long after that, never acknowledged it. What the capture alone lacks is
// acknowledged. None that was full-sized got through before.
func (h *Handshake) gone() bool {
	client, server := &h.Conn.Halves[reassembly.Client], &h.Conn.Halves[reassembly.Server]
	full := FullSegment(&h.Conn)
	behind := server.Acked < full && server.Missing >= full && server.Acked+server.Missing < server.Bytes
	return h.Ordinal == 0 && behind && server.Cut == 0 && !server.BeyondAck && !client.RST.Seen &&
		client.Last.Time-server.LastData.Time >= goneFor && h.acknowledges()
}

// FullSegment is the least payload of a segment that counts as full-sized on a connection.
func FullSegment(c *reassembly.Conversation) uint64 {
	const usual = 1000
	if m := min(c.Halves[reassembly.Client].MSS, c.Halves[reassembly.Server].MSS); m > 0 {
		return uint64(m) * 3 / 4 // options take some of it
	}
	return usual
}

// bareACKs reports whether packets of the client without data are in the capture: a
// filter that takes only those with data leaves its acknowledgements out.
func bareACKs(c *reassembly.Conversation) bool {
	client := &c.Halves[reassembly.Client]
	return client.Packets > client.DataPackets+c.SYNs
}

// leftBefore reports whether a side had ended its stream before a message of the other.
func leftBefore(half *reassembly.Half, m *Message) bool {
	fin, rst := &half.FIN, &half.RST
	return fin.Seen && fin.Ref.Time < m.Last.Time || rst.Seen && rst.Ref.Time < m.Last.Time
}

// undelivered reports whether the request was sent again and again and never
// acknowledged: there is no need to wait for the timeout.
func (x *conn) undelivered(h *Handshake) bool {
	client := &x.c.Halves[reassembly.Client]
	return h.Request != nil && client.Retransmissions >= inVain && client.Acked < h.Request.End()
}

// awaited reports whether the server is still sending its 101 again: the client may
// have it yet, for as long as an answer may take.
func (w *watch) awaited(now int64) bool {
	server := &w.x.c.Halves[reassembly.Server]
	return server.Retransmissions > w.resent && server.Acked < w.headEnd &&
		w.session.After[reassembly.Client] == 0 && now-w.at < w.x.a.opts.Timeout
}
