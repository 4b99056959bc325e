package analyzer

import (
	"bytes"
	"time"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// watch follows a session after its 101 until the look-ahead ends.
type watch struct {
	lastPing []byte // payload of the latest Ping while Session.Ping is set
	x        *conn
	ex       *exchange
	session  Session
	readers  [2]*frame.Reader // nil where the frames cannot be followed
	unread   unread
	reading  bool    // nothing waits in unread any more
	follows  [2]bool // sides whose frames can be read, as far as the 101 tells
	at       int64   // capture time of the 101
	until    int64   // when the look-ahead ends; later while a Ping waits for its Pong
	ahead    int64   // how long it takes
	headEnd  uint64  // server stream offset after the 101 head
	resent   uint32  // retransmissions of the server before its 101 was whole
	over     bool
	odd      bool        // a frame that waited is not as in a usual session
	ref      capture.Ref // packet that is being fed
	own      [2]frame.Reader
	sides    [2]frames
	closes   [2]Close // room for Session.Closes
}

// upgrade takes a 101: HTTP ends here on both sides.
func (x *conn) upgrade(ex *exchange, m *Message) http1.Framing {
	if m.Torn() {
		x.take(ex)
		ex.attempt, ex.resp = ex.attempt || switches(&m.Message), m
		x.emitExchange(ex)
		return http1.Framing{}
	}
	cut := !m.Complete || ex.req != nil && !ex.req.Complete // what it switches to may not have been captured
	if !ex.attempt && !switches(&m.Message) && !cut {
		return x.switchesTo(ex, m)
	}
	client := &x.lanes[reassembly.Client]
	if client.mode == modeHTTP {
		client.http.Switch()
	}
	x.take(ex)
	ex.guessed = !ex.attempt && !switches(&m.Message)
	if x.stream == nil {
		x.c.StopComparing() // only octets of the heads are judged by their copies
	}
	client.mode, x.lanes[reassembly.Server].mode = modeFrames, modeFrames
	x.open(ex, m)
	return http1.Framing{Kind: http1.FrameSwitch}
}

// switchesTo takes a 101 to another protocol: HTTP/2 (RFC 7540 section 3.2) goes on with its
// preface, and its first stream is the request. Others are of no interest.
func (x *conn) switchesTo(ex *exchange, m *Message) http1.Framing {
	ex.done = true
	x.take(ex)
	if field.EqualFold(m.Get("Upgrade"), "h2c") {
		return x.restart(ex.end, m.End())
	}
	x.ignore()
	return http1.Framing{Kind: http1.FrameSwitch}
}

// open begins to watch the session that an answer opens.
func (x *conn) open(ex *exchange, m *Message) {
	ex.attempt, ex.resp = true, m
	x.watch = newWatch(x, ex)
	x.watch.replay(&x.lanes[reassembly.Client])
	for i := range x.signals {
		x.watch.signal(&x.signals[i]) // the client may have given up before the answer came
	}
}

func newWatch(x *conn, ex *exchange) *watch {
	w := x.a.pool.watches.get()
	w.x, w.ex, w.at, w.ahead = x, ex, ex.resp.Last.Time, x.a.opts.LookAheadTime
	w.headEnd, w.resent = ex.resp.End(), x.c.Halves[reassembly.Server].Retransmissions
	w.session.Last = w.at
	w.wait()
	w.follows, w.session.LostSync = ex.readable()
	if !x.a.opts.Hold {
		w.read()
	}
	return w
}

// readable tells of each side whether its frames can be read, and whether that is
// because something was not captured.
func (ex *exchange) readable() (follows, lost [2]bool) {
	switch {
	case ex.req != nil && ex.dialect != RFC6455: // frames of the Hixie drafts look otherwise
	case (ex.req == nil || !ex.req.Complete) && !ex.resp.Has("Sec-WebSocket-Accept"):
		lost = [2]bool{true, true} // what the octets are was not captured
	default: // where those of the client begin is not known without a request
		follows = [2]bool{reassembly.Client: ex.req != nil, reassembly.Server: ex.resp.Complete}
		lost = [2]bool{!follows[0], !follows[1]}
	}
	return follows, lost
}

// prepare makes readers for the sides whose frames can be read.
func (w *watch) prepare() {
	for s := range w.readers {
		if w.follows[s] {
			w.sides[s] = frames{w, reassembly.Side(s)}
			w.own[s].Reset(&w.sides[s])
			w.readers[s] = &w.own[s]
		}
	}
}

// replay feeds client octets that came before the 101.
func (w *watch) replay(l *lane) {
	x := w.x
	if w.ex.req == nil || w.ex.dialect == Hixie76 {
		return // the key of a Hixie-76 request is no frame
	}
	x.behind.each(l.side, func(ch *reassembly.Chunk) { w.feed(l.side, ch) })
	if x.behind.cut && !w.over {
		w.read()
		w.lose(l.side)
	}
}

// lose gives up following the frames of a side.
func (w *watch) lose(s reassembly.Side) {
	w.readers[s] = nil
	w.session.LostSync[s] = true
}

func (w *watch) feed(s reassembly.Side, ch *reassembly.Chunk) {
	if w.over {
		return
	}
	w.note(s, ch)
	if !w.postpone(EventFrame, s, &ch.Ref, ch.Offset, ch.Data) {
		w.octets(s, &ch.Ref, ch.Offset, ch.Data)
	}
	if w.session.After[s] >= w.x.a.opts.LookAheadBytes {
		w.stop(WatchBytes)
	}
}

// octets reads octets of a side.
func (w *watch) octets(s reassembly.Side, ref *capture.Ref, offset uint64, data []byte) {
	w.ref = *ref
	if r := w.readers[s]; r != nil {
		r.Feed(offset, data)
	} else if p := w.session.NotFrames[s]; p != nil {
		p.Data = append(p.Data, data[:min(len(data), PrefixLimit-len(p.Data))]...)
	}
}

// note keeps what can be said of octets without reading frames.
func (w *watch) note(s reassembly.Side, ch *reassembly.Chunk) {
	ses := &w.session
	if s == reassembly.Server && ses.After[s] == 0 && ch.Ref == w.ex.resp.Last {
		ses.Glued = true
	}
	if s == reassembly.Client && ses.Early == nil && ch.HasAck && ch.Acked < w.headEnd {
		ses.Early = &Prefix{Data: clone(ch.Data), Ref: ch.Ref}
	}
	if s == reassembly.Server && ses.After[s] < startLimit {
		ses.keepStart(ch)
	}
	ses.After[s] += uint64(len(ch.Data))
	ses.Last = ch.Ref.Time
}

// startLimit bounds Session.Start: a Hixie-76 digest and a little more.
const startLimit = 64

func (ses *Session) keepStart(ch *reassembly.Chunk) {
	p := &ses.Start
	if room := startLimit - len(p.Data); room > 0 && uint64(len(p.Data)) == ses.After[reassembly.Server] {
		if len(p.Data) == 0 {
			p.Ref = ch.Ref
		}
		p.Data = append(p.Data, ch.Data[:min(room, len(ch.Data))]...)
	}
}

func clone(data []byte) []byte { return bytes.Clone(data[:min(len(data), PrefixLimit)]) }

func (w *watch) gap(s reassembly.Side, ch *reassembly.Chunk) {
	if w.over {
		return
	}
	w.read()
	w.session.After[s] += ch.Gap
	if r := w.readers[s]; r != nil {
		w.ref = ch.Ref
		if !r.Gap(ch.Offset, ch.Gap) {
			w.lose(s)
		}
	}
}

// frames is a watch in its role as handler of one side's frame reader.
type frames struct {
	w    *watch
	side reassembly.Side
}

// Header implements frame.Handler.
func (f *frames) Header(fr *frame.Frame) {
	w, s := f.w, f.side&1
	w.event(EventFrame, s, fr.Opcode, &w.ref)
	w.session.Frames[s]++
	if len(w.session.First[s]) >= FramesKept && fr.Opcode != frame.Close {
		w.own[s].Skip()
	}
}

// Done implements frame.Handler.
func (f *frames) Done(fr *frame.Frame) {
	w := f.w
	if first := &w.session.First[f.side&1]; len(*first) < FramesKept {
		at := extend(first)
		at.Frame, at.Ref = *fr, w.ref
	}
	if fr.Opcode.Control() {
		w.control(f.side, fr)
	}
}

// extend makes a list longer by one element, which may hold anything: large ones are
// filled in place.
func extend[T any](list *[]T) *T {
	n := len(*list)
	if n < cap(*list) {
		*list = (*list)[:n+1]
	} else {
		var none T
		*list = append(*list, none)
	}
	return &(*list)[n]
}

// control takes a whole control frame.
func (w *watch) control(s reassembly.Side, f *frame.Frame) {
	if f.Opcode == frame.Close {
		w.closed(s, f, &w.ref)
		return
	}
	w.pinged(s, f)
}

// closed takes a Close frame. What one says whose code did not arrive is not known.
func (w *watch) closed(s reassembly.Side, f *frame.Frame, ref *capture.Ref) {
	const code = 2 // octets
	if f.Length >= code && len(f.Payload) < code {
		w.lose(s)
		return
	}
	if w.session.Closes[s] == nil {
		code, reason, _ := frame.ParseClose(f.Payload)
		w.closes[s] = Close{Code: uint16(code), Reason: reason, BodyLen: f.Length, Ref: *ref}
		w.session.Closes[s] = &w.closes[s]
	}
}

// NotFrames implements frame.Handler.
func (f *frames) NotFrames(_ uint64, data []byte) {
	f.w.session.NotFrames[f.side] = &Prefix{Data: clone(data), Ref: f.w.ref}
	f.w.event(EventGarbage, f.side, 0, &f.w.ref)
	f.w.readers[f.side] = nil
}

func (w *watch) event(kind EventKind, from reassembly.Side, op frame.Opcode, ref *capture.Ref) {
	if len(w.session.Events) < EventsKept {
		*extend(&w.session.Events) = Event{Kind: kind, From: from, Opcode: op, Ref: *ref}
		if (kind == EventFIN || kind == EventRST) && w.session.torn == 0 {
			w.session.torn = len(w.session.Events)
		}
	}
}

// signal takes a FIN or RST.
func (w *watch) signal(s *reassembly.Signal) {
	if w.over {
		return
	}
	kind := EventFIN
	if s.Kind == reassembly.RST {
		kind = EventRST
	}
	if !w.postpone(kind, s.From, &s.Ref, 0, nil) {
		w.event(kind, s.From, 0, &s.Ref)
	}
	w.session.Last = s.Ref.Time
	if kind == EventRST || len(w.x.signals) > 1 {
		w.stop(WatchClosed)
	}
}

// advance ends the look-ahead when its time is over, which a Ping may put off.
func (w *watch) advance(now int64) {
	if w.over || now <= w.until {
		return
	}
	if w.read(); now > w.until && !w.awaited(now) {
		w.stop(WatchTime)
	}
}

// PongTime is how long a Ping may stay unanswered, nanoseconds.
const PongTime = int64(10 * time.Second)

// wait sets when the look-ahead ends.
func (w *watch) wait() {
	w.until = w.at + w.ahead
	if p := w.session.Ping; p != nil {
		w.until = max(w.until, p.Ref.Time+PongTime)
	}
}

// pinged follows Pings and Pongs: a Pong to a Ping answers those before it, too
// (RFC 6455 section 5.5.3).
func (w *watch) pinged(from reassembly.Side, f *frame.Frame) {
	ses := &w.session
	switch {
	case f.Opcode == frame.Ping && f.Complete && ses.Ping == nil:
		ses.Ping, ses.PingFrom, w.lastPing = &Frame{Frame: *f, Ref: w.ref}, from, append(w.lastPing[:0], f.Payload...)
		w.wait()
	case f.Opcode == frame.Ping && from == ses.PingFrom && !f.Complete:
		ses.Ping = nil // a Pong to it answers the first one, too, and is not known for one
		w.wait()
	case f.Opcode == frame.Ping && from == ses.PingFrom:
		w.lastPing = append(w.lastPing[:0], f.Payload...)
	case f.Opcode == frame.Pong && ses.Ping != nil && from != ses.PingFrom &&
		(!f.Complete || bytes.Equal(f.Payload, ses.Ping.Payload) || bytes.Equal(f.Payload, w.lastPing)):
		ses.Ping = nil
		w.wait()
	}
}

func (w *watch) finish(end reassembly.End) {
	switch {
	case w.over:
	case end == reassembly.EndCapture && len(w.x.signals) == 0:
		w.stop(WatchCapture)
	default:
		w.stop(WatchClosed)
	}
}

// stop ends the watch and hands the handshake on.
func (w *watch) stop(why WatchEnd) {
	w.over, w.session.Watched, w.session.unread = true, why, w
	w.session.Resent = w.x.c.Halves[reassembly.Server].Retransmissions - w.resent
	w.x.emitExchange(w.ex)
	w.x.ignore()
}
