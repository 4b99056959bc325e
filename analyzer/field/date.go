package field

import "time"

// Date reads an HTTP-date in any of its three formats (RFC 9110 section 5.6.7).
// A two-digit year from 69 on belongs to the twentieth century.
func Date(s string) (time.Time, bool) {
	for _, layout := range [...]string{"Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// maxDelay keeps a delay within what a time.Duration can hold.
const maxDelay = 100 * 365 * 24 * 60 * 60

// RetryAfter reads a Retry-After value, seconds or an HTTP-date, as a delay
// after now, the capture time of the response; 0 if the date has passed. Delays
// over a hundred years are cut.
func RetryAfter(s string, now time.Time) (time.Duration, bool) {
	if n, ok := delaySeconds(s); ok {
		return time.Duration(n) * time.Second, true
	}
	t, ok := Date(s)
	if !ok {
		return 0, false
	}
	return max(0, min(t.Sub(now), maxDelay*time.Second)), true
}

func delaySeconds(s string) (n int64, ok bool) {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return 0, false
		}
		n = min(n*10+int64(s[i]-'0'), maxDelay)
	}
	return n, s != ""
}
