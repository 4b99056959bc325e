package report

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"
)

// Text is text from a capture: it is written as a JSON string when it is UTF-8
// and as {"base64": "..."} when it is not.
type Text string

// base64Text is the JSON form of a Text that is not UTF-8.
type base64Text struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON implements json.Marshaler.
func (t Text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return json.Marshal(string(t))
	}
	return json.Marshal(base64Text{Base64: []byte(t)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = Text(s)
		return nil
	}
	var wrapped base64Text
	if err := json.Unmarshal(b, &wrapped); err != nil {
		return fmt.Errorf("report: text is neither a string nor base64: %w", err)
	}
	*t = Text(wrapped.Base64)
	return nil
}

// appendText appends the JSON form of t.
func appendText(b []byte, t Text) []byte {
	before := len(b)
	b, valid := appendQuoted(b, string(t))
	if valid {
		return b
	}
	b = append(b[:before], `{"base64":"`...)
	b = base64.StdEncoding.AppendEncode(b, []byte(t))
	return append(b, `"}`...)
}

// Time is a capture time, written as RFC 3339 in UTC with nanoseconds as far as
// they are not zero.
type Time struct{ time.Time }

// TimeOf makes a Time of nanoseconds since the Unix epoch.
func TimeOf(nanoseconds int64) Time { return Time{time.Unix(0, nanoseconds).UTC()} }

// MarshalJSON implements json.Marshaler. A year that RFC 3339 cannot write is
// impossible: 64 bits of nanoseconds end in 2262.
func (t Time) MarshalJSON() ([]byte, error) { return appendTime(nil, t), nil }

func appendTime(b []byte, t Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// lastSecond appends times one after the other: most are of the same second as the one
// before.
type lastSecond struct {
	second int64
	text   [20]byte // of second, with the quote before it and the T; valid if known
	known  bool
}

func (c *lastSecond) append(b []byte, t Time) []byte {
	second, nanoseconds := t.Unix(), t.Nanosecond()
	if !c.known || second != c.second {
		whole := appendTime(c.text[:0], Time{time.Unix(second, 0)})
		c.second, c.known = second, len(whole) == len(c.text)+len(`Z"`)
		if copy(c.text[:], whole); !c.known {
			return appendTime(b, t)
		}
	}
	b = append(b, c.text[:]...)
	if nanoseconds > 0 {
		b = appendFraction(append(b, '.'), uint32(nanoseconds))
	}
	return append(b, 'Z', '"')
}

// appendFraction appends nanoseconds as decimals, up to the last that is not zero.
func appendFraction(b []byte, nanoseconds uint32) []byte {
	var decimals [9]byte
	for i := len(decimals) - 1; i >= 0; i-- {
		decimals[i] = byte('0' + nanoseconds%10)
		nanoseconds /= 10
	}
	n := len(decimals)
	for n > 0 && decimals[n-1] == '0' {
		n--
	}
	return append(b, decimals[:n]...)
}
