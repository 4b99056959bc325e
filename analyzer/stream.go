package analyzer

import (
	"slices"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/reassembly"
)

// stream is what makes a conn follow a stream of HTTP/2.
type stream struct {
	id    uint32
	mux   *multiplex
	facts HTTP2
	held  int               // octets
	over  bool              // nothing more is to be said of it
	cut   reassembly.Signal // what ended the attempt, were there no answer; valid if isCut
	isCut bool
	holed bool // octets of the body of the answer were not captured: it ends there

	tunnel tunneling
}

// request takes the head of a request. What comes on a stream that is followed is none.
func (m *multiplex) request(s *muxSide, h *http2.Head) {
	if m.trailers(h) || m.find(h.Stream) != nil {
		return
	}
	m.newest = max(m.newest, h.Stream)
	p := readPseudo(h)
	msg := m.x.a.pool.messages.get()
	composeRequest(msg, h, &p)
	m.uses()
	if m.asked++; m.asked == 1 {
		m.x.a.stats.HTTP++
	}
	switch {
	case asksInside(msg, &p):
		x := m.follow(s, h, msg)
		x.stream.facts.Pseudo, x.queue[0].attempt = p.faults, true
	case asksTunnel(msg, &p):
		x := m.follow(s, h, msg)
		x.stream.tunnel.is, x.queue[0].done = true, true
		x.tls = nil // that of the proxy says nothing of what is inside
	default:
		m.remember(h.Stream, msg.Get("Host"))
		m.x.a.pool.unread(msg)
	}
}

// trailers reports whether what a client sends on a stream goes with an earlier request: new
// streams have higher numbers, and trailers have no pseudo-header fields (RFC 9113 sections
// 5.1.1 and 8.1).
func (m *multiplex) trailers(h *http2.Head) bool {
	return h.Stream <= m.newest && !slices.ContainsFunc(h.Fields, hpack.HeaderField.IsPseudo)
}

// asksInside reports whether a request asks for a WebSocket: by :protocol, of which other
// values are for other protocols, or by the fields of an upgrade. What a query says is no
// more than that.
func asksInside(m *Message, p *pseudo) bool {
	if foldContains([]byte(p.protocol), "websocket") {
		return true
	}
	for i := range m.NumFields() {
		if markField(&m.Message, i) {
			return !asksLeave(&m.Message)
		}
	}
	return false
}

// follow begins to follow a stream.
func (m *multiplex) follow(s *muxSide, h *http2.Head, msg *Message) *conn {
	s.track.locate(msg, s.side)
	x := m.x.a.pool.conns.get()
	x.begin(m.x.a, m.x.c)
	x.tls, x.proxy, x.tunnel, x.ordinal = m.x.tls, m.x.proxy, m.x.tunnel, m.x.ordinal+m.asked-1
	x.stream = &stream{id: h.Stream, mux: m}
	x.stream.facts = HTTP2{Stream: h.Stream, GoAway: m.goAway, Accepts: m.accepts}
	x.stream.facts.Ends[reassembly.Client] = h.EndStream
	for i := range x.lanes {
		x.lanes[i].mode = modeStream
	}
	ex := x.newExchange()
	ex.req, ex.end, ex.method = msg, msg.End(), method(msg)
	ex.cookies = x.a.jars.of(x.c.Client.Addr, msg)
	x.queue = append(x.queue, ex)
	x.queued.add(msg)
	x.stream.hold(streamCost + msg.octets())
	m.streams = append(m.streams, x)
	if len(m.streams) > streamsKept {
		old := m.streams[0]
		old.streamOver(reassembly.EndEvicted)
		m.leave(old)
	}
	return x
}

// response takes the head of a response: trailers, where the answer is known.
func (m *multiplex) response(s *muxSide, h *http2.Head) {
	m.uses()
	x := m.find(h.Stream)
	if x == nil {
		m.answered(s, h)
		return
	}
	if len(x.queue) == 0 {
		return
	}
	msg := composeResponse(h)
	s.track.locate(msg, s.side)
	x.stream.facts.Ends[reassembly.Server] = h.EndStream
	x.streamAnswer(x.queue[0], msg)
	m.leave(x)
}

// answered takes the answer to a request that is nobody's business. The final one counts:
// early hints (RFC 8297) come before it.
func (m *multiplex) answered(s *muxSide, h *http2.Head) {
	authority, ok := m.others[h.Stream]
	if !ok || strings.HasPrefix(firstOf(h, ":status"), "1") {
		return
	}
	m.forget(h.Stream)
	if !slices.ContainsFunc(h.Fields, func(f hpack.HeaderField) bool { return f.Name == "set-cookie" }) {
		return
	}
	req := new(Message)
	req.ComposeRequest(version2, "", "")
	req.Compose(":authority", authority)
	resp := composeResponse(h)
	s.track.locate(resp, s.side)
	m.x.a.jars.note(m.x.c.Client.Addr, m.x.c.Stream, req, resp)
}

// streamAnswer takes the head of an answer: a 2xx to a CONNECT opens the WebSocket (RFC
// 8441 section 5).
func (x *conn) streamAnswer(ex *exchange, m *Message) {
	if m.Status/100 != 1 || len(ex.interim) < interimKept {
		x.stream.hold(m.octets())
	}
	switch {
	case x.stream.tunnel.is:
		x.tunnelAnswer(ex, m)
	case m.Status/100 == 1: // 101, too: HTTP/2 has no upgrade (RFC 9113 section 8.6)
		if len(ex.interim) < interimKept {
			ex.interim = append(ex.interim, m)
		}
	case m.Status/100 == 2 && ex.method == "CONNECT":
		x.take(ex)
		x.open(ex, m)
		x.stream.mux.accepts = true
	default:
		x.take(ex)
		ex.resp, x.reading = m, ex
		x.a.jars.note(x.c.Client.Addr, x.c.Stream, ex.req, m)
	}
}

// streamData takes octets of DATA frames.
func (x *conn) streamData(ch *reassembly.Chunk) {
	switch ex := x.reading; {
	case x.stream.tunnel.is:
		x.tunnelData(ch)
	case x.watch != nil:
		x.watch.advance(ch.Ref.Time)
		x.watch.feed(ch.From, ch)
	case ch.From == reassembly.Client && len(x.queue) > 0:
		x.early(x.queue[0], ch)
	case ch.From == reassembly.Server && ex != nil && !x.stream.holed:
		ex.body.add(ch.Data, ch.Ref)
		x.bodyFull(ex)
	}
}

// early takes octets that a client sent before the answer: they count as one run, whatever
// else is between them on the connection.
func (x *conn) early(ex *exchange, ch *reassembly.Chunk) {
	ex.reqBody.add(ch.Data, ch.Ref)
	at := placeOf(ch)
	if n := len(x.behind.data); n > 0 {
		at.offset = x.behind.from + uint64(n)
	}
	before := x.behind.octets()
	x.behind.add(at, ch.Data)
	x.stream.hold(x.behind.octets() - before)
}

// hold counts octets that are held for a stream.
func (s *stream) hold(n int) {
	s.held += n
	s.mux.held += n
}

// octets gives about how much memory a head takes.
func (m *Message) octets() int {
	const field, place = 24, 24
	return len(m.Raw) + field*m.NumFields() + place*len(m.Refs)
}

// streamGap takes octets of a DATA frame that were not captured: of vague ones it is not
// known how many belong to the stream.
func (x *conn) streamGap(ch *reassembly.Chunk, vague bool) {
	switch {
	case x.stream.tunnel.is:
		x.tunnelGap(ch, vague)
	case x.watch != nil && vague:
		x.loseFrames(ch.From)
	case x.watch != nil:
		x.watch.gap(ch.From, ch)
	case ch.From == reassembly.Client:
		x.behind.cut = true
	default:
		x.stream.holed = true
	}
}

// loseFrames gives up following the frames of a side.
func (x *conn) loseFrames(s reassembly.Side) {
	if w := x.watch; w != nil && !w.over {
		w.read()
		w.lose(s)
	}
}

// streamEnds takes what ends a side of a stream, or both. A client that has said all ends
// its side, and waits.
func (x *conn) streamEnds(s *reassembly.Signal, whole bool) {
	if st := x.stream; !st.isCut && (whole || s.From == reassembly.Server) {
		st.cut, st.isCut = *s, true
	}
	if x.ended(s.From) && (s.Kind == reassembly.FIN || x.ended(s.From.Other())) {
		return
	}
	if ex := x.reading; ex != nil && x.inStream() && s.From == reassembly.Server && s.Kind == reassembly.FIN {
		ex.body.Complete = !x.stream.holed
	}
	x.ends(s)
	if s.Kind == reassembly.RST || x.ended(s.From.Other()) || x.watch == nil && s.From == reassembly.Server {
		x.streamOver(reassembly.EndFinished)
	}
}

// streamOver hands on what is left when a stream is over.
func (x *conn) streamOver(end reassembly.End) {
	x.end, x.stream.over = end, true
	if x.stream.tunnel.is {
		x.tunnelOver(end)
	}
	if x.watch != nil {
		x.watch.finish(end)
	}
	x.serverDone()
	x.adoptAnswer()
	for _, ex := range x.queue {
		x.emitExchange(ex)
	}
}

// adoptAnswer takes an answer in HTTP/1 for that to the first request: the server does not
// speak HTTP/2, and what it takes for a request is the preface.
func (x *conn) adoptAnswer() {
	root := x.root()
	alone := root.firstOrphan
	if !x.inStream() || alone == nil || alone.resp == nil || len(x.queue) == 0 {
		return
	}
	ex := x.queue[0]
	ex.resp, ex.body = alone.resp, alone.body
	if alone.resp, alone.body = nil, (Body{}); root.reading == alone {
		root.reading = nil
	}
}

// view gives what is known of a stream by now.
func (s *stream) view() *HTTP2 {
	v := s.facts
	v.Settings, v.Enabled, v.Lost = s.mux.settings, s.mux.enabled[:len(s.mux.enabled):len(s.mux.enabled)], s.mux.lost
	return &v
}
