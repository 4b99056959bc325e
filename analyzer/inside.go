package analyzer

import (
	"math"

	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// inside is what is read of the application in a TLS connection whose secrets are known.
// Its octets have offsets of the TCP stream, so that they compare with what was
// acknowledged: a record's are those from its first octet on, but for one in which a head
// goes on.
type inside struct {
	x     *conn
	reads bool // the lanes read what is inside, no longer records
	fed   *reassembly.Chunk
	late  bool // records of packets before it wait to be read
	// objected: the server of TLS 1.3 sent a fatal alert; meant: the client asked for WebSocket on a
	// connection that broke upon one.
	objected, meant bool
	sides           [2]insideSide
}

// insideSide is one side of it.
type insideSide struct {
	heard bool
	holed bool   // something could not be read
	left  bool   // it said that it will say no more
	next  uint64 // offset behind what was read last
	track track  // packets of records that are not read yet
}

// unlock makes w read what is inside, if there is or may be a secret.
func (w *tlsWatch) unlock(x *conn) {
	w.inside.x = x
	if keys := x.a.opts.Keys; keys != nil {
		w.r.Decrypt(keys, x.a.opts.LateKeys, w.inside.said, w.inside.unsaid)
	}
}

// note notes the packet of octets that are about to be fed.
func (n *inside) note(ch *reassembly.Chunk) {
	n.fed, n.late = ch, n.x.tls.r.Held() > 0
	if n.x.a.opts.Keys != nil && !n.x.tls.r.Mute(tls.Side(ch.From)) {
		n.sides[ch.From&1].track.add(placeOf(ch))
	}
}

// retry looks whether the secrets came that records wait for.
func (n *inside) retry() {
	if r := n.x.tls.r; r.Waits() {
		n.fed, n.late = &reassembly.Chunk{Offset: math.MaxUint64, Ref: n.x.c.Last}, true
		r.Feed(tls.Client, 0, nil)
		n.x.tls.alerted(n.fed.Ref)
	}
}

// octets gives about how much memory is held besides what the lanes do.
func (n *inside) octets() int {
	return n.x.tls.r.Octets() + placeCost*(len(n.sides[0].track.places)+len(n.sides[1].track.places))
}

// enter makes the lanes begin with what is inside.
func (n *inside) enter() {
	n.reads = true
	for s := range n.x.lanes {
		if l := &n.x.lanes[s]; l.mode == modeTLS {
			l.mode = modeSniff
			l.track.places = l.track.places[:0]
		}
		n.x.prefix[s].Data, n.x.prefix[s].Ref = n.x.prefix[s].Data[:0], capture.Ref{} // those are TLS's own
	}
}

// said takes a record of the application of a side; offset is that of the record.
func (n *inside) said(from tls.Side, offset uint64, data []byte) {
	if len(data) == 0 || n.x.c.Ignored() {
		return
	}
	if !n.reads {
		n.enter()
	}
	s := reassembly.Side(from)
	side, l, p := &n.sides[s], &n.x.lanes[s], n.place(s, offset, len(data))
	side.track.forget(offset)
	switch {
	case !side.heard:
		side.heard = true
		n.x.base[s] = offset
	case l.midway():
		offset = side.next
	}
	side.next = offset + uint64(len(data))
	ch := reassembly.Chunk{From: s, Offset: offset, Data: data, Ref: p.ref, Acked: p.acked, HasAck: p.hasAck}
	n.x.keepPrefix(&ch)
	l.data(&ch)
}

// recordOverhead is the least that a record is longer than what it holds.
const recordOverhead = 5 + 16

// place gives the packet that completed a record: the one at hand, but for records that
// waited for their secrets.
func (n *inside) place(s reassembly.Side, offset uint64, size int) place {
	ch, end := n.fed, offset+recordOverhead+uint64(size)
	if n.late && (s != ch.From || end <= ch.Offset) {
		return *n.sides[s].track.at(end - 1)
	}
	return placeOf(ch)
}

// midway reports whether a head, what may become one, or what is kept behind one goes on in
// the next octets.
func (l *lane) midway() bool {
	return l.mode == modeHTTP && l.http.Busy() || l.mode == modeHTTP2 && l.x.mux.readers[l.side].Busy() || l.mode == modeSniff && len(l.sniff) > 0 ||
		l.side == reassembly.Client && len(l.x.behind.data) > 0
}

// parts takes an alert. After a close_notify no more of a side is read (RFC 8446 section
// 6.1), and the other side may well be the first to end TCP upon it: it counts as the FIN.
func (n *inside) parts(a *tls.Alert) {
	s := reassembly.Side(a.From)
	n.objected = n.objected || a.Protected && a.From == tls.Server && a.Level == tls.Fatal && n.x.tls.seen.Version() >= tls.TLS13
	if !a.Protected || a.Code != tls.CloseNotify || !n.reads || n.sides[s].left || n.x.ended(s) {
		return
	}
	n.sides[s].left = true
	n.x.ends(&reassembly.Signal{From: s, Kind: reassembly.FIN, Offset: a.Offset, Ref: n.place(s, a.Offset, alertSize).ref})
}

// broken reports whether TLS did not come about although the client said something inside.
// In TLS 1.3 it may ask before it knows that the server objects to its certificate, or to
// its lack of one: where the server said nothing, what was asked never counted. What it
// said and cannot be read is not nothing.
func (n *inside) broken() bool {
	return n.reads && n.objected && !n.sides[reassembly.Server].heard && !n.muted(reassembly.Server)
}

// voids reports whether an exchange never counted.
func (n *inside) voids(ex *exchange) bool {
	if !n.broken() {
		return false
	}
	n.meant = n.meant || ex.attempt
	return true
}

// alertSize is what an alert has inside of its record.
const alertSize = 2

// unknownGap stands for a gap of which only the place is known: no message bridges it.
const unknownGap = 1 << 40

// unsaid tells that something a side said from offset on cannot be read.
func (n *inside) unsaid(from tls.Side, offset uint64) {
	if !n.reads || n.x.c.Ignored() {
		return
	}
	s := reassembly.Side(from)
	n.sides[s].holed = true
	if w := n.x.watch; w != nil && n.x.lanes[s].mode == modeFrames {
		if !w.over {
			w.read()
			w.lose(s)
		}
		return
	}
	n.x.lanes[s].gap(&reassembly.Chunk{From: s, Offset: offset, Gap: unknownGap, Ref: n.fed.Ref})
}

// muted reports whether something that a side said inside could not be read, where
// something was read at all.
func (n *inside) muted(s reassembly.Side) bool {
	return n.reads && (n.sides[s].holed || n.x.tls.r.Mute(tls.Side(s)))
}
