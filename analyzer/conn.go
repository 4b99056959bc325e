package analyzer

import (
	"slices"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// conn is what the analyzer follows of one conversation, and memory that serves
// one conversation after the other.
type conn struct {
	following
	lanes   [2]lane
	queue   []*exchange // requests without a final response, oldest first
	orphans []*exchange // responses without a request, oldest first
	prefix  [2]Prefix
	behind  stray               // client octets behind the newest request that are not HTTP
	signals []reassembly.Signal // FIN and RST in order of packets; at most 4
}

// following is what begins anew with each conversation.
type following struct {
	a *Analyzer
	c *reassembly.Conversation

	proxy  *ProxyHeader
	tunnel *Tunnel
	tls    *tlsWatch
	mux    *multiplex // of a connection in HTTP/2
	stream *stream    // set where a stream of HTTP/2 is followed, and not a connection

	queued      load      // of queue
	orphaned    load      // of orphans
	firstOrphan *exchange // the first of orphans, whatever became of it
	reading     *exchange // the exchange whose response body is being read
	ordinal     int       // exchanges begun
	emitted     int       // handshakes handed on
	watch       *watch    // the session after a 101; nil before
	gapped      bool      // bytes of the server were lost since its last response
	// swallowed: a response without a known request seems to go on until the end;
	// had the request been a CONNECT, later responses would be in there.
	swallowed bool
	cut       bool    // counted as HeadCut
	session   session // the established handshake whose session outlived its look-ahead

	base  [2]uint64      // stream offsets of the prefixes
	end   reassembly.End // 0 while open
	entry entry          // in Analyzer.held
}

// begin makes an empty conn follow c.
func (x *conn) begin(a *Analyzer, c *reassembly.Conversation) {
	x.a, x.c = a, c
	for s := range x.lanes {
		x.lanes[s].x, x.lanes[s].side = x, reassembly.Side(s)
	}
}

// empty drops all but the memory.
func (x *conn) empty() {
	if x.mux != nil {
		x.mux.unused()
	}
	clear(x.queue)
	clear(x.orphans)
	x.following = following{}
	x.queue, x.orphans, x.signals = x.queue[:0], x.orphans[:0], x.signals[:0]
	x.behind.empty()
	for s := range x.lanes {
		x.lanes[s].empty()
		x.prefix[s].Data, x.prefix[s].Ref = x.prefix[s].Data[:0], capture.Ref{}
	}
}

// data takes a run of bytes, or a gap.
func (x *conn) data(ch *reassembly.Chunk) {
	if x.watch != nil {
		x.watch.advance(ch.Ref.Time)
	}
	if x.c.Ignored() {
		return
	}
	switch inTLS := x.tls != nil && x.tls.inside.reads; {
	case inTLS && ch.Data == nil:
		x.tls.gap(ch.From, ch)
	case inTLS:
		x.tls.feed(x, ch.From, ch)
	case ch.Data == nil:
		x.lanes[ch.From].gap(ch)
	default:
		x.keepPrefix(ch)
		x.lanes[ch.From].data(ch)
	}
}

// keepSignal keeps a FIN or RST in order of packets: of a side that said nothing, in a
// capture that begins in the middle, it is known later than that of the other.
func (x *conn) keepSignal(s *reassembly.Signal) {
	at := len(x.signals)
	for at > 0 && !x.c.SYN.Seen && s.Ref.Time < x.signals[at-1].Ref.Time {
		at--
	}
	if at == len(x.signals) {
		*extend(&x.signals) = *s
		return
	}
	x.signals = slices.Insert(x.signals, at, *s)
}

// signal takes a FIN or RST. An RST outside of the window is ignored as its
// receiver ignores it (RFC 9293 section 3.10.7.4): it is forged, or of another
// connection, and Conversation.Halves tells of it.
func (x *conn) signal(s *reassembly.Signal) {
	if s.Kind == reassembly.RST && s.Window == reassembly.OutsideWindow {
		return
	}
	if x.tls != nil {
		x.tls.inside.retry() // what was said before comes before
		if s.Kind == reassembly.FIN && x.tls.inside.sides[s.From].left {
			return // which told as much
		}
	}
	x.ends(s)
}

// ends takes what ends a side, or both.
func (x *conn) ends(s *reassembly.Signal) {
	if len(x.signals) < 4 {
		x.keepSignal(s)
	}
	if x.watch != nil {
		x.watch.advance(s.Ref.Time)
		if x.session.known {
			x.a.ends(x.c, x.session, s)
			x.session = session{}
		}
		x.watch.signal(s)
	}
	if !x.c.Ignored() {
		x.stopLanes(s)
	}
	if x.mux != nil {
		x.mux.ends(s)
	}
}

func (x *conn) stopLanes(s *reassembly.Signal) {
	if s.Kind == reassembly.RST {
		x.lanes[reassembly.Client].stop(http1.StopReset)
		x.lanes[reassembly.Server].stop(http1.StopReset)
		return
	}
	x.lanes[s.From].stop(http1.StopClose)
	if s.From == reassembly.Server {
		x.serverDone()
	}
}

// ended reports whether a FIN or RST of a side was seen.
func (x *conn) ended(s reassembly.Side) bool {
	return slices.ContainsFunc(x.signals, func(have reassembly.Signal) bool { return have.From == s })
}

// close ends everything: the conversation is over, or the capture is.
func (x *conn) close(end reassembly.End) {
	if x.tls != nil {
		x.tls.inside.retry()
	}
	x.end = end
	for s := range x.lanes {
		x.lanes[s].finish(end)
	}
	if x.watch != nil {
		x.watch.finish(end)
	}
	if x.mux != nil {
		x.mux.close(end)
	}
	x.settle()
}

// settle hands on what is left when the conversation is over.
func (x *conn) settle() {
	x.adopt()
	for _, ex := range x.queue {
		x.emitExchange(ex)
	}
	for _, ex := range x.orphans {
		x.emitExchange(ex)
	}
	if x.emitted == 0 {
		x.emitBare()
	}
	x.countUnjudged()
}

// said reports whether nothing remains to be said of a conversation that is
// ignored, whatever becomes of it.
func (x *conn) said() bool {
	switch {
	case len(x.queue)+len(x.orphans) > 0 || x.mux.waits():
		return false
	case x.emitted > 0:
	case x.tls != nil && x.tls.inside.broken():
		return false
	case x.tls != nil && x.tls.opened():
	case x.tls != nil && x.tls.succeeded():
		x.countUnjudged()
	case x.tls != nil || x.firstOrphan != nil:
		return false
	}
	return true
}

// root gives the connection of a stream, which may be in a tunnel in another one, else x itself.
func (x *conn) root() *conn {
	if x.stream != nil {
		return x.stream.mux.x.root()
	}
	return x
}

// speaker gives the conn whose lanes read the first octets that x is about.
func (x *conn) speaker() *conn {
	if x.inStream() {
		return x.stream.mux.x
	}
	return x
}

// serverName gives the name that TLS asked for; empty = none.
func (x *conn) serverName() string {
	if x.tls == nil {
		return ""
	}
	return x.tls.serverName()
}

// ignore tells the assembler that nothing more is wanted of this conversation. Others go
// on in the connection of a stream.
func (x *conn) ignore() {
	switch {
	case x.stream != nil:
		x.stream.over = true
	case !x.c.Ignored():
		x.c.Ignore()
	}
}

// mixed reports whether the conversation may still become interesting: one of
// its sides speaks HTTP or TLS, or has not shown yet.
func (x *conn) mixed() bool {
	for s := range x.lanes {
		if m := x.lanes[s].mode; m != modeOther {
			return true
		}
	}
	return false
}
