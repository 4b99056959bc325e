package report

import (
	"net/netip"
	"slices"
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
	var b Builder
	rec := b.Build(h, v, env)
	b.redaction, b.refs, b.room = nil, nil, nil // the record holds on to b
	return rec
}

// Builder makes records one after the other in the same memory. The zero value is
// ready; it is used by one goroutine, but several may run side by side.
type Builder struct {
	rec      Handshake
	stream   int64
	request  Request
	response Response
	session  Session
	closed   Close
	cause    RootCause
	timing   timing

	// What the slices of rec are cut from.
	fields   []Field
	at       []At
	findings []Finding
	evidence []Evidence

	// Reused.
	redaction *redaction
	refs      []capture.Ref
	room      []byte
	ids       ids
}

// Build makes a record as the function Build does. It is valid until the next call.
func (b *Builder) Build(h *analyzer.Handshake, v *rules.Verdict, env Env) *Handshake {
	if v == nil {
		v = &rules.Verdict{}
	}
	v.Tell()
	b.fields, b.at, b.evidence = b.fields[:0], b.at[:0], b.evidence[:0]
	rec := &b.rec
	*rec = Handshake{
		ID: b.ids.text(h.ID), WebSocket: certainty(h.WebSocket),
		Client: b.endpoint(h.Conn.Client), Server: b.endpoint(h.Conn.Server), URL: b.url(h),
		Capture: int(firstPacket(h).Capture), Stream: b.streamOf(h, env), Frames: frames(h),
		SeenOn: seenOn(h, env), Path: pathOf(h, env), Time: TimeOf(startOf(h)),
		HTTPVersion: httpVersion(h), Tunnel: b.tunnelOf(h.Tunnel), AnsweredBy: Text(v.AnsweredBy),
		TLS: tlsOf(h), Outcome: h.Outcome.String(), EndedBy: h.EndedBy.String(),
		Request: b.requestOf(h.Request), Response: b.finalResponse(h),
		Timing: b.timing.of(h), Session: b.sessionOf(h), Legs: []string{},
	}
	rec.Filter = filterOf(h, rec, env)
	rec.Interim = b.interimOf(h.Interim)
	b.addVerdict(rec, h, v)
	b.redact(env.Redactor, rec, h.Tunnel)
	return rec
}

func (b *Builder) redact(r *Redactor, rec *Handshake, t *analyzer.Tunnel) {
	if b.redaction == nil {
		b.redaction = new(redaction)
	}
	b.redaction.redact(r, rec, b.hiddenFields(t))
}

func (b *Builder) endpoint(e capture.Endpoint) string {
	b.room = netip.AddrPortFrom(e.Addr.Netip(), e.Port).AppendTo(b.room[:0])
	return string(b.room)
}

func (b *Builder) url(h *analyzer.Handshake) Text {
	b.room = appendURL(b.room[:0], h)
	return Text(b.room)
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

func (b *Builder) streamOf(h *analyzer.Handshake, env Env) *int64 {
	if !h.Conn.StreamExact || !env.OneCapture {
		return nil
	}
	b.stream = h.Conn.Stream
	return &b.stream
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
	for i := -1; i < len(h.Conn.Interfaces); i++ {
		id := h.Conn.Interface
		if i >= 0 {
			id = h.Conn.Interfaces[i]
		}
		if name := env.Interface(h.Conn.First.Capture, id); name != "" && !slices.Contains(names, name) {
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

func (b *Builder) fieldsOf(m *analyzer.Message) []Field {
	from := len(b.fields)
	b.fields = slices.Grow(b.fields, len(m.Fields)+1)
	for _, f := range m.Fields {
		b.fields = append(b.fields, Field{Name: Text(m.Text(f.Name)), Value: Text(m.Text(f.Value))})
	}
	return b.fields[from:len(b.fields):len(b.fields)]
}

// headAt gives the packets that carried the head of m.
func (b *Builder) headAt(m *analyzer.Message) []At {
	b.refs = m.AppendRefs(b.refs[:0], http1.SpanOf(0, len(m.Raw)))
	return b.atOf(b.refs)
}

func (b *Builder) atOf(refs []capture.Ref) []At {
	from := len(b.at)
	b.at = slices.Grow(b.at, len(refs)+1)
	for _, r := range refs {
		if r.Known() {
			b.at = append(b.at, At{Capture: int(r.Capture), Frame: r.Frame})
		}
	}
	return b.at[from:len(b.at):len(b.at)]
}

func (b *Builder) requestOf(m *analyzer.Message) *Request {
	if m == nil {
		return nil
	}
	b.request = Request{
		Method: Text(m.Text(m.Method)), Target: Text(m.Text(m.Target)), Version: Text(m.Text(m.Version)),
		Fields: b.fieldsOf(m), At: b.headAt(m), Time: TimeOf(m.First.Time),
	}
	return &b.request
}

func (b *Builder) responseOf(m *analyzer.Message) Response {
	return Response{
		Status: m.Status, Reason: Text(m.Text(m.Reason)), Version: Text(m.Text(m.Version)),
		Fields: b.fieldsOf(m), At: b.headAt(m), Time: TimeOf(m.First.Time),
	}
}

func (b *Builder) finalResponse(h *analyzer.Handshake) *Response {
	if h.Response == nil {
		return nil
	}
	b.response = b.responseOf(h.Response)
	b.response.BodyPrefix = Text(h.Body.Data)
	return &b.response
}

func (b *Builder) interimOf(messages []*analyzer.Message) []Response {
	interim := make([]Response, 0, len(messages))
	for _, m := range messages {
		interim = append(interim, b.responseOf(m))
	}
	return interim
}

func (b *Builder) tunnelOf(t *analyzer.Tunnel) *Tunnel {
	if t == nil || t.Request == nil {
		return nil
	}
	rec := &Tunnel{Target: Text(t.Request.Text(t.Request.Target)), At: b.headAt(t.Request)}
	if t.Response != nil {
		rec.Status = t.Response.Status
		rec.At = append(rec.At, b.headAt(t.Response)...)
	}
	return rec
}

// hiddenFields gives the fields of a CONNECT exchange: they are not in the
// record, their credentials must not be either.
func (b *Builder) hiddenFields(t *analyzer.Tunnel) []Field {
	if t == nil {
		return nil
	}
	var hidden []Field
	for _, m := range []*analyzer.Message{t.Request, t.Response} {
		if m != nil {
			hidden = append(hidden, b.fieldsOf(m)...)
		}
	}
	return hidden
}

func (b *Builder) sessionOf(h *analyzer.Handshake) *Session {
	s := h.Upgraded
	if s == nil {
		return nil
	}
	b.session = Session{
		ClientFrames: s.Frames[reassembly.Client], ServerFrames: s.Frames[reassembly.Server], Close: b.closeOf(s),
	}
	if h.Response != nil && s.Last > h.Response.Last.Time {
		b.session.LastedMS = millis(s.Last - h.Response.Last.Time)
	}
	return &b.session
}

// closeOf gives the Close frame that came first.
func (b *Builder) closeOf(s *analyzer.Session) *Close {
	side := reassembly.Client
	c, d := s.Closes[reassembly.Client], s.Closes[reassembly.Server]
	if c == nil || d != nil && before(d.Ref, c.Ref) {
		c, side = d, reassembly.Server
	}
	if c == nil {
		return nil
	}
	b.closed = Close{From: side.String(), Code: int(c.Code), Reason: Text(c.Reason)}
	return &b.closed
}

func before(a, b capture.Ref) bool {
	if a.Time != b.Time {
		return a.Time < b.Time
	}
	return a.Frame < b.Frame
}
