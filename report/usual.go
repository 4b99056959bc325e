package report

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// usual encodes records that are as most are, from the octets of their heads to what varies
// of the record, without making one: of an established handshake without TLS whose heads
// have forms that are known, with no secrets but those in cookies or behind Bearer, which
// stand nowhere else, and with no finding but notes on those.
//
// What it gives is what Build and encode give, octet by octet. Where anything is not so it
// gives up, and so it does where the kind of the record is not known.
type usual struct {
	h                 *analyzer.Handshake
	v                 *rules.Verdict
	request, response *formed

	secrets plainSecrets
	texts   string // those that vary, one behind the other with a blank behind each
	ends    []int  // of them in texts
	room    []byte // reused

	reason quietText // the last reason phrase, and who answered: mostly the same
	by     quietText
}

// quietText is a text that holds no credential by its place or looks, and stands in JSON
// as it is.
type quietText struct {
	text      string
	is, known bool // known: text was looked at
}

// of reports whether a text in a place is one.
func (q *quietText) of(text string, p place) bool {
	if !q.known || q.text != text {
		t := Text(strings.Clone(text))
		q.text, q.is, q.known = string(t), isVerbatim(text) && !tells(&t, p), true
	}
	return q.is
}

// encode encodes a record to x, if it is usual. v was told.
func (u *usual) encode(b *Builder, x *Encoded, h *analyzer.Handshake, v *rules.Verdict, env *Env) bool {
	u.h, u.v = h, v
	if b.kinds == nil || env.Redactor == nil || env.Redactor.show || !u.outside() || !u.heads(b) ||
		!u.gather() || !u.secrets.take(env.Redactor, u.request, h.Request, v) || !u.nowhereElse() || !u.notes(b) {
		return false
	}
	e := b.begin(x)
	u.emit(e, b, env)
	hash := hashOf(e.choices)
	k := b.kinds.find(hash, e.choices)
	if k != nil {
		x.end(e.b, k, false)
	}
	e.b = nil
	return k != nil
}

// outside reports whether all but the heads and findings is as usual.
func (u *usual) outside() bool {
	h, v := u.h, u.v
	if h.Request == nil || h.Response == nil || len(h.Interim) > 0 || h.Tunnel != nil || h.TLS != nil || h.Lookup != nil ||
		len(h.Body.Data) > 0 || v.Cause != nil || len(v.Inconclusive) > 0 {
		return false
	}
	if s := h.Upgraded; s != nil {
		for _, c := range s.Closes {
			if c != nil && len(c.Reason) > 0 {
				return false
			}
		}
	}
	return len(hiddenWords(h)) == 0
}

// heads reports whether the heads have forms that are known, and start lines as usual.
func (u *usual) heads(b *Builder) bool {
	q, r := u.h.Request, u.h.Response
	if q.Form == nil || r.Form == nil || b.forms == nil {
		return false
	}
	u.request, u.response = b.forms.known[q.Form], b.forms.known[r.Form]
	return u.request.usable() && u.response.usable() && u.request.host != "" && len(u.response.credentials) == 0 &&
		string(q.Raw[q.Method.Start:q.Method.End]) == usualMethod &&
		string(q.Raw[q.Version.Start:q.Version.End]) == usualVersion &&
		string(r.Raw[r.Version.Start:r.Version.End]) == usualVersion &&
		q.Target.Len() > 0 && q.Raw[q.Target.Start] == '/'
}

// What start lines have. No secret that is searched for stands in it: see commonWord.
const (
	usualMethod  = "GET"
	usualVersion = "HTTP/1.1"
)

// usable reports whether a form is known and plain; f may be nil.
func (f *formed) usable() bool { return f != nil && f.lines != nil && f.plain }

// gather gathers the texts that vary, but for credentials: target and field values of the
// request, field values and reason of the response. It reports whether they hold no
// credential by place or looks, and stand in JSON as they are.
func (u *usual) gather() bool {
	q, r := u.h.Request, u.h.Response
	u.room, u.ends = u.room[:0], u.ends[:0]
	u.add(q.Raw[q.Target.Start:q.Target.End])
	for _, i := range u.request.varies {
		if !u.request.holdsCredentials(i) {
			u.add(q.ValueOctets(i))
		}
	}
	for _, i := range u.response.varies {
		u.add(r.ValueOctets(i))
	}
	u.add(r.Raw[r.Reason.Start:r.Reason.End])
	u.texts = string(u.room)
	if !isVerbatim(u.texts) {
		return false
	}
	last := len(u.ends) - 1
	for i := range last {
		if !isQuiet(u.text(i)) {
			return false
		}
	}
	return u.reason.of(u.text(last), place{spoken: true}) && u.by.of(u.v.AnsweredBy, place{})
}

func (u *usual) add(octets []byte) {
	u.room = append(u.room, octets...)
	u.ends = append(u.ends, len(u.room))
	u.room = append(u.room, ' ')
}

// text gives one of the texts that were gathered.
func (u *usual) text(i int) string {
	if i == 0 {
		return u.texts[:u.ends[0]]
	}
	return u.texts[u.ends[i-1]+1 : u.ends[i]]
}

// isQuiet reports whether a text holds no credential by its looks, and nothing encoded.
func isQuiet(text string) bool {
	l := looksOf(text)
	if l&looksEncoded != 0 && mayDecode(text) {
		return false
	}
	quiet := true
	scan(text, l, func(span) { quiet = false })
	return quiet
}

// mayDecode reports whether viewsOf may give more than the text: false is certain.
func mayDecode(text string) bool {
	return strings.ContainsAny(text, `%\`) || strings.IndexByte(text, '&') >= 0 && strings.IndexByte(text, ';') >= 0
}

// nowhereElse reports whether the secrets stand in none of the other texts. The URL is
// made of texts that are looked through, and no secret that is searched for has a "/".
func (u *usual) nowhereElse() bool {
	sought := u.secrets.sought
	if len(sought) == 0 {
		return true
	}
	for i := range sought {
		if sought[i].standsIn(u.room) {
			return false
		}
	}
	return !standIn(sought, u.v.AnsweredBy) && !u.request.holds(sought) && !u.response.holds(sought)
}

// notes reports whether the findings are notes on credentials, in words that are known.
func (u *usual) notes(b *Builder) bool {
	pick := fixPicker{h: u.h, answered: u.v.AnsweredBy}
	for i := range u.v.Findings {
		f := &u.v.Findings[i]
		if words := b.words.of(f.Message); words == nil || !words.quiet || words.shows(u.secrets.sought) || !isVerbatim(f.Message) {
			return false
		}
		if fix, _ := fixOf(f, &pick); fix != "" {
			if p := b.phrases.of(fix); p == nil || p.marked || p.holds(u.secrets.sought) {
				return false
			}
		}
		for k := range f.Evidence {
			if e := &f.Evidence[k]; u.secrets.of(u.request, e.Field, e.Value) < 0 {
				return false
			}
		}
	}
	return true
}

// fixOf gives the fix of a finding, and whom it is for.
func fixOf(f *rules.Finding, pick *fixPicker) (fix, product string) {
	if f.Fix != "" {
		return f.Fix, ""
	}
	return pick.fix(f.Rule, f.Actor)
}
