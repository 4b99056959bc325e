package analyzer

import (
	"slices"
	"time"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// leftAtOnce is how soon after a 101 a client must leave without a frame for it
// to be a refusal of the 101.
const leftAtOnce = int64(2 * time.Second)

// decideUpgrade decides an attempt that got a 101, by what followed.
func (h *Handshake) decideUpgrade() {
	s := h.Upgraded
	if s == nil || h.Guessed || oneWay(&h.Conn) != 2 || !h.Response.Complete && s.After[reassembly.Client] == 0 {
		h.end(Incomplete, ByCaptureEnd, Ending{})
		return
	}
	if h.lostOnTheWay() {
		h.end(NoResponse, ByNetwork, Ending{Kind: EndingNoStatus, Time: h.Until})
		return
	}
	end := s.tcpEnd()
	if s.leftFirst() && end.Ref.Time-h.Response.Last.Time <= leftAtOnce {
		h.end(Aborted, ByClient, Ending{Kind: EndingClientLeft, Time: end.Ref.Time})
		return
	}
	if side, c := s.firstClose(); c != nil && s.fails(side, c) {
		h.decideClose(side, c)
		return
	}
	if h.decideRefused(end) {
		return
	}
	h.decideSession(end)
}

// decideClose decides a session with a Close frame that tells of a failure, unless it only
// echoes an end of the client that was not captured.
func (h *Handshake) decideClose(side reassembly.Side, c *Close) {
	if side == reassembly.Server && c.bareProtocolError() && leftUnseen(&h.Conn, reassembly.Client) && !h.Upgraded.offends() {
		h.end(Incomplete, ByCaptureEnd, Ending{})
		return
	}
	by := partyOf(side)
	h.end(ClosedEarly, by, Ending{Kind: EndingClose, Code: c.Code, From: by, Time: c.Ref.Time})
}

// decideSession decides a session without a Close frame that tells of a failure; end
// is how TCP ended, nil if it did not.
func (h *Handshake) decideSession(end *Event) {
	s := h.Upgraded
	switch {
	case h.Dialect != RFC6455 && s.After[reassembly.Client] > 0:
		h.end(Established, Nobody, Ending{}) // used; its frames are not ours to read
	case s.NotFrames[reassembly.Server] != nil:
		h.decideNotFrames(end)
	case end == nil || s.closing():
		h.end(Established, Nobody, Ending{})
	case end.From == reassembly.Server && !s.used() && !h.endsAtOnce() && h.lacksClient():
		h.end(Incomplete, ByCaptureEnd, Ending{}) // a frame or a FIN of the client may have come first
	case end.From == reassembly.Server && !s.used():
		h.end(ClosedEarly, ByServer, Ending{Kind: EndingDropped, Time: end.Ref.Time})
	default:
		h.decideLeft(end)
	}
}

// lacksClient reports whether a frame or the end of the client may be missing: without the
// request it is not known where its frames would begin.
func (h *Handshake) lacksClient() bool {
	return h.Missed(reassembly.Client) || h.Request == nil || leftUnseen(&h.Conn, reassembly.Client)
}

// endsAtOnce reports whether the server ended its side of a stream of HTTP/2 with the very
// head of its answer: whatever the client said came too late.
func (h *Handshake) endsAtOnce() bool { return h.HTTP2 != nil && h.HTTP2.Ends[reassembly.Server] }

// decideNotFrames decides a session in which the server wrote something else
// than frames.
func (h *Handshake) decideNotFrames(end *Event) {
	e := Ending{Kind: EndingDropped, Time: h.Upgraded.NotFrames[reassembly.Server].Ref.Time}
	by := ByServer
	if end != nil && end.From == reassembly.Client {
		e, by = Ending{Kind: EndingClientLeft, Time: end.Ref.Time}, ByClient
	}
	h.end(ClosedEarly, by, e)
}

// decideLeft decides a session that the client left without a Close frame.
func (h *Handshake) decideLeft(end *Event) {
	s := h.Upgraded
	left := Ending{Kind: EndingClientLeft, Time: end.Ref.Time}
	soon := end.Ref.Time-h.Response.Last.Time <= leftAtOnce
	switch {
	case s.After[reassembly.Client] > 0:
		h.end(Established, Nobody, Ending{})
	case soon && s.After[reassembly.Server] == 0 && h.Missed(reassembly.Client):
		h.end(Incomplete, ByCaptureEnd, Ending{})
	case soon && s.After[reassembly.Server] == 0:
		h.end(Aborted, ByClient, left)
	default:
		h.end(Established, Nobody, Ending{})
		h.Objection = &left
	}
}

// leftFirst reports whether the client ended the connection before any frame came:
// the Close frame of a server that is told so late ended nothing.
func (s *Session) leftFirst() bool {
	if len(s.Events) == 0 || s.After[reassembly.Client] > 0 {
		return false
	}
	first := &s.Events[0]
	return first.From == reassembly.Client && (first.Kind == EventFIN || first.Kind == EventRST) &&
		s.Frames[reassembly.Server] == 1 && s.Closes[reassembly.Server] != nil
}

// fails reports whether a Close frame of a side tells of a failure.
func (s *Session) fails(side reassembly.Side, c *Close) bool {
	if c.normal() || s.Echoes(side, c) {
		return false
	}
	return side == reassembly.Server || !c.private() || !s.used()
}

// Echoes reports whether a Close frame only tells that the other side had ended the
// connection without one: Tomcat makes 1006, which must not be sent (RFC 6455 section
// 7.4.1), into 1002, and gives no reason, as it does where it objects to something. That
// of a client may object to what came before the server's FIN, with no reason either (ws).
func (s *Session) Echoes(side reassembly.Side, c *Close) bool {
	end := s.tcpEnd()
	return side == reassembly.Server && c.bareProtocolError() &&
		end != nil && end.From == reassembly.Client && earlier(end.Ref, c.Ref) && !s.offends()
}

// bareProtocolError reports whether a Close frame names a protocol error and no reason.
func (c *Close) bareProtocolError() bool {
	const protocolError = 1002
	return c.Code == protocolError && len(c.Reason) == 0
}

// offends reports whether the client sent something that a server objects to.
func (s *Session) offends() bool {
	return s.NotFrames[reassembly.Client] != nil || slices.ContainsFunc(s.First[reassembly.Client], func(f Frame) bool {
		return !f.Masked || f.RSV2 || f.RSV3 || f.Opcode.Control() && (f.RSV1 || !f.FIN)
	})
}

// used reports whether both sides sent frames: the handshake did its work.
func (s *Session) used() bool {
	return s.Frames[reassembly.Client] > 0 && s.Frames[reassembly.Server] > 0
}

// private reports whether a code means what the application says (RFC 6455
// section 7.4.2).
func (c *Close) private() bool { return c.Code >= 3000 && c.Code <= 4999 }

// firstClose gives the Close frame that came first.
func (s *Session) firstClose() (reassembly.Side, *Close) {
	c, sv := s.Closes[reassembly.Client], s.Closes[reassembly.Server]
	if sv == nil || c != nil && before(c, sv) {
		return reassembly.Client, c
	}
	return reassembly.Server, sv
}

func before(a, b *Close) bool { return earlier(a.Ref, b.Ref) }

// earlier reports whether a packet came before another one.
func earlier(a, b capture.Ref) bool {
	if a.Capture == b.Capture {
		return a.Frame < b.Frame
	}
	return a.Time < b.Time
}

// normal reports whether the code is one of an ordinary end.
func (c *Close) normal() bool {
	const normal, goingAway, none = 1000, 1001, 1005
	return c.Code == normal || c.Code == goingAway || c.Code == none
}

// tcpEnd gives the first FIN or RST.
func (s *Session) tcpEnd() *Event {
	if s.torn == 0 {
		return nil
	}
	return &s.Events[s.torn-1]
}

// closing reports whether either side sent a Close frame.
func (s *Session) closing() bool {
	return s.Closes[reassembly.Client] != nil || s.Closes[reassembly.Server] != nil
}

func partyOf(s reassembly.Side) Party {
	if s == reassembly.Client {
		return ByClient
	}
	return ByServer
}
