package analyzer

import (
	"slices"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
)

// exchange is a request and its response.
type exchange struct {
	req     *Message // nil: not captured
	end     uint64   // client stream offset after the request head
	method  string
	dialect Dialect // of req
	attempt bool    // a WebSocket attempt
	guessed bool    // an attempt only as far as a 101 to an unknown protocol is one
	connect bool    // a CONNECT
	ordinal int

	interim []*Message
	resp    *Message // final response or 101
	reqBody Body
	body    Body
	cookies []SetCookie // what the host had set for this client before the request
	done    bool        // handed on, or nobody's business
	told    int         // handed on when its answer was overdue, as the told-th handshake of its connection; 0 = not
	handed  bool        // a handshake that was handed on refers to it
	pooled  bool        // in the pool
}

// Bounds of what waits on one connection: requests without a response, or
// responses without a request, their number and the octets of their heads.
const (
	exchangesKept = 1024
	headsKept     = 256 << 10
)

// interimKept bounds the interim responses that are kept of one exchange.
const interimKept = 16

// load is how much a list of exchanges holds.
type load struct{ octets int }

func (l *load) add(m *Message) { l.octets += exchangeCost + len(m.Raw) }

func (l *load) remove(m *Message) {
	if m != nil {
		l.octets -= exchangeCost + len(m.Raw)
	}
}

// over reports whether the oldest of n exchanges must go.
func (l *load) over(n int) bool {
	return n > exchangesKept || n > 1 && l.octets > headsKept+n*exchangeCost
}

// side is a lane in its role as handler of its HTTP reader.
type side lane

func (s *side) lane() *lane { return (*lane)(s) }

// Head implements http1.Handler.
func (s *side) Head(m *http1.Message) http1.Framing {
	l := s.lane()
	l.blind = false
	msg, ahead := l.x.a.pool.taken()
	l.track.locate(msg, l.side)
	l.track.forget(msg.End())
	if l.side == reassembly.Client {
		return l.x.request(msg, ahead)
	}
	return l.x.response(msg)
}

// Body implements http1.Handler.
func (s *side) Body(_ *http1.Message, data []byte) {
	l := s.lane()
	if l.side == reassembly.Server {
		if ex := l.x.reading; ex != nil && (ex.attempt || ex.connect) {
			ex.body.add(data, l.track.newest())
			l.x.bodyFull(ex)
		}
		return
	}
	if ex := l.x.newest(); ex != nil && ex.attempt {
		ex.reqBody.add(data, l.track.newest())
	}
}

// End implements http1.Handler.
func (s *side) End(_ *http1.Message, why http1.Stop) {
	l := s.lane()
	if l.side == reassembly.Client {
		return
	}
	ex := l.x.reading
	l.x.reading = nil
	if ex == nil {
		return
	}
	ex.body.Complete = why == http1.StopNone
	l.x.finishExchange(ex)
	l.x.retire(ex)
}

// retire gives the memory of an exchange back that is over.
func (x *conn) retire(ex *exchange) {
	if ex.done && ex.req != nil && !ex.connect && (x.watch == nil || x.watch.ex != ex) {
		x.a.pool.exchange(ex)
	}
}

// Switched implements http1.Handler: octets after a switch of protocols, or
// octets that are not HTTP.
func (s *side) Switched(offset uint64, data []byte) {
	l := s.lane()
	switch {
	case l.mode == modeFrames:
		l.x.watch.feed(l.side, l.chunkAt(offset, data))
	case l.mode == modeSniff:
		l.look(offset, data)
	case l.side == reassembly.Client:
		l.x.stray(offset, data)
	}
}

// NotHTTP implements http1.Handler.
func (s *side) NotHTTP(uint64, []byte) {
	l := s.lane()
	if l.side == reassembly.Client && len(l.x.queue) > 0 {
		return // Switched is called with the same octets
	}
	l.x.notHTTP(l)
}

// request takes a request head, with what was told of it ahead; nil = nothing.
func (x *conn) request(m *Message, ahead *Head) http1.Framing {
	ex := x.newExchange()
	ex.req, ex.end, ex.method = m, m.End(), method(m)
	asks, dialect, framing := ahead.marks(&m.Message)
	ex.attempt, ex.dialect, ex.connect = asks, dialect, ex.method == "CONNECT"
	if m.Why == http1.StopLimit && !ex.attempt {
		x.a.stats.unjudged(HeadTooLarge, x.c.Server, "")
	}
	if ex.attempt {
		ex.cookies = x.a.jars.of(x.c.Client.Addr, m)
	}
	x.ordinal++
	if x.ordinal == 1 {
		x.a.stats.HTTP++
	}
	x.queue = append(x.queue, ex)
	x.queued.add(m)
	for x.queued.over(len(x.queue)) {
		x.abandon()
		x.gapped = true // whose response comes next is told by what it acknowledges
	}
	x.adopt()
	if ex.attempt && dialect == Hixie76 {
		x.wholePrefix(m)
		return http1.Framing{Kind: http1.FrameLength, Length: hixieKey3}
	}
	return framing
}

// hixieKey3 is the length of the third key of a Hixie-76 request, which follows
// its head without being announced.
const hixieKey3 = 8

func (x *conn) newExchange() *exchange {
	ex := x.a.pool.exchanges.get()
	ex.pooled, ex.ordinal = false, x.ordinal
	return ex
}

// method gives the method of a request, the usual ones without an allocation.
func method(m *Message) string {
	b := m.Raw[m.Method.Start:m.Method.End]
	if string(b) == "GET" {
		return "GET"
	}
	for _, known := range [...]string{"HEAD", "POST", "CONNECT"} {
		if string(b) == known {
			return known
		}
	}
	return string(b)
}

// abandon gives the oldest request up that waits for a response.
func (x *conn) abandon() {
	ex := x.queue[0]
	x.shift()
	x.emitExchange(ex)
	x.retire(ex)
}

// shift removes the oldest request from those that wait.
func (x *conn) shift() {
	x.queued.remove(x.queue[0].req)
	x.queue = withoutFirst(x.queue)
}

// shiftOrphan removes the oldest response without a request.
func (x *conn) shiftOrphan() {
	x.orphaned.remove(x.orphans[0].resp)
	x.orphans = withoutFirst(x.orphans)
}

// withoutFirst removes the first of a list, which is mostly the only one.
func withoutFirst(list []*exchange) []*exchange {
	if len(list) == 1 {
		list[0] = nil
		return list[:0]
	}
	return slices.Delete(list, 0, 1)
}

// response takes a response head and pairs it.
func (x *conn) response(m *Message) http1.Framing {
	ex := x.match(m)
	switch {
	case m.Status == 101 && x.mux == nil: // there is no upgrade from HTTP/2
		return x.upgrade(ex, m)
	case m.Status/100 == 1:
		if len(ex.interim) < interimKept {
			ex.interim = append(ex.interim, m)
		}
		return http1.Framing{}
	}
	x.take(ex)
	x.answer(ex, m)
	x.a.jars.note(x.c.Client.Addr, x.c.Stream, ex.req, m)
	if ex.connect && m.Status/100 == 2 {
		return x.openTunnel(ex)
	}
	if ex.req == nil {
		ex.attempt = m.Has("Sec-WebSocket-Accept") && x.mux == nil // else it is that of a stream
	}
	x.reading = ex
	f := http1.BodyFraming(&m.Message, ex.method)
	x.swallowed = x.swallowed || ex.req == nil && m.Status/100 == 2 && f.Kind == http1.FrameUntilClose
	return f
}

// answer gives an exchange its response.
func (x *conn) answer(ex *exchange, m *Message) {
	ex.resp = m
	if ex.req != nil {
		return
	}
	x.orphaned.add(m)
	for x.orphaned.over(len(x.orphans)) {
		x.shiftOrphan()
	}
}

// match finds the request that a response answers: the oldest unanswered one,
// or, when octets of the server were lost, the newest one that the server had
// acknowledged. A response without a request becomes an orphan.
func (x *conn) match(m *Message) *exchange {
	if x.gapped && m.HasAck {
		x.gapped = false
		x.skipAnswered(m.Acked)
	}
	if len(x.queue) > 0 {
		return x.queue[0]
	}
	if n := len(x.orphans); n > 0 && x.orphans[n-1].resp == nil {
		return x.orphans[n-1]
	}
	ex := x.newExchange()
	x.orphans = append(x.orphans, ex)
	if x.firstOrphan == nil {
		x.firstOrphan = ex
	}
	return ex
}

// skipAnswered gives up requests whose responses were lost: all that the server
// had acknowledged but the newest.
func (x *conn) skipAnswered(acked uint64) {
	for len(x.queue) > 1 && x.queue[1].end <= acked {
		if ex := x.queue[0]; ex.connect {
			x.tunnel, ex.done = &Tunnel{Request: ex.req}, true // a client goes on only in an open tunnel
		}
		x.abandon()
	}
}

// take removes an exchange from those that wait for a response.
func (x *conn) take(ex *exchange) {
	if len(x.queue) > 0 && x.queue[0] == ex {
		x.shift()
	}
}

// newest is the request that was read last and still waits.
func (x *conn) newest() *exchange {
	if n := len(x.queue); n > 0 {
		return x.queue[n-1]
	}
	return nil
}

// finishExchange hands on an answered exchange.
func (x *conn) finishExchange(ex *exchange) {
	if ex.req == nil && x.end == 0 && !x.lanes[reassembly.Client].ended {
		return // its request may still come: it waits among the orphans
	}
	x.emitExchange(ex)
}

// bodyFull hands an attempt on once enough of the body is known.
func (x *conn) bodyFull(ex *exchange) {
	if len(ex.body.Data) >= BodyLimit {
		x.finishExchange(ex)
	}
}

// serverDone ends an exchange whose body ran until the close.
func (x *conn) serverDone() {
	if ex := x.reading; ex != nil {
		x.reading = nil
		x.finishExchange(ex)
		x.retire(ex)
	}
}

// openTunnel starts afresh behind a CONNECT that was accepted.
func (x *conn) openTunnel(ex *exchange) http1.Framing {
	x.tunnel = &Tunnel{Request: ex.req, Response: ex.resp}
	ex.done = true
	return x.restart(ex.end, ex.resp.End())
}

// restart makes both lanes find out anew what is spoken, from those stream offsets on.
func (x *conn) restart(client, server uint64) http1.Framing {
	x.dropPrefix(reassembly.Client, client)
	x.dropPrefix(reassembly.Server, server)
	x.lanes[reassembly.Server].restart()
	x.lanes[reassembly.Client].restart()
	return http1.Framing{Kind: http1.FrameSwitch}
}

// stray takes client octets behind a request head that are not HTTP: a Hixie-76
// key, frames sent before the answer, or garbage.
func (x *conn) stray(offset uint64, data []byte) {
	l := &x.lanes[reassembly.Client]
	if ex := x.newest(); ex != nil && ex.attempt {
		at := *l.track.at(offset)
		at.offset = offset
		ex.reqBody.add(data, at.ref)
		x.behind.add(at, data)
	}
}

// notHTTP gives a side up that does not speak HTTP, or goes on looking where
// the beginning was not captured.
func (x *conn) notHTTP(l *lane) {
	if !x.c.SYN.Seen && !x.c.SYNACK.Seen {
		l.grope()
		return
	}
	l.other()
}
