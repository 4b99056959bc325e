package report

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// emitter appends JSON. It exists because a report may hold a hundred thousand
// handshakes and encoding/json spends most of its time re-reading what a
// Marshaler gave it. A test compares the two on every field of the contract.
type emitter struct {
	b []byte
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

func (e *emitter) str(k, v string) {
	e.key(k)
	e.b = appendString(e.b, v)
	e.comma()
}

func (e *emitter) text(k string, v Text) {
	e.key(k)
	e.b = appendText(e.b, v)
	e.comma()
}

func (e *emitter) time(k string, v Time) {
	e.key(k)
	e.b = appendTime(e.b, v)
	e.comma()
}

func (e *emitter) int(k string, v int64) {
	e.key(k)
	e.b = strconv.AppendInt(e.b, v, 10)
	e.comma()
}

func (e *emitter) uint(k string, v uint64) {
	e.key(k)
	e.b = strconv.AppendUint(e.b, v, 10)
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
	e.b = strconv.AppendFloat(e.b, v, 'f', -1, 64)
	e.comma()
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
	e.str(k, *v)
}

func (e *emitter) strs(k string, v []string) {
	e.key(k)
	e.open('[')
	for _, s := range v {
		e.b = appendString(e.b, s)
		e.comma()
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
	b = append(b, '"')
	if isVerbatim(s) {
		return append(append(b, s...), '"')
	}
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[start:i]...), "\ufffd"...)
				start = i + 1
			} else if steersTerminal(r) {
				b = append(b, s[start:i]...)
				b = append(b, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
				start = i + n
			}
			i += n
			continue
		}
		if c < 0x20 || c == '"' || c == '\\' || c == 0x7f {
			b = appendEscaped(append(b, s[start:i]...), c)
			start = i + 1
		}
		i++
	}
	return append(append(b, s[start:]...), '"')
}

// isVerbatim reports whether s stands in a JSON string as it is: printable ASCII
// without quotes and backslashes.
func isVerbatim(s string) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		quote, backslash, del := w^('"'*ones), w^('\\'*ones), w^(0x7f*ones)
		// Each subtraction sets the high bit of an octet that is below 0x20, or zero;
		// nothing is borrowed elsewhere.
		if (w|(w-' '*ones)|(quote-ones)|(backslash-ones)|(del-ones))&highs != 0 {
			return false
		}
	}
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			return false
		}
	}
	return true
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
