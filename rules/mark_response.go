package rules

import (
	"bytes"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/reassembly"
)

func (m *Marks) response(p *Pass, r *analyzer.Message) {
	m.put(ResponseDeviates, len(r.Deviations) > 0)
	m.put(ResponseRepeats, r.MayRepeat())
	m.put(HTTPVersionOddInAnswer, string(r.Raw[r.Version.Start:r.Version.End]) != "HTTP/1.1")
	m.put(AnswerUpgradeOdd, !foldIs(only(r, "Upgrade"), "websocket"))
	m.put(AnswerConnectionOdd, !foldIs(only(r, "Connection"), "upgrade"))
	accept := only(r, "Sec-WebSocket-Accept")
	m.put(AcceptOdd, len(accept) == 0 || bytes.IndexByte(accept, ',') >= 0)
	m.put(AnswerOdd, !plainAnswer(p.Request, r))
	m.put(SubprotocolSelected, r.Has("Sec-WebSocket-Protocol"))
	m.put(ResponseContent, r.Has("Content-Length") || r.Has("Transfer-Encoding") || r.Has("Content-Encoding"))
	m.put(ResponseVersion, r.Has("Sec-WebSocket-Version"))
	m.put(HasChallenge, r.Has("WWW-Authenticate") || r.Has("Proxy-Authenticate"))
	m.put(HasBody, len(p.Body.Data) > 0)
	if r.Status != 101 {
		m.add(statusMark(r.Status))
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

// plainAnswer reports whether a 101 accepts no extension where none or the usual
// one was offered, or the usual one where that was offered.
func plainAnswer(request, response *analyzer.Message) bool {
	if request == nil || !plainOffer(request) {
		return false
	}
	if !response.Has("Sec-WebSocket-Extensions") {
		return true
	}
	switch string(only(response, "Sec-WebSocket-Extensions")) {
	case "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover":
		return request.Has("Sec-WebSocket-Extensions")
	}
	return false
}

func (m *Marks) session(s *analyzer.Session) {
	for _, side := range [...]reassembly.Side{reassembly.Client, reassembly.Server} {
		for i := range s.First[side] {
			m.frame(&s.First[side][i], side)
		}
		if c := s.Closes[side]; c != nil {
			m.add(CloseSeen)
			m.put(CloseOdd, c.BodyLen != 0 && (c.BodyLen != 2 || c.Code != 1000 && c.Code != 1001))
		}
		m.put(NotFrames, s.NotFrames[side] != nil)
	}
	m.put(ClientFrames, len(s.First[reassembly.Client]) >= 3)
	m.put(EarlyData, s.Early != nil)
	for i := range s.Events {
		if k := s.Events[i].Kind; k == analyzer.EventFIN || k == analyzer.EventRST {
			m.add(TornDown)
			return
		}
	}
}

// largestControl is the largest payload of a control frame (RFC 6455 section 5.5).
const largestControl = 125

func (m *Marks) frame(f *analyzer.Frame, from reassembly.Side) {
	known := f.Opcode <= frame.Binary || f.Opcode >= frame.Close && f.Opcode <= frame.Pong
	control := f.Opcode.Control() && (!f.FIN || f.Length > largestControl)
	m.put(FrameOdd, f.Masked != (from == reassembly.Client) || f.NotMinimal || f.LengthMSB || !known || control)
	m.put(FrameReserved, f.RSV1 || f.RSV2 || f.RSV3)
	m.put(FrameFragmented, !f.FIN || f.Opcode == frame.Continuation)
	m.put(FrameText, f.Opcode == frame.Text)
}
