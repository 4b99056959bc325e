package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBuilder: a record made in the memory of others is what it is in memory of
// its own.
func TestBuilder(t *testing.T) {
	var b Builder
	env := Env{OneCapture: true, Redactor: NewRedactor(false)}
	bare := attempt("192.0.2.1:4000", "198.51.100.2:443")
	bare.Request, bare.Response = nil, nil
	crossed := attempt("[2001:db8::1]:4000", "[2001:db8::2]:80")
	crossed.Conn.StreamExact = false
	for range 2 {
		want := Build(attempt("192.0.2.1:4000", "198.51.100.2:80"), verdict(), env)
		got := b.Build(attempt("192.0.2.1:4000", "198.51.100.2:80"), verdict(), env)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("whole (-own +reused):\n%s", diff)
		}
		if diff := cmp.Diff(Build(crossed, nil, env), b.Build(crossed, nil, env)); diff != "" {
			t.Errorf("without a verdict (-own +reused):\n%s", diff)
		}
		if diff := cmp.Diff(Build(bare, verdict(), env), b.Build(bare, verdict(), env)); diff != "" {
			t.Errorf("without a request (-own +reused):\n%s", diff)
		}
	}
}

// TestAllocations: a record costs a few short texts and the redacted ones, however
// long it is.
func TestAllocations(t *testing.T) {
	var b Builder
	var out []byte
	env := Env{OneCapture: true, Redactor: NewRedactor(false)}
	h, v := attempt("192.0.2.1:4000", "198.51.100.2:80"), verdict()
	h.WebSocket = 1
	clean := attempt("192.0.2.1:4000", "198.51.100.2:80")
	clean.Request = message([3]string{"GET", "/ws", "HTTP/1.1"}, "Host", "example.test", "User-Agent", "gorilla/1", "Accept", "*/*")
	v.Cause = nil // what clients print is made anew each time
	for _, c := range []struct {
		name string
		most float64
		made func()
	}{
		{"nothing to hide", 7, func() { out = b.Build(clean, v, env).AppendJSON(out[:0]) }},
		{"a secret in the target", 15, func() { out = b.Build(h, v, env).AppendJSON(out[:0]) }},
	} {
		if n := testing.AllocsPerRun(100, c.made); n > c.most {
			t.Errorf("%s: %.0f allocations, want at most %.0f", c.name, n, c.most)
		}
	}
}
