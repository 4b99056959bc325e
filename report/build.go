package report

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// Env is what Build needs to know besides the facts of one handshake. Its
// functions must be safe to call from every goroutine that calls Build.
type Env struct {
	// OneCapture says that the run has a single capture, so that Wireshark's
	// stream numbers mean the same there.
	OneCapture bool
	// Unnumbered says that no file has the packets as they are numbered: filters
	// do without numbers.
	Unnumbered bool
	// Path gives the encapsulations of a path, outermost first; nil = none known.
	Path func(capture.PathID) []string
	// Interface names an interface of a capture; nil or "" = no name.
	Interface func(captureIndex, iface uint32) string
	Redactor  *Redactor // nil shows secrets
}

// Build makes the record of a handshake. SupersededBy and Legs are left to the
// caller, who knows the other handshakes. v may be nil: not judged.
func Build(h *analyzer.Handshake, v *rules.Verdict, env Env) *Handshake {
	if v == nil {
		v = &rules.Verdict{}
	}
	v.Tell()
	rec := &Handshake{
		ID: h.ID, WebSocket: certainty(h.WebSocket),
		Client: h.Conn.Client.String(), Server: h.Conn.Server.String(), URL: Text(urlOf(h)),
		Capture: int(firstPacket(h).Capture), Stream: stream(h, env), Frames: frames(h),
		SeenOn: seenOn(h, env), Path: pathOf(h, env), Time: TimeOf(startOf(h)),
		HTTPVersion: httpVersion(h), Tunnel: tunnelOf(h.Tunnel), AnsweredBy: Text(v.AnsweredBy),
		TLS: tlsOf(h), Outcome: h.Outcome.String(), EndedBy: h.EndedBy.String(),
		Request: requestOf(h.Request), Response: responseOf(h.Response, &h.Body),
		Timing: timingOf(h), Session: sessionOf(h), Legs: []string{},
	}
	rec.Filter = filterOf(h, rec, env)
	rec.Interim = interimOf(h.Interim)
	addVerdict(rec, h, v)
	env.Redactor.Handshake(rec, hiddenFields(h.Tunnel)...)
	return rec
}

func certainty(c analyzer.Certainty) string {
	switch c {
	case analyzer.Yes:
		return "yes"
	case analyzer.Likely:
		return "likely"
	}
	return "unknown"
}

func stream(h *analyzer.Handshake, env Env) *int64 {
	if !h.Conn.StreamExact || !env.OneCapture {
		return nil
	}
	n := h.Conn.Stream
	return &n
}

// startOf is the time of the first packet of the request, else of the attempt.
func startOf(h *analyzer.Handshake) int64 {
	if h.Request != nil {
		return h.Request.First.Time
	}
	return h.Start
}

// firstPacket is the first packet of the attempt; those of earlier exchanges on
// the same connection are not part of it.
func firstPacket(h *analyzer.Handshake) capture.Ref {
	if h.Ordinal > 0 && h.Request != nil {
		return h.Request.First
	}
	return h.Conn.First
}

// crosses reports whether the attempt goes on in another file of a ring buffer.
func crosses(h *analyzer.Handshake) bool {
	return h.Conn.Last.Known() && firstPacket(h).Capture != h.Conn.Last.Capture
}

// frames spans the packets of the attempt.
func frames(h *analyzer.Handshake) FrameRange {
	r := FrameRange{First: firstPacket(h).Frame, Last: h.Conn.Last.Frame}
	if !crosses(h) {
		r.Last = max(r.First, r.Last)
	}
	return r
}

func seenOn(h *analyzer.Handshake, env Env) []string {
	names := []string{}
	if env.Interface == nil {
		return names
	}
	seen := map[string]bool{"": true}
	for i := -1; i < len(h.Conn.Interfaces); i++ {
		id := h.Conn.Interface
		if i >= 0 {
			id = h.Conn.Interfaces[i]
		}
		if name := env.Interface(h.Conn.First.Capture, id); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

func pathOf(h *analyzer.Handshake, env Env) []string {
	if env.Path == nil {
		return []string{}
	}
	return append([]string{}, env.Path(h.Conn.Path)...)
}

func httpVersion(h *analyzer.Handshake) string {
	if h.Request == nil {
		return ""
	}
	version := h.Request.Text(h.Request.Version)
	if rest, ok := strings.CutPrefix(version, "HTTP/"); ok && len(rest) <= 3 {
		return strings.ToValidUTF8(rest, "\ufffd")
	}
	return ""
}

func fieldsOf(m *analyzer.Message) []Field {
	fields := make([]Field, len(m.Fields))
	for i, f := range m.Fields {
		fields[i] = Field{Name: Text(m.Text(f.Name)), Value: Text(m.Text(f.Value))}
	}
	return fields
}

// headAt gives the packets that carried the head of m.
func headAt(m *analyzer.Message) []At {
	return atOf(m.RefsOf(http1.Span{End: len(m.Raw)}))
}

func atOf(refs []capture.Ref) []At {
	at := make([]At, 0, len(refs))
	for _, r := range refs {
		if r.Known() {
			at = append(at, At{Capture: int(r.Capture), Frame: r.Frame})
		}
	}
	return at
}

func requestOf(m *analyzer.Message) *Request {
	if m == nil {
		return nil
	}
	return &Request{
		Method: Text(m.Text(m.Method)), Target: Text(m.Text(m.Target)), Version: Text(m.Text(m.Version)),
		Fields: fieldsOf(m), At: headAt(m), Time: TimeOf(m.First.Time),
	}
}

func responseOf(m *analyzer.Message, body *analyzer.Body) *Response {
	if m == nil {
		return nil
	}
	r := &Response{
		Status: m.Status, Reason: Text(m.Text(m.Reason)), Version: Text(m.Text(m.Version)),
		Fields: fieldsOf(m), At: headAt(m), Time: TimeOf(m.First.Time),
	}
	if body != nil {
		r.BodyPrefix = Text(body.Data)
	}
	return r
}

func interimOf(messages []*analyzer.Message) []Response {
	interim := make([]Response, 0, len(messages))
	for _, m := range messages {
		interim = append(interim, *responseOf(m, nil))
	}
	return interim
}

func tunnelOf(t *analyzer.Tunnel) *Tunnel {
	if t == nil || t.Request == nil {
		return nil
	}
	rec := &Tunnel{Target: Text(t.Request.Text(t.Request.Target)), At: headAt(t.Request)}
	if t.Response != nil {
		rec.Status = t.Response.Status
		rec.At = append(rec.At, headAt(t.Response)...)
	}
	return rec
}

// hiddenFields gives the fields of a CONNECT exchange: they are not in the
// record, their credentials must not be either.
func hiddenFields(t *analyzer.Tunnel) []Field {
	if t == nil {
		return nil
	}
	var hidden []Field
	for _, m := range []*analyzer.Message{t.Request, t.Response} {
		if m != nil {
			hidden = append(hidden, fieldsOf(m)...)
		}
	}
	return hidden
}

func sessionOf(h *analyzer.Handshake) *Session {
	s := h.Upgraded
	if s == nil {
		return nil
	}
	rec := &Session{ClientFrames: s.Frames[reassembly.Client], ServerFrames: s.Frames[reassembly.Server]}
	if h.Response != nil && s.Last > h.Response.Last.Time {
		rec.LastedMS = millis(s.Last - h.Response.Last.Time)
	}
	rec.Close = closeOf(s)
	return rec
}

// closeOf gives the Close frame that came first.
func closeOf(s *analyzer.Session) *Close {
	side := reassembly.Client
	c, d := s.Closes[reassembly.Client], s.Closes[reassembly.Server]
	if c == nil || d != nil && before(d.Ref, c.Ref) {
		c, side = d, reassembly.Server
	}
	if c == nil {
		return nil
	}
	return &Close{From: side.String(), Code: int(c.Code), Reason: Text(c.Reason)}
}

func before(a, b capture.Ref) bool {
	if a.Time != b.Time {
		return a.Time < b.Time
	}
	return a.Frame < b.Frame
}
