package rules

import (
	"bytes"
	"unicode/utf8"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/reassembly"
)

func (m *Marks) response(p *Pass, r *analyzer.Message) {
	l := p.answered
	m.put(ResponseDeviates, len(r.Deviations) > 0)
	m.put(ResponseRepeats, r.MayRepeat())
	m.put(ResponseCut, !r.Complete)
	m.put(ResponseTorn, r.Torn())
	m.put(HTTPVersionOddInAnswer, string(r.Raw[r.Version.Start:r.Version.End]) != "HTTP/1.1")
	m.put(AnswerUpgradeOdd, !isWebSocket(l.only(fieldUpgrade)))
	m.put(AnswerConnectionOdd, !isUpgrade(l.only(fieldConnection)))
	accept := l.only(fieldAccept)
	m.put(AcceptOdd, len(accept) == 0 || bytes.IndexByte(accept, ',') >= 0)
	m.put(AcceptSent, l.there(fieldAccept))
	m.put(KeySent, l.there(fieldKey))
	m.put(AnswerOdd, p.Request == nil || p.Shows(OfferOdd) || !plainAnswer(p.asked, l))
	m.put(SubprotocolSelected, l.there(fieldProtocol))
	m.put(ResponseVersion, l.there(fieldVersion))
	m.put(SetsCookie, l.there(fieldSetCookie))
	m.put(CacheField, l.any(fieldAge, fieldXCache, fieldCFCache, fieldXVarnish, fieldVia))
	if !p.Accepted() {
		m.add(statusMark(r.Status))
		m.challenge(l)
	}
	m.content(p, l)
}

// challenge marks what a refusal asks for.
func (m *Marks) challenge(l *lines) {
	asks, proxy := l.there(fieldChallenge), l.there(fieldProxyChallenge)
	m.put(NoChallenge, !asks)
	m.put(HasChallenge, asks || proxy)
	m.put(ChallengeOdd, proxy || asks && !plainChallenge(l.only(fieldChallenge)))
}

// content marks the body and what the head says of it.
func (m *Marks) content(p *Pass, l *lines) {
	m.put(ResponseContent, l.any(fieldContentLength, fieldTransferEncoding, fieldContentEncoding))
	m.put(LengthOdd, !l.plainLength())
	m.put(BodyCut, !p.Body.Complete)
	if len(p.Body.Data) > 0 {
		m.add(HasBody)
		m.put(BodySpeaks, len(p.Hints()) > 0)
	}
}

// statusMark gives the mark of a final status.
func statusMark(status int) Mark {
	switch status {
	case 400:
		return Status400
	case 401:
		return Status401
	case 403:
		return Status403
	case 404:
		return Status404
	case 405:
		return Status405
	case 407:
		return Status407
	case 426:
		return Status426
	case 500, 501, 502, 503, 504:
		return Status500 + Mark(status-500)
	}
	return statusClass(status)
}

func statusClass(status int) Mark {
	switch {
	case status >= 500:
		return StatusServerError
	case status >= 400:
		return StatusClientError
	case status >= 300:
		return StatusRedirect
	case status >= 200:
		return StatusSuccess
	}
	return StatusOther
}

// plainAnswer reports whether a 101 accepts no extension, or the usual one where that
// was offered. The offer is plain.
func plainAnswer(asked, answered *lines) bool {
	if !answered.there(fieldExtensions) {
		return true
	}
	switch string(answered.only(fieldExtensions)) {
	case "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover":
		return asked.there(fieldExtensions)
	}
	return false
}

func (m *Marks) session(s *analyzer.Session) {
	for side, c := range s.Closes {
		m.closing(c)
		m.put(NotFrames, s.NotFrames[side] != nil)
	}
	m.put(NoClose, s.Closes[reassembly.Client] == nil && s.Closes[reassembly.Server] == nil)
	m.put(ClientFrames, len(s.First[reassembly.Client]) >= 3)
	m.put(EarlyData, s.Early != nil)
	m.put(PingOpen, s.Ping != nil)
	m.put(Glued, s.Glued)
	m.put(ServerSilent, s.After[reassembly.Server] == 0)
	if s.Usual() {
		m.put(TornDown, s.Torn())
	} else {
		m.frames(s)
	}
}

// frames looks at each frame and at what came between them.
func (m *Marks) frames(s *analyzer.Session) {
	for _, side := range [...]reassembly.Side{reassembly.Client, reassembly.Server} {
		for i := range s.First[side] {
			m.frame(&s.First[side][i], side)
		}
	}
	m.refusals(s.Messages(reassembly.Server))
	m.put(MaskRepeats, maskRepeats(s.First[reassembly.Client]))
	m.events(s.Events)
}

// refusals marks a message of the server by which it may refuse the client.
func (m *Marks) refusals(list []analyzer.Frame) {
	for i := range list {
		f := &list[i]
		m.put(FrameRefuses, len(f.Payload) > 0 && analyzer.MayRefuse(f.Payload))
	}
}

func (m *Marks) closing(c *analyzer.Close) {
	if c == nil {
		return
	}
	m.add(CloseSeen)
	m.put(CloseOdd, c.BodyLen != 0 && (c.BodyLen != 2 || c.Code != 1000 && c.Code != 1001))
}

// events marks a FIN or RST, and data of a side that had closed.
func (m *Marks) events(list []analyzer.Event) {
	var closed [2]bool
	for i := range list {
		switch e := &list[i]; {
		case e.Kind == analyzer.EventFIN, e.Kind == analyzer.EventRST:
			m.add(TornDown)
		case e.Kind != analyzer.EventFrame:
		case e.Opcode == frame.Close:
			closed[e.From] = true
		case closed[e.From] && !e.Opcode.Control():
			m.add(DataAfterClose)
		}
	}
}

// maskRepeats reports whether the first two masked frames with a payload have the
// same key.
func maskRepeats(list []analyzer.Frame) bool {
	var first *analyzer.Frame
	for i := range list {
		f := &list[i]
		switch {
		case !f.Masked || f.Length == 0:
		case first == nil:
			first = f
		default:
			return f.Mask == first.Mask
		}
	}
	return false
}

// largestControl is the largest payload of a control frame (RFC 6455 section 5.5).
const largestControl = 125

func (m *Marks) frame(f *analyzer.Frame, from reassembly.Side) {
	if f.FIN && !f.RSV1 && f.Opcode == frame.Text && f.Complete && uint64(len(f.Payload)) == f.Length {
		m.put(TextNotUTF8, !frame.ASCII(f.Payload) && !utf8.Valid(f.Payload))
	}
	known := f.Opcode <= frame.Binary || f.Opcode >= frame.Close && f.Opcode <= frame.Pong
	control := f.Opcode.Control() && (!f.FIN || f.Length > largestControl)
	m.put(FrameOdd, f.Masked != (from == reassembly.Client) || f.NotMinimal || f.LengthMSB || !known || control)
	m.put(FrameReserved, f.RSV1 || f.RSV2 || f.RSV3)
	m.put(FrameFragmented, !f.FIN || f.Opcode == frame.Continuation)
}
