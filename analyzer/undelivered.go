package analyzer

import (
	"time"

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
	s, client, server := h.Upgraded, &h.Conn.Halves[reassembly.Client], &h.Conn.Halves[reassembly.Server]
	return s.Resent >= inVain && server.LastData.Time-h.Response.Last.Time >= vainFor &&
		h.TLS == nil && server.Acked < h.Response.End() && s.After[reassembly.Client] == 0 &&
		bareACKs(&h.Conn) && !lacking(&h.Conn, reassembly.Client) && !leftBefore(client, h.Response)
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
