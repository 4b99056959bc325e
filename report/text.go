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
	if isVerbatim(string(t)) {
		b = append(b, '"')
		return append(append(b, t...), '"')
	}
	if utf8.ValidString(string(t)) {
		return appendString(b, string(t))
	}
	b = append(b, `{"base64":"`...)
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
