package report

import (
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// emitter appends JSON. It exists because a report may hold a hundred thousand
// handshakes and encoding/json spends most of its time re-reading what a
// Marshaler gave it. A test compares the two on every field of the contract.
type emitter struct {
	b       []byte
	lines   []*line // of the fields that come next, as far as anything is known
	phrases *phrases
	// binary says that a text was not UTF-8.
	binary bool
	clock  *lastSecond // may be nil
	notes  *notes      // what varies; may be nil
}

func (e *emitter) open(c byte) { e.b = append(e.b, c) }

// close ends an object or array, over the comma of its last member.
func (e *emitter) close(c byte) {
	if n := len(e.b) - 1; n >= 0 && e.b[n] == ',' {
		e.b = e.b[:n]
	}
	e.b = append(e.b, c, ',')
}

// key appends a key, which is given as JSON writes it.
func (e *emitter) key(k string) { e.b = append(e.b, k...) }

func (e *emitter) comma() { e.b = append(e.b, ',') }

func (e *emitter) null(k string) {
	e.key(k)
	e.b = append(e.b, "null,"...)
}

// str appends a string of the program's own, of which there are few.
func (e *emitter) str(k, v string) {
	if isVerbatim(v) {
		e.verbatim(k, v)
		e.notes.word(v)
		return
	}
	e.name(k, v)
}

// name appends a string that is another one in each record.
func (e *emitter) name(k, v string) {
	e.key(k)
	from := len(e.b)
	e.b = appendString(e.b, v)
	e.notes.text(from, len(e.b))
	e.comma()
}

// phrase appends a long string of the program's own.
func (e *emitter) phrase(k, v string) {
	p := e.phrases.of(v)
	switch {
	case v == "":
		e.str(k, v)
	case p == nil || p.marked:
		e.name(k, v)
	default:
		e.b = append(append(append(e.b, k...), p.json...), ',')
	}
}

// verbatim appends a string that stands in JSON as it is.
func (e *emitter) verbatim(k, v string) {
	b := append(append(append(e.b, k...), '"'), v...)
	e.b = append(b, '"', ',')
}

func (e *emitter) text(k string, v Text) {
	from := len(e.b) + len(k)
	if isVerbatim(string(v)) {
		e.verbatim(k, string(v))
		e.notes.text(from, len(e.b)-1)
		return
	}
	e.key(k)
	e.b = appendText(e.b, v)
	e.binary = e.binary || e.b[from] == '{'
	e.notes.text(from, len(e.b))
	e.comma()
}

// label appends a text of which there are few.
func (e *emitter) label(k string, v Text) {
	if isVerbatim(string(v)) {
		e.verbatim(k, string(v))
		e.notes.word(string(v))
		return
	}
	e.text(k, v)
}

func (e *emitter) time(k string, v Time) {
	e.key(k)
	from := len(e.b)
	if e.clock != nil {
		e.b = e.clock.append(e.b, v)
	} else {
		e.b = appendTime(e.b, v)
	}
	e.number(from)
}

func (e *emitter) int(k string, v int64) {
	e.key(k)
	from := len(e.b)
	e.b = strconv.AppendInt(e.b, v, 10)
	e.number(from)
}

func (e *emitter) uint(k string, v uint64) {
	e.key(k)
	from := len(e.b)
	e.b = strconv.AppendUint(e.b, v, 10)
	e.number(from)
}

// number ends a number or a time that was appended at e.b[from].
func (e *emitter) number(from int) {
	e.notes.number(from, len(e.b))
	e.comma()
}

func (e *emitter) bool(k string, v bool) {
	e.key(k)
	e.b = strconv.AppendBool(e.b, v)
	e.comma()
}

func (e *emitter) float(k string, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	e.key(k)
	from := len(e.b)
	e.b = appendFloat(e.b, v)
	e.number(from)
}

// exactMillis bounds the thousandths that appendFloat writes as a whole number: of
// up to 15 digits no two are the same float64.
const exactMillis = 1e15

// appendFloat appends the shortest decimal number that reads back as v. Most have
// at most three decimals: times in milliseconds, confidences.
func appendFloat(b []byte, v float64) []byte {
	if v > 0 && v < exactMillis/1000 {
		if n := uint64(v*1000 + 0.5); float64(n)/1000 == v {
			return appendThousandths(b, n)
		}
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

func appendThousandths(b []byte, n uint64) []byte {
	b = strconv.AppendUint(b, n/1000, 10)
	if n %= 1000; n == 0 {
		return b
	}
	b = append(b, '.', byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return b
}

func (e *emitter) optFloat(k string, v *float64) {
	if v == nil {
		e.null(k)
		return
	}
	e.float(k, *v)
}

func (e *emitter) optInt(k string, v *int64) {
	if v == nil {
		e.null(k)
		return
	}
	e.int(k, *v)
}

func (e *emitter) optStr(k string, v *string) {
	if v == nil {
		e.null(k)
		return
	}
	e.name(k, *v)
}

func (e *emitter) strs(k string, v []string) {
	e.key(k)
	e.open('[')
	for _, s := range v {
		e.name("", s)
	}
	e.close(']')
}

// list appends an array of objects under k; an empty list is [], never null.
func list[T any](e *emitter, k string, items []T, each func(*emitter, *T)) {
	e.key(k)
	e.open('[')
	for i := range items {
		e.open('{')
		each(e, &items[i])
		e.close('}')
	}
	e.close(']')
}

// object appends an object under k, or null.
func object[T any](e *emitter, k string, v *T, each func(*emitter, *T)) {
	if v == nil {
		e.null(k)
		return
	}
	e.key(k)
	e.open('{')
	each(e, v)
	e.close('}')
}

// bytes gives what was emitted, without the comma of the outermost value.
func (e *emitter) bytes() []byte {
	if n := len(e.b) - 1; n >= 0 && e.b[n] == ',' {
		return e.b[:n]
	}
	return e.b
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string; what is not UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b, _ = appendQuoted(b, s)
	return b
}

// appendQuoted does so and reports whether s is UTF-8.
func appendQuoted(b []byte, s string) ([]byte, bool) {
	b = append(b, '"')
	valid := true
	for {
		n := verbatimPrefix(s)
		b = append(b, s[:n]...)
		if n == len(s) {
			return append(b, '"'), valid
		}
		if s = s[n:]; s[0] < utf8.RuneSelf {
			b = appendEscaped(b, s[0])
			s = s[1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		valid = valid && (r != utf8.RuneError || size != 1)
		b = appendRune(b, r)
		s = s[size:]
	}
}

func appendRune(b []byte, r rune) []byte {
	if steersTerminal(r) {
		return append(b, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
	}
	return utf8.AppendRune(b, r)
}

// isVerbatim reports whether s stands in a JSON string as it is: printable ASCII
// without quotes and backslashes.
func isVerbatim(s string) bool { return verbatimPrefix(s) == len(s) }

// verbatimPrefix gives the length of the longest beginning of s that is verbatim.
// Nearly all texts of a report are looked through here, so eight octets at a time;
// the last eight may have been looked at in part.
func verbatimPrefix(s string) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	if len(s) < 8 {
		return verbatimOctets(s)
	}
	for i := 0; i < len(s); i += 8 {
		i = min(i, len(s)-8)
		w := word(s[i : i+8])
		// Each subtraction sets the high bit of an octet that is below what is taken
		// away; it borrows only from octets behind such a one. What is below 0x20, and
		// '"', is below 0x21 once bit 1 is turned round, and ' ' is not. The sum sets the
		// high bit of 0x7f; it carries only from 0xff, which has that bit itself.
		found := (w | (w + ones) | ((w ^ 2*ones) - 0x21*ones) | ((w ^ '\\'*ones) - ones)) & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	return len(s)
}

func verbatimOctets(s string) int {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			return i
		}
	}
	return len(s)
}

// steersTerminal reports whether r acts on a terminal that JSON is shown on: C1
// controls, line separators and bidirectional controls.
func steersTerminal(r rune) bool {
	return r >= 0x80 && r <= 0x9f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
		r == 0x200e || r == 0x200f || r == 0x061c
}

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
