package report

import (
	"net/netip"
	"slices"
	"strconv"
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
	b := Builder{once: true}
	rec := b.Build(h, v, env)
	b.redaction, b.lines, b.heads, b.refs, b.views, b.room = nil, nil, nil, nil, nil, nil // the record holds on to b
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
	clock    lastSecond
	emitter  emitter
	usual    usual

	// What the slices of rec are cut from.
	fields   []Field
	at       []At
	findings []Finding
	evidence []Evidence
	clients  []ClientView

	lines  []*line // of the fields; nil where nothing is known
	heads  []head
	pieces []piece // of a record that is of no kind that is known
	said   []*phrase

	once bool // makes a single record: nothing recurs
	// Reused.
	known     *lineTable
	forms     *forms
	phrases   *phrases
	words     *phrases // texts of other sorts that recur: in a table of their own, or they would push those out
	kinds     *kinds
	redaction *redaction
	refs      []capture.Ref
	views     []rules.ClientView
	room      []byte
	ids       ids
}

// Build makes a record as the function Build does. It is valid until the next call.
func (b *Builder) Build(h *analyzer.Handshake, v *rules.Verdict, env Env) *Handshake {
	if v == nil {
		v = &rules.Verdict{}
	}
	copied(h.Request)
	copied(h.Response)
	v.Tell()
	b.fields, b.lines, b.heads, b.at, b.evidence = b.fields[:0], b.lines[:0], b.heads[:0], b.at[:0], b.evidence[:0]
	rec := &b.rec
	*rec = Handshake{
		ID: b.ids.text(h.ID()), WebSocket: certainty(h.WebSocket),
		Capture: int(firstPacket(h).Capture), Stream: b.streamOf(h, env), Frames: frames(h),
		SeenOn: seenOn(h, env), Path: pathOf(h, env), Time: TimeOf(startOf(h)),
		HTTPVersion: httpVersion(h), Tunnel: b.tunnelOf(h.Tunnel), AnsweredBy: Text(v.AnsweredBy),
		TLS: tlsOf(h), Outcome: h.Outcome.String(), EndedBy: h.EndedBy.String(),
		Request: b.requestOf(h.Request), Interim: b.interimOf(h.Interim), Response: b.finalResponse(h), // in this order: see lines
		Timing: b.timing.of(h), Session: b.sessionOf(h), Legs: []string{},
	}
	b.addNames(rec, h, env)
	b.addVerdict(rec, h, v)
	b.redact(env.Redactor, rec, h)
	return rec
}

// copied says that most texts of a head are going to be asked for.
func copied(m *analyzer.Message) {
	if m != nil {
		m.Copy()
	}
}

func (b *Builder) redact(r *Redactor, rec *Handshake, h *analyzer.Handshake) {
	if b.redaction == nil {
		b.redaction = new(redaction)
	}
	b.redaction.phrases, b.redaction.recurring = b.phrases, b.words
	b.redaction.redact(r, rec, b.heads, append(hiddenFields(h.Tunnel), hiddenWords(h)...))
}

// addNames adds the texts that say between whom the attempt was and where it is
// found: all in one piece of memory.
func (b *Builder) addNames(rec *Handshake, h *analyzer.Handshake, env Env) {
	room := appendEndpoint(b.room[:0], h.Conn.Client)
	client := len(room)
	room = appendEndpoint(room, h.Conn.Server)
	server := len(room)
	room = appendURL(room, h)
	url := len(room)
	room = appendFilter(room, h, rec.Stream, rec.Frames, &env)
	b.room = room
	all := string(room)
	rec.Client, rec.Server, rec.URL, rec.Filter = all[:client], all[client:server], Text(all[server:url]), all[url:]
}

func appendEndpoint(b []byte, e capture.Endpoint) []byte {
	if !e.Addr.Is4() {
		return netip.AddrPortFrom(e.Addr.Netip(), e.Port).AppendTo(b)
	}
	return strconv.AppendUint(append(appendAddr(b, e.Addr), ':'), uint64(e.Port), 10)
}

func appendAddr(b []byte, a capture.Addr) []byte {
	if !a.Is4() {
		return a.Netip().AppendTo(b)
	}
	for shift := 24; shift >= 0; shift -= 8 {
		b = append(appendOctet(b, byte(a.Lo>>shift)), '.')
	}
	return b[:len(b)-1]
}

// appendOctet appends a number of up to three digits.
func appendOctet(b []byte, n byte) []byte {
	if n >= 100 {
		b = append(b, '0'+n/100)
	}
	if n >= 10 {
		b = append(b, '0'+n/10%10)
	}
	return append(b, '0'+n%10)
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
func hiddenFields(t *analyzer.Tunnel) []Field {
	if t == nil {
		return nil
	}
	var hidden []Field
	for _, m := range []*analyzer.Message{t.Request, t.Response} {
		if m == nil {
			continue
		}
		for i := range m.NumFields() {
			hidden = append(hidden, fieldOf(m, m.Field(i)))
		}
	}
	return hidden
}

// hiddenWords gives what an application said when it refused the client, which shows
// in a message only: as a field without a name.
func hiddenWords(h *analyzer.Handshake) []Field {
	if r, ok := h.Refusal(); ok && r.Reason != "" {
		return []Field{{Value: Text(r.Reason)}}
	}
	return nil
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
