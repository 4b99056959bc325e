package report

import (
	"hash/maphash"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// plainSecrets is the credentials of a request, as usual has them.
type plainSecrets struct {
	lines  []secretLine
	sought []form // the values that are searched for
	hidden []byte // the values of the lines one behind the other, with marks in them
}

// secretLine is a field line with credentials.
type secretLine struct {
	credentialLine
	text string // its value
	end  int    // of it in plainSecrets.hidden
}

// mostPairs bounds the cookies of a request that is usual.
const mostPairs = 16

// bearer is the scheme behind which credentials are usual.
const bearer = "Bearer "

// take takes the credentials of a request, and reports whether they are plain: cookies in
// pairs, or a token behind its scheme, of which none stands in what is no secret there, and
// none is told by its looks.
func (c *plainSecrets) take(r *Redactor, f *formed, m *analyzer.Message, v *rules.Verdict) bool {
	c.lines, c.sought, c.hidden = c.lines[:0], c.sought[:0], c.hidden[:0]
	for _, l := range f.credentials {
		text := valueOf(m, l.line, v)
		if text == "" || strings.Contains(text, "eyJ") || !c.line(r, f.host, l.class, text) {
			return false
		}
		c.lines = append(c.lines, secretLine{l, text, len(c.hidden)})
	}
	return !c.elsewhere()
}

// valueOf gives the value of a line: that of evidence, where it is the same, as mostly.
func valueOf(m *analyzer.Message, line int, v *rules.Verdict) string {
	octets := m.ValueOctets(line)
	for i := range v.Findings {
		for k := range v.Findings[i].Evidence {
			if e := &v.Findings[i].Evidence[k]; e.Value == string(octets) {
				return e.Value
			}
		}
	}
	return string(octets)
}

// line takes the value of a line.
func (c *plainSecrets) line(r *Redactor, host string, class fieldClass, text string) bool {
	if class == authorizationField {
		token, ok := strings.CutPrefix(text, bearer)
		c.hidden = append(c.hidden, bearer...)
		return ok && token != "" && isPlainToken(token) && c.secret(r, host, token)
	}
	if !plainPairs(text) {
		return false
	}
	for from, n := 0, 1; ; n++ {
		value := from + strings.IndexByte(text[from:], '=') + 1
		if value == from || n > mostPairs {
			return false
		}
		c.hidden = append(c.hidden, text[from:value]...)
		end := strings.IndexByte(text[value:], ';')
		if end < 0 {
			return value == len(text) || c.secret(r, host, text[value:])
		}
		if end > 0 && !c.secret(r, host, text[value:value+end]) {
			return false
		}
		c.hidden = append(c.hidden, "; "...)
		from = value + end + len("; ")
	}
}

// isPlainToken reports whether a text is letters, digits, "-", "_" and ".".
func isPlainToken(s string) bool {
	for i := range len(s) {
		if octetParts[s[i]]&partOfName == 0 {
			return false
		}
	}
	return true
}

// secret takes a credential.
func (c *plainSecrets) secret(r *Redactor, host, value string) bool {
	c.hidden = appendProvisional(c.hidden, len(value), maphash.String(r.seed, value))
	switch {
	case len(value) >= minSought && !commonWord(value) && !isHostIn(value, host):
		c.sought = append(c.sought, newForm(value, ""))
	case len(value) >= minPartial:
		return false // may be taken for a piece of a secret
	}
	return true
}

// elsewhere reports whether a secret stands in the lines where none is, or may be taken for
// one that is cut at its beginning where the first name of a line follows.
func (c *plainSecrets) elsewhere() bool {
	for i := range c.lines {
		if l := &c.lines[i]; l.class == cookieField && c.inNames(l.text) || l.class == authorizationField && standIn(c.sought, bearer) {
			return true
		}
	}
	return false
}

func (c *plainSecrets) inNames(cookies string) bool {
	first := strings.IndexByte(cookies, '=') >= minPartial
	for from := 0; from < len(cookies); {
		to := from + strings.IndexByte(cookies[from:], '=')
		if name := cookies[from:to]; len(name) >= minSought && c.inName(name, first) {
			return true
		}
		end := strings.IndexByte(cookies[to:], ';')
		if end < 0 {
			return false
		}
		from, first = to+end+len("; "), false
	}
	return false
}

func (c *plainSecrets) inName(name string, first bool) bool {
	for i := range c.sought {
		f := &c.sought[i]
		if len(name) >= len(f.value) && strings.Contains(name, f.value) || first && f.grams.has(gramAt(name, 0)) {
			return true
		}
	}
	return false
}

// of gives the number of the line that evidence quotes whole; -1 if it quotes none.
func (c *plainSecrets) of(f *formed, field, value string) int {
	for i := range c.lines {
		if l := &c.lines[i]; l.text == value && string(f.fields[l.line].Name) == field {
			return i
		}
	}
	return -1
}

// at gives the value of line i with marks in it.
func (c *plainSecrets) at(i int) []byte {
	if i == 0 {
		return c.hidden[:c.lines[0].end]
	}
	return c.hidden[c.lines[i-1].end:c.lines[i].end]
}
