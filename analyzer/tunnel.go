package analyzer

import (
	"github.com/handshark/handshark/reassembly"
)

// tunneling is what makes a stream of HTTP/2 a tunnel, opened by a plain CONNECT (RFC 9113
// section 8.5): what is in it is read as if a connection carried it. Its octets have the
// offsets of the TCP stream, but for those in which a head goes on, as in [inside].
type tunneling struct {
	is    bool
	heard [2]bool
	next  [2]uint64 // stream offsets behind what was read last
}

// asksTunnel reports whether a request asks a proxy for a tunnel.
func asksTunnel(m *Message, p *pseudo) bool { return p.method == "CONNECT" && !m.Has(":protocol") }

// inStream reports whether x follows an attempt that is a stream of HTTP/2, not one in a
// tunnel there.
func (x *conn) inStream() bool { return x.stream != nil && !x.stream.tunnel.is }

// tunnelAnswer takes the answer to a CONNECT; one that is refused says nothing of WebSocket.
func (x *conn) tunnelAnswer(ex *exchange, m *Message) {
	switch {
	case m.Status/100 == 1:
	case m.Status/100 == 2:
		x.take(ex)
		ex.resp = m
		x.openTunnel(ex)
	default:
		x.stream.over = true
	}
}

// tunnelData takes octets of DATA frames of a tunnel.
func (x *conn) tunnelData(ch *reassembly.Chunk) {
	l, t, before := &x.lanes[ch.From], &x.stream.tunnel, x.octets()
	switch {
	case l.mode == modeStream:
		return // before the answer
	case !t.heard[ch.From]:
		t.heard[ch.From], x.base[ch.From] = true, ch.Offset
	case l.midway():
		ch.Offset = t.next[ch.From]
	}
	t.next[ch.From] = ch.Offset + uint64(len(ch.Data))
	if x.watch != nil {
		x.watch.advance(ch.Ref.Time)
	}
	x.keepPrefix(ch)
	l.data(ch)
	x.stream.hold(x.octets() - before)
}

// tunnelGap takes octets of a tunnel that were not captured.
func (x *conn) tunnelGap(ch *reassembly.Chunk, vague bool) {
	if vague {
		ch.Gap = unknownGap
	}
	if w := x.watch; w != nil && vague {
		x.loseFrames(ch.From)
		return
	}
	x.lanes[ch.From].gap(ch)
}

// tunnelOver ends what is read inside.
func (x *conn) tunnelOver(end reassembly.End) {
	for s := range x.lanes {
		x.lanes[s].finish(end)
	}
	if x.mux != nil {
		x.mux.close(end)
	}
}
