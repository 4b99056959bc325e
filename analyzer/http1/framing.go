package http1

import (
	"strconv"
	"strings"

	"github.com/handshark/handshark/analyzer/field"
)

// BodyFraming gives the framing of the body of m by RFC 9112 section 6.3.
// requestMethod is the method of the request that a response answers; "" if it
// is not known. Transfer-Encoding wins over Content-Length; Content-Length
// values that are all the same count as one; with an invalid one a request has
// no body and a response lasts until the stream ends. A 101, and a 2xx to
// CONNECT, end HTTP.
func BodyFraming(m *Message, requestMethod string) Framing {
	switch {
	case !m.Complete:
		return Framing{}
	case m.Kind == Response && requestMethod == "CONNECT" && m.Status/100 == 2, m.Status == 101:
		return Framing{Kind: FrameSwitch}
	case m.Kind == Response && (requestMethod == "HEAD" || m.Status/100 == 1 || m.Status == 204 || m.Status == 304):
		return Framing{}
	case m.Has("Transfer-Encoding"):
		if f, ok := transferFraming(m); ok {
			return f
		}
	}
	if n, ok := contentLength(m); ok {
		return Framing{Kind: FrameLength, Length: n}
	}
	return withoutLength(m)
}

func withoutLength(m *Message) Framing {
	if m.Kind == Response {
		return Framing{Kind: FrameUntilClose}
	}
	return Framing{}
}

// transferFraming is not ok for "identity" alone, which old senders still use
// for no coding at all (RFC 2616 section 3.6).
func transferFraming(m *Message) (f Framing, ok bool) {
	if i, one := m.Only("Transfer-Encoding"); one && equalFold(m.ValueOctets(i), "chunked") {
		return Framing{Kind: FrameChunked}, true // as nearly all are
	}
	codings := field.Elements(m.Values("Transfer-Encoding")...)
	if len(codings) == 0 {
		return withoutLength(m), false
	}
	last, _, _ := strings.Cut(codings[len(codings)-1].Text, ";")
	switch last = strings.TrimRight(last, " \t"); {
	case field.EqualFold(last, "chunked"):
		return Framing{Kind: FrameChunked}, true
	case field.EqualFold(last, "identity") && len(codings) == 1:
		return Framing{}, false
	}
	return withoutLength(m), true
}

func contentLength(m *Message) (n uint64, ok bool) {
	first := m.First("Content-Length")
	if first < 0 {
		return 0, false
	}
	if v := m.ValueOctets(first); m.Next("Content-Length", first+1) < 0 {
		if n, ok := digits(string(v)); ok {
			return n, true
		}
	}
	return mergedLength(field.Elements(m.Values("Content-Length")...))
}

func mergedLength(values []field.Element) (n uint64, ok bool) {
	for i, v := range values {
		k, ok := digits(v.Text)
		if !ok || i > 0 && k != n {
			return 0, false
		}
		n = k
	}
	return n, len(values) > 0
}

// digits reads 1*DIGIT; leading zeros are legal here (RFC 9110 section 8.6).
func digits(s string) (n uint64, ok bool) {
	if s == "" || !isDigit(s[0]) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 63)
	return n, err == nil
}
