package report

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
)

// emit appends what varies of the record, and its choices: as emitter.handshake does of
// one that was made.
func (u *usual) emit(e *emitter, b *Builder, env *Env) {
	u.identity(e, b, env)
	u.wire(e, b)
	u.verdict(e, b)
}

func (u *usual) identity(e *emitter, b *Builder, env *Env) {
	h, span := u.h, frames(u.h)
	stream := b.streamOf(h, *env)
	from := e.beginQuoted()
	e.b = h.ID().AppendTo(e.b)
	e.endQuoted(from)
	e.str("", certainty(h.WebSocket))
	e.endpoint(h.Conn.Client)
	e.endpoint(h.Conn.Server)
	from = e.beginQuoted()
	e.b = append(append(append(e.b, "ws://"...), u.request.host...), u.text(0)...)
	e.endQuoted(from)
	e.index("", int(firstPacket(h).Capture))
	e.optInt("", stream)
	e.choose(isThere)
	e.frames(&span)
	from = e.beginQuoted()
	e.b = appendFilter(e.b, h, stream, span, env)
	e.endQuoted(from)
	e.strs("", seenOn(h, *env))
	e.strs("", pathOf(h, *env))
	e.time("", TimeOf(startOf(h)))
	e.str("", usualVersion[len("HTTP/"):])
}

func (u *usual) wire(e *emitter, b *Builder) {
	h := u.h
	e.null("") // tunnel
	e.label("", Text(u.v.AnsweredBy))
	e.null("") // TLS
	e.str("", h.Outcome.String())
	e.str("", h.EndedBy.String())
	e.null("") // superseded by
	u.requestHead(e, b)
	e.chooseNumber(0) // interim
	u.responseHead(e, b)
	timing := b.timing.of(h)
	e.choose(isThere)
	e.timing(&timing)
	object(e, "", b.sessionOf(h), (*emitter).session)
}

func (u *usual) requestHead(e *emitter, b *Builder) {
	m, f := u.h.Request, u.request
	e.choose(isThere)
	e.verbatim("", usualMethod)
	e.quoted(u.text(0))
	e.verbatim("", usualVersion)
	e.ofForm(f)
	text, secret := 1, 0
	for _, i := range f.varies {
		e.label("", f.fields[i].Name)
		if f.holdsCredentials(i) {
			e.octets(u.secrets.at(secret))
			secret++
			continue
		}
		e.quoted(u.text(text))
		text++
	}
	e.headAt(m, b)
}

func (u *usual) responseHead(e *emitter, b *Builder) {
	m, f := u.h.Response, u.response
	e.choose(isThere)
	e.code("", m.Status)
	e.label("", Text(u.reason.text))
	e.verbatim("", usualVersion)
	e.ofForm(f)
	n := len(u.ends) - 1 - len(f.varies)
	for _, i := range f.varies {
		e.label("", f.fields[i].Name)
		e.quoted(u.text(n))
		n++
	}
	e.headAt(m, b)
	e.quoted("") // body
}

func (u *usual) verdict(e *emitter, b *Builder) {
	pick := fixPicker{h: u.h, answered: u.v.AnsweredBy}
	e.null("") // root cause
	e.chooseNumber(len(u.v.Findings))
	for i := range u.v.Findings {
		u.finding(e, b, &u.v.Findings[i], &pick)
	}
	e.chooseNumber(0) // inconclusive
	e.chooseNumber(0) // legs
	e.chooseNumber(0) // views of clients
}

func (u *usual) finding(e *emitter, b *Builder, f *rules.Finding, pick *fixPicker) {
	fix, product := fixOf(f, pick)
	e.str("", f.Rule.ID)
	e.str("", roleName(f.Role))
	e.str("", gradeName(f.Grade))
	e.str("", actorName(f.Actor))
	e.quoted(f.Message)
	e.chooseNumber(len(f.Evidence))
	for i := range f.Evidence {
		u.evidence(e, &f.Evidence[i])
	}
	e.phrase("", f.Rule.Reference)
	e.phrase("", fix)
	e.str("", product)
}

func (u *usual) evidence(e *emitter, v *rules.Evidence) {
	e.str("", v.Side.String())
	e.refs(v.Refs)
	e.uint("", v.Offset)
	e.uint("", v.Length)
	e.label("", Text(v.Field))
	e.octets(u.secrets.at(u.secrets.of(u.request, v.Field, v.Value)))
	e.bool("", v.Absent)
}

// ofForm appends the field lines of a known form, but those that vary.
func (e *emitter) ofForm(f *formed) {
	e.chooseNumber(len(f.fields))
	e.chooseNumber(f.number)
}

// headAt appends the packets and the time of a head.
func (e *emitter) headAt(m *analyzer.Message, b *Builder) {
	b.refs = m.AppendRefs(b.refs[:0], http1.SpanOf(0, len(m.Raw)))
	e.refs(b.refs)
	e.time("", TimeOf(m.First.Time))
}

// refs appends the packets that are known.
func (e *emitter) refs(refs []capture.Ref) {
	n := 0
	for i := range refs {
		if refs[i].Known() {
			n++
		}
	}
	e.chooseNumber(n)
	for i := range refs {
		if r := &refs[i]; r.Known() {
			e.at(&At{Capture: int(r.Capture), Frame: r.Frame})
		}
	}
}

// quoted appends a text that is verbatim.
func (e *emitter) quoted(text string) {
	from := e.beginQuoted()
	e.b = append(e.b, text...)
	e.endQuoted(from)
}

// octets does so with octets.
func (e *emitter) octets(text []byte) {
	from := e.beginQuoted()
	e.b = append(e.b, text...)
	e.endQuoted(from)
}

func (e *emitter) endpoint(p capture.Endpoint) {
	from := e.beginQuoted()
	e.b = appendEndpoint(e.b, p)
	e.endQuoted(from)
}

// beginQuoted begins a piece in quotes, endQuoted ends it.
func (e *emitter) beginQuoted() int {
	from := e.begin("")
	e.b = append(e.b, '"')
	return from
}

func (e *emitter) endQuoted(from int) {
	e.b = append(e.b, '"')
	e.end(from, true)
}
