package main

import (
	"errors"
	"testing"
	"time"
)

// FuzzFlags gives any text to the flags that select handshakes: it is
// understood, or it is a usage error.
func FuzzFlags(f *testing.F) {
	f.Add("192.0.2.1:80", "2001:db8::/32", "2026-01-31T15:04:05Z", "2026-01-31", "failed", "auto", int64(time.Second), 0)
	f.Add("example.test", ":443", "2026-01-31 15:04:05", "2026-01-31T15:04:05.5+14:00", "warning", "always", int64(-1), -1)
	f.Fuzz(func(t *testing.T, server, client, after, before, on, color string, timeout int64, require int) {
		var usage usageError
		fl := flags{
			format: "json", server: []string{server}, client: []string{client}, after: after, before: before,
			failOn: on, color: color, timeout: time.Duration(timeout), require: require,
		}
		o, err := fl.options()
		if err != nil && !errors.As(err, &usage) {
			t.Errorf("options: %v is no usage error", err)
		}
		if err == nil && (len(o.Select.Server) != 1 || len(o.Select.Client) != 1 || o.Timeout <= 0 || (after == "") != o.Select.After.IsZero() && o.Select.After.Unix() > -62135596800) {
			t.Errorf("options: %+v of %+v", o.Select, fl)
		}
		if _, err := parseFailOn(on); err != nil && !errors.As(err, &usage) {
			t.Errorf("--fail-on: %v is no usage error", err)
		}
		p := program{env: func(string) string { return "" }}
		if _, err := p.colour(color, nil); err != nil && !errors.As(err, &usage) {
			t.Errorf("--color: %v is no usage error", err)
		}
	})
}
