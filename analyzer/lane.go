package analyzer

import (
	"bytes"
	"slices"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
)

// mode is what one side of a conversation is speaking.
type mode uint8

const (
	modeSniff  mode = iota // not known yet
	modeHTTP               // HTTP/1
	modeTLS                // TLS records
	modeFrames             // WebSocket frames
	modeHTTP2              // HTTP/2
	modeStream             // what a stream of HTTP/2 carries
	modeOther              // something else, or lost
)

// lane reads one side of a conversation.
type lane struct {
	speaking
	sniff []byte // first octets while modeSniff
	track track
	own   http1.Reader // the first reader of a conversation
	ready bool         // own was used before
}

// speaking is what is known of a side; it begins anew with each conversation.
type speaking struct {
	x     *conn
	side  reassembly.Side
	mode  mode
	from  uint64 // stream offset of sniff[0]
	http  *http1.Reader
	blind bool // the beginning was not captured, and no message was found since
	ended bool // FIN, RST or the end of the capture
	owned bool // own was used
	tries int  // packets looked at while blind
}

// empty drops all but the memory, and that, too, where it is large.
func (l *lane) empty() {
	l.speaking = speaking{}
	if l.sniff = l.sniff[:0]; cap(l.sniff) > PrefixLimit {
		l.sniff = nil
	}
	l.track.empty()
}

// resyncTries bounds the packets of a conversation without a readable beginning
// that are looked at for the start of an HTTP message.
const resyncTries = 64

func (l *lane) data(ch *reassembly.Chunk) {
	switch l.mode {
	case modeSniff:
		l.track.add(placeOf(ch))
		l.look(ch.Offset, ch.Data)
	case modeHTTP:
		l.readHTTP(ch)
	case modeTLS:
		l.x.tls.feed(l.x, l.side, ch)
	case modeFrames:
		l.x.watch.feed(l.side, ch)
	case modeHTTP2:
		l.readHTTP2(ch)
	}
}

func (l *lane) readHTTP(ch *reassembly.Chunk) {
	if !l.http.Busy() {
		l.track.places = l.track.places[:0]
	}
	l.track.add(placeOf(ch))
	ch.Unkept = l.http.Within(len(ch.Data)) && !l.keepsBody()
	l.http.Feed(ch.Offset, ch.Data)
	if l.blind {
		l.groped()
	}
}

// keepsBody reports whether the body that is being read is of interest, or the head
// of a request before it still is.
func (l *lane) keepsBody() bool {
	if ex := l.x.reading; l.side == reassembly.Server && ex != nil && ex.matters() {
		return true
	}
	return slices.ContainsFunc(l.x.queue, (*exchange).matters)
}

// matters reports whether an exchange may become a handshake that is handed on.
func (ex *exchange) matters() bool { return ex.attempt || ex.connect }

func (l *lane) gap(ch *reassembly.Chunk) {
	if l.side == reassembly.Server {
		l.x.gapped = true
	}
	switch l.mode {
	case modeSniff:
		l.sniff = l.sniff[:0]
		l.grope()
	case modeHTTP:
		if l.side == reassembly.Client {
			l.x.behind.gap()
		}
		l.http.Gap(ch.Offset, ch.Gap)
	case modeTLS:
		l.x.tls.gap(l.side, ch)
	case modeFrames:
		l.x.watch.gap(l.side, ch)
	case modeHTTP2:
		l.x.mux.fed = ch
		l.x.mux.readers[l.side].Gap(ch.Offset, ch.Gap)
	}
}

// look decides what the side is speaking as soon as its octets tell.
func (l *lane) look(offset uint64, data []byte) {
	if len(data) == 0 {
		return
	}
	if len(l.sniff) == 0 {
		l.from = offset
	} else {
		l.sniff = append(l.sniff, data...)
		data = l.sniff
	}
	switch kind := l.recognise(data); {
	case kind != protoMore:
		l.sniff = l.sniff[:0]
		l.begin(kind, l.from, data)
	case len(l.sniff) == 0:
		l.sniff = append(l.sniff, data...)
	}
}

func (l *lane) begin(kind proto, from uint64, data []byte) {
	switch kind {
	case protoTLS:
		l.beginTLS(from, data)
	case protoProxy:
		l.stripProxy(from, data)
	case protoHTTP2:
		l.multiplexed(from, data)
	default:
		l.beginHTTP(from, data)
	}
}

func (l *lane) beginHTTP(from uint64, data []byte) {
	kind := http1.Request
	if l.side == reassembly.Server {
		kind = http1.Response
	}
	l.mode = modeHTTP
	l.http = l.reader()
	l.http.Restart(kind)
	l.http.Feed(from, data)
}

// reader gives a reader that is not in use: behind a CONNECT the one of the
// CONNECT is still at work.
func (l *lane) reader() *http1.Reader {
	if l.owned {
		return l.prepare(new(http1.Reader))
	}
	l.owned = true
	if !l.ready {
		l.ready = true
		l.prepare(&l.own)
	}
	return &l.own
}

// prepare gives a reader the handler and the source that it never changes.
func (l *lane) prepare(r *http1.Reader) *http1.Reader {
	r.Reset(http1.Request, (*side)(l))
	r.UseSource(&l.x.a.pool, &l.x.a.forms)
	return r
}

// again hands octets to whatever the lane has become.
func (l *lane) again(offset uint64, data []byte) {
	p := l.track.at(offset)
	ch := reassembly.Chunk{From: l.side, Offset: offset, Data: data, Ref: p.ref, Acked: p.acked, HasAck: p.hasAck}
	l.data(&ch)
}

// eachSniffed hands on what was kept to find out what the lane reads, packet by packet.
func (l *lane) eachSniffed(from uint64, data []byte, feed func(*reassembly.Chunk)) {
	l.track.forget(from)
	kept := stray{data: data, from: from, track: track{slices.Clone(l.track.places)}}
	kept.track.places[0].offset = from
	kept.each(l.side, feed)
}

func (l *lane) beginTLS(from uint64, data []byte) {
	switch {
	case l.x.tls == nil:
		l.x.tls = newTLSWatch(l.x)
	case l.x.tls.inside.reads: // TLS within TLS, through a proxy
		if l.side == reassembly.Client {
			l.x.a.stats.unjudged(TLSOpaque, l.x.c.Server, "")
		}
		l.other()
		return
	}
	l.mode = modeTLS
	l.again(from, data)
}

// other gives the side up; when both sides are lost to us the conversation is
// ignored.
func (l *lane) other() {
	l.mode, l.http, l.sniff = modeOther, nil, l.sniff[:0]
	if !l.x.mixed() {
		l.x.ignore()
	}
}

// grope goes on without a beginning: whatever starts like an HTTP message at the
// start of a packet is taken for one.
func (l *lane) grope() {
	l.beginHTTP(0, nil)
	l.http.Lose()
	l.blind = true
}

// groped gives up when nothing readable was found for a while.
func (l *lane) groped() {
	if l.tries++; l.tries > resyncTries {
		l.other()
	}
}

// restart makes the lane find out anew what is spoken, from the next octet on.
func (l *lane) restart() {
	old := l.http
	l.mode, l.http, l.sniff = modeSniff, nil, l.sniff[:0]
	if old != nil && l.side == reassembly.Client {
		old.Switch()
	}
}

// finish tells the reader that nothing more will come.
func (l *lane) finish(end reassembly.End) {
	if end == reassembly.EndFinished || end == reassembly.EndReused {
		l.stop(http1.StopClose)
		return
	}
	l.stop(http1.StopOpen)
}

// stop tells the reader that the stream is over, and why.
func (l *lane) stop(why http1.Stop) {
	l.ended = true
	if l.mode == modeSniff && len(l.sniff) > 0 {
		l.begin(protoHTTP, l.from, l.sniff)
	}
	if l.mode == modeHTTP {
		l.http.Close(why)
	}
}

// proto is what the first octets of a side look like.
type proto uint8

const (
	protoMore proto = iota // more octets are needed
	protoHTTP              // HTTP/1, or nothing that is known
	protoTLS
	protoProxy
	protoHTTP2
)

func (l *lane) recognise(data []byte) proto {
	if c := data[0]; c >= 'A' && c <= 'Z' && c != 'P' {
		return protoHTTP // as nearly all begin
	}
	if tls.LooksLikeTLS(data) {
		return protoTLS
	}
	if l.side == reassembly.Server {
		return l.answers(data)
	}
	switch {
	case http2Preface(data):
		return protoHTTP2
	case proxyPrefix(data) && l.x.proxy == nil:
		return protoProxy
	case mayBecome(data, "PRI * HTTP/2.0"), l.x.proxy == nil && mayBecome(data, "PROXY "), mayBecome(data, proxyV2Signature):
		return protoMore
	}
	return l.enough(data, 3)
}

// answers tells what a server speaks. One of HTTP/2 may begin before its client does.
func (l *lane) answers(data []byte) proto {
	if l.x.speaksHTTP2() || l.x.lanes[reassembly.Client].mode == modeSniff {
		switch http2.Starts(data) {
		case http2.Maybe:
			return protoMore
		case http2.Yes:
			return protoHTTP2
		}
	}
	return l.enough(data, 5)
}

// enough asks for more octets while data could still be the start of a TLS record.
func (l *lane) enough(data []byte, n int) proto {
	if len(data) < n && (data[0] == 0x16 || data[0] == 0x15) {
		return protoMore
	}
	return protoHTTP
}

func http2Preface(data []byte) bool { return bytes.HasPrefix(data, []byte("PRI * HTTP/2.0")) }

// mayBecome reports whether data is a proper prefix of want.
func mayBecome(data []byte, want string) bool {
	return len(data) < len(want) && string(data) == want[:len(data)]
}
