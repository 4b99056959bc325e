package report

import "time"

// Text is text from a capture: it is written as a JSON string when it is UTF-8
// and as {"base64": "..."} when it is not.
type Text string

// Time is a capture time, written as RFC 3339 in UTC with nanoseconds as far as
// they are not zero.
type Time struct{ time.Time }
