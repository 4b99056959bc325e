package analyzer

import (
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// multiplex follows a connection in HTTP/2 (RFC 9113). Each of its streams that asks for a
// WebSocket is followed as if it were a connection of its own: what END_STREAM and
// RST_STREAM end are FIN and RST to it.
type multiplex struct {
	x       *conn
	readers [2]*http2.Reader
	fed     *reassembly.Chunk // that is being read
	lost    [2]bool           // sides of which nothing more is read
	streams []*conn           // that are followed, in the order of their requests
	others  map[uint32]string // :authority of other requests whose answer did not come
	held    int               // octets that streams and others hold
	asked   int               // requests so far
	newest  uint32            // highest number of a stream with a request

	settings capture.Ref // of the server
	enabled  []ConnectSetting
	goAway   *GoAway // of the server
	idle     *IdleHTTP2
	accepts  bool // the server accepted a WebSocket
}

// Bounds of what waits on one connection: streams that are followed, and other requests
// without an answer.
const (
	streamsKept = 256
	othersKept  = 256
)

// streamCost is what following a stream may cost besides its heads and early DATA.
const streamCost = connCost + watchCost + 2*BodyLimit

// readerCost is what reading one side may cost besides.
const readerCost = 2 << 10

// multiplexed makes the lane of a side read frames of HTTP/2.
func (l *lane) multiplexed(from uint64, data []byte) {
	x := l.x
	if x.mux == nil {
		x.mux = &multiplex{x: x}
	}
	l.mode = modeHTTP2
	x.mux.readers[l.side] = http2.NewReader(l.side == reassembly.Client, (*muxSide)(l))
	l.eachSniffed(from, data, l.data)
}

// readHTTP2 reads what a side says in HTTP/2.
func (l *lane) readHTTP2(ch *reassembly.Chunk) {
	m := l.x.mux
	r := m.readers[l.side]
	if !r.Busy() {
		l.track.places = l.track.places[:0]
	}
	l.track.add(placeOf(ch))
	m.fed, ch.Unkept = ch, r.Within(len(ch.Data))
	r.Feed(ch.Offset, ch.Data)
}

// speaksHTTP2 reports whether a server is expected to speak HTTP/2.
func (x *conn) speaksHTTP2() bool {
	return x.mux != nil || x.tls != nil && x.tls.inside.reads && x.tls.seen.ALPN() == "h2"
}

// muxSide is a lane in its role as handler of its HTTP/2 reader.
type muxSide lane

func (s *muxSide) mux() *multiplex { return s.x.mux }

func (s *muxSide) ref() capture.Ref { return s.x.mux.fed.Ref }

// Settings implements http2.Handler: only those of the server say something of WebSocket.
func (s *muxSide) Settings(f *http2.Frame, list []http2.Setting) {
	m := s.mux()
	if s.side == reassembly.Client {
		return
	}
	if !m.settings.Known() {
		m.settings = s.ref()
	}
	for _, set := range list {
		if set.ID == http2.EnableConnectProtocol && len(m.enabled) < enabledKept {
			m.enabled = append(m.enabled, ConnectSetting{Value: set.Value, End: f.End(), Ref: s.ref()})
		}
	}
	m.offers(s.ref())
}

// Head implements http2.Handler. What a server promises is not asked for.
func (s *muxSide) Head(h *http2.Head) {
	switch {
	case h.Promised != 0:
	case s.side == reassembly.Client:
		s.mux().request(s, h)
	default:
		s.mux().response(s, h)
	}
}

// Data implements http2.Handler.
func (s *muxSide) Data(f *http2.Frame, offset uint64, data []byte) {
	if x := s.mux().find(f.Stream); x != nil {
		fed := s.mux().fed
		x.streamData(&reassembly.Chunk{From: s.side, Offset: offset, Data: data, Ref: fed.Ref, Acked: fed.Acked, HasAck: fed.HasAck})
		s.mux().leave(x)
	}
}

// Missing implements http2.Handler.
func (s *muxSide) Missing(f *http2.Frame, offset, n uint64) {
	if x := s.mux().find(f.Stream); x != nil {
		x.streamGap(&reassembly.Chunk{From: s.side, Offset: offset, Gap: n, Ref: s.ref()}, f.Padding(offset))
	}
}

// End implements http2.Handler.
func (s *muxSide) End(f *http2.Frame) {
	m := s.mux()
	if s.side == reassembly.Server {
		m.forget(f.Stream)
	}
	if x := m.find(f.Stream); x != nil {
		x.stream.facts.Ended[s.side] = s.ref()
		x.streamEnds(&reassembly.Signal{From: s.side, Kind: reassembly.FIN, Offset: f.Offset, Ref: s.ref()}, false)
		m.leave(x)
	}
}

// Reset implements http2.Handler.
func (s *muxSide) Reset(f *http2.Frame, code http2.ErrorCode) {
	m := s.mux()
	m.forget(f.Stream)
	if x := m.find(f.Stream); x != nil {
		if at := &x.stream.facts.Reset; *at == nil {
			*at = &StreamReset{From: s.side, Code: code, Ref: s.ref()}
		}
		x.streamEnds(&reassembly.Signal{From: s.side, Kind: reassembly.RST, Offset: f.Offset, Ref: s.ref()}, true)
		m.leave(x)
	}
}

// GoAway implements http2.Handler. That of a client ends nothing that it asked for.
func (s *muxSide) GoAway(_ *http2.Frame, last uint32, code http2.ErrorCode, debug []byte) {
	m := s.mux()
	if s.side == reassembly.Client || m.goAway != nil && m.goAway.Code != http2.NoError {
		return
	}
	m.goAway = &GoAway{Last: last, Code: code, Debug: string(debug), Ref: s.ref()}
	for _, x := range m.streams {
		if len(x.queue) > 0 {
			x.stream.facts.GoAway = m.goAway
		}
	}
}

// Wants implements http2.Handler.
func (s *muxSide) Wants(stream uint32) bool { return s.mux().find(stream) != nil }

// Lost implements http2.Handler.
func (s *muxSide) Lost(uint64, http2.Loss) {
	m := s.mux()
	m.lost[s.side] = true
	m.uses() // for all that is known
	for _, x := range m.streams {
		x.loseFrames(s.side)
	}
	if s.x.emitted == 0 && !m.lost[s.side.Other()] {
		s.x.a.stats.unjudged(HTTP2Unread, s.x.c.Server, s.x.serverName())
	}
	(*lane)(s).other()
	if s.x.c.Ignored() {
		m.close(reassembly.EndEvicted)
	}
}

// find gives the stream of a number that is followed; nil = none.
func (m *multiplex) find(id uint32) *conn {
	for _, x := range m.streams {
		if x.stream.id == id {
			return x
		}
	}
	return nil
}

// remember keeps of a request that is nobody's business whom it was for: its answer may
// set cookies.
func (m *multiplex) remember(id uint32, authority string) {
	if len(m.others) >= othersKept || len(authority) > cookieText {
		return
	}
	if m.others == nil {
		m.others = make(map[uint32]string)
	}
	m.others[id] = strings.Clone(authority)
	m.held += exchangeCost
}

func (m *multiplex) forget(id uint32) {
	if _, ok := m.others[id]; ok {
		delete(m.others, id)
		m.held -= exchangeCost
	}
}

// ends takes what ends a side of the connection, or both.
func (m *multiplex) ends(s *reassembly.Signal) {
	for _, x := range slices.Clone(m.streams) {
		x.streamEnds(s, true)
		m.leave(x)
	}
}

// waits reports whether something is still to be said of a stream; m may be nil.
func (m *multiplex) waits() bool { return m != nil && len(m.streams) > 0 }

// tick hands on what time has decided.
func (m *multiplex) tick() {
	for _, x := range slices.Clone(m.streams) {
		x.tick()
		m.leave(x)
	}
}

// close ends all streams: the connection is over, or the capture is.
func (m *multiplex) close(end reassembly.End) {
	m.unused()
	for _, x := range m.streams {
		x.streamOver(end)
		m.drop(x)
	}
	m.streams, m.others, m.held = nil, nil, 0
}

// leave drops a stream of which nothing more is to be said.
func (m *multiplex) leave(x *conn) {
	if !x.stream.over {
		return
	}
	if i := slices.Index(m.streams, x); i >= 0 {
		m.streams = slices.Delete(m.streams, i, i+1)
		m.held -= x.stream.held
		m.drop(x)
	}
}

// drop gives the memory of a stream back.
func (m *multiplex) drop(x *conn) { m.x.a.pool.conn(x) }

// octets gives about how much memory is held.
func (m *multiplex) octets() int {
	n := m.held
	for _, r := range m.readers {
		if r != nil {
			n += readerCost + r.Octets()*3/2 // short fields in a table take more than RFC 7541 counts
		}
	}
	return n
}
