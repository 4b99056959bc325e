package rules

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
)

// summary is the cause in one plain sentence: the finding's message, then how
// the attempt ended where the message does not say so itself.
func (t *trial) summary(f *Finding) string {
	s := f.Message
	if s == "" {
		s = f.Rule.Title
	}
	if by := t.answerer.String(); by == "" || !strings.HasPrefix(s, by) {
		s = capital(s)
	}
	if end := t.ending(); end != "" && !restates(f.Rule, t.h.Ending) && !t.mentions(s) {
		s += "; " + end
	}
	return s + "."
}

// restates reports whether the rule is about the very end of the connection.
func restates(r *Rule, e analyzer.Ending) bool {
	return r.Cause == IsSymptom && e.Kind != analyzer.EndingStatus && e.Kind != analyzer.EndingClose
}

// mentions reports whether the message already names the ending.
func (t *trial) mentions(s string) bool {
	e := t.h.Ending
	switch e.Kind {
	case analyzer.EndingStatus:
		return strings.Contains(s, strconv.Itoa(e.Status))
	case analyzer.EndingClose:
		return strings.Contains(s, strconv.Itoa(int(e.Code)))
	case analyzer.EndingNoStatus:
		return strings.Contains(s, "without an answer") || strings.Contains(s, "without an acknowledgement")
	case analyzer.EndingNone, analyzer.EndingNoTCP, analyzer.EndingTLS, analyzer.EndingNotHTTP,
		analyzer.EndingClientLeft, analyzer.EndingDropped:
	}
	return false
}

// ending says who ended the attempt and how.
func (t *trial) ending() string {
	e := t.h.Ending
	switch e.Kind {
	case analyzer.EndingStatus:
		return t.server() + " answered " + strconv.Itoa(e.Status)
	case analyzer.EndingClientLeft:
		return "the client left after the " + t.accepted()
	case analyzer.EndingClose:
		return partyWords(e.From) + closeWords(e.Code)
	case analyzer.EndingDropped:
		return carrier(t.h) + " ended after the " + t.accepted()
	case analyzer.EndingNoStatus:
		if t.h.Upgraded != nil {
			return "" // a 101 that did not arrive, and the message is about it
		}
		return noStatusWords(t.h)
	case analyzer.EndingNone, analyzer.EndingNoTCP, analyzer.EndingTLS, analyzer.EndingNotHTTP:
	}
	return ""
}

// carrier names what ended: of HTTP/2 the stream alone, if that is what was seen.
func carrier(h *analyzer.Handshake) string {
	if s := h.HTTP2; s != nil && (s.Reset != nil || s.Ended[reassembly.Server].Known()) {
		return "the stream"
	}
	return "the connection"
}

// accepted is the status by which the WebSocket was opened.
func (t *trial) accepted() string {
	if t.h.Response == nil {
		return "101"
	}
	return strconv.Itoa(t.h.Response.Status)
}

func closeWords(code uint16) string {
	const none = 1005 // the Close frame has no code (RFC 6455 section 7.4.1)
	if code == none {
		return " closed without a code"
	}
	return " closed with " + strconv.Itoa(int(code))
}

func (t *trial) server() string {
	if name := t.answerer.String(); name != "" {
		return name
	}
	return "the server"
}

func partyWords(p analyzer.Party) string {
	switch p {
	case analyzer.ByClient:
		return "the client"
	case analyzer.ByIntermediary:
		return "the intermediary"
	}
	return "the server"
}

func noStatusWords(h *analyzer.Handshake) string {
	switch h.Outcome {
	case analyzer.Reset:
		return carrier(h) + " was reset before a status"
	case analyzer.Closed:
		return carrier(h) + " was closed before a status"
	case analyzer.NoResponse:
		return "no response came"
	}
	return ""
}

// capital writes the first letter large, unless the sentence begins with a name
// like "nginx" that the rule wrote small on purpose: only plain words change.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	word, _, _ := strings.Cut(s, " ")
	if strings.ContainsAny(word, "/-_.0123456789") {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
