package analyzer

import (
	"time"

	"github.com/handshark/handshark/reassembly"
)

// acceptThenClose is how soon after the TCP handshake a server must close for
// it to be a refusal and not the end of an idle connection.
const acceptThenClose = int64(time.Second)

// retransmitted is how long after a second SYN an answer may still come.
const retransmitted = int64(3 * time.Second)

// emitBare hands on a conversation that died before any HTTP request was read,
// if it failed: a client that sends nothing and goes away is no failure (health
// probe, preconnect), and neither is a conversation of another protocol.
func (x *conn) emitBare() {
	if !x.bareFailure() {
		return
	}
	h := x.handshake(x.firstOrphan)
	if x.tls != nil && x.tls.inside.meant {
		h.WebSocket = Yes
	}
	x.hand(h)
}

// bareFailure reports whether a conversation without a request failed.
func (x *conn) bareFailure() bool {
	client, server := len(x.prefix[reassembly.Client].Data) > 0, len(x.prefix[reassembly.Server].Data) > 0
	switch {
	case x.tls != nil && x.tls.inside.broken():
		return true
	case x.ordinal > 0 || x.tunnel != nil || x.mux.waits():
		return false
	case x.tls != nil:
		return x.tls.failed(x)
	case client && server:
		return x.refusedOther()
	case client || server, lacking(x.c, reassembly.Client), lacking(x.c, reassembly.Server):
		return false
	}
	return x.noConnection()
}

// answersHTTP reports whether the server answered in HTTP, whatever it was told.
func (x *conn) answersHTTP() bool {
	return x.firstOrphan != nil && x.firstOrphan.resp != nil && x.firstOrphan.resp.Status > 0
}

// refusedOther reports whether the client spoke something that is not HTTP and
// the server answered in HTTP.
func (x *conn) refusedOther() bool {
	client := x.lanes[reassembly.Client].mode
	return x.c.SYN.Seen && (client == modeOther || client == modeHTTP2) && x.firstOrphan != nil
}

// noConnection reports whether TCP did not come about, or was ended by the
// server before anything was said.
func (x *conn) noConnection() bool {
	if !x.c.SYN.Seen || oneWay(x.c) != 2 {
		return false
	}
	if x.halfOpen() {
		return true
	}
	if x.c.SYNACK.Seen {
		s := x.firstSignal()
		return s != nil && s.From == reassembly.Server && s.Ref.Time-x.c.SYNACK.Ref.Time < acceptThenClose
	}
	return x.refused() || len(x.a.errors.of(x.c)) > 0 || x.unanswered()
}

// halfOpen reports whether the server repeated its SYN-ACK in vain: it, or the
// ACK of the client, does not get through.
func (x *conn) halfOpen() bool {
	return x.c.SYNACKs > 2 && !x.c.HandshakeACK.Known()
}

// unanswered reports whether the SYN was repeated in vain: twice, or once and
// long ago.
func (x *conn) unanswered() bool {
	return x.c.SYNs > 2 || x.c.SYNs == 2 && x.now()-x.c.LastSYN.Time >= retransmitted
}

// refused reports whether the server answered the SYN with an RST.
func (x *conn) refused() bool {
	s := x.firstSignal()
	return s != nil && s.Kind == reassembly.RST && s.From == reassembly.Server
}

// firstSignal gives what ended a connection or, of a stream, the attempt; nil = nothing did.
func (x *conn) firstSignal() *reassembly.Signal {
	if x.inStream() {
		if !x.stream.isCut {
			return nil
		}
		return &x.stream.cut
	}
	if len(x.signals) == 0 {
		return nil
	}
	return &x.signals[0]
}

// decideBare decides a connection attempt that never carried a request.
func (x *conn) decideBare(h *Handshake) {
	no := Ending{Kind: EndingNoTCP, Time: x.lastTime()}
	switch {
	case x.halfOpen():
		h.end(ConnectFailed, ByNetwork, no)
	case x.c.SYNACK.Seen:
		x.decideCut(h, EndingNoTCP)
	case x.refused():
		h.end(ConnectFailed, ByServer, no)
	case len(x.a.errors.of(x.c)) > 0:
		h.end(ConnectFailed, ByNetwork, no)
	default:
		h.end(ConnectFailed, Nobody, no)
	}
}

// countUnjudged counts a conversation about which nothing was said.
func (x *conn) countUnjudged() {
	st := &x.a.stats
	switch {
	case x.emitted > 0:
	case x.tls != nil && x.tls.opened():
		x.countOpened()
	case x.tls != nil && x.tls.locked() != "":
		st.unjudged(TLSLocked, x.c.Server, x.tls.serverName())
	case x.tls != nil:
		st.unjudged(TLSOpaque, x.c.Server, x.tls.serverName())
	case oneWay(x.c) != 2:
		st.unjudged(OneDirection, x.c.Server, "")
	case x.c.SYN.Seen && !x.c.SYNACK.Seen && len(x.signals) == 0:
		st.unjudged(NoSYNYet, x.c.Server, "")
	}
}

// countOpened counts a conversation in TLS whose records were opened, for nothing.
func (x *conn) countOpened() {
	n := &x.tls.inside
	if n.muted(reassembly.Client) || n.muted(reassembly.Server) {
		x.a.stats.unjudged(TLSLocked, x.c.Server, x.tls.serverName())
	}
}
