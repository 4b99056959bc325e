package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func zipped(t *testing.T, raw string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(raw)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWithoutPaths(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"", ""},
		{"\x32\x00\x32\x04main\x32\x05/a/bc\x48\x07\x32\x01x", "\x32\x00\x32\x04main\x32\x00\x48\x07\x32\x01x"},
		{"\x2a\x02/a", "\x2a\x02/a"}, // another field
		{"\x32\x05/a", "!"},
		{"\x32", "!"},
		{"\x37\x01", "!"},
	} {
		got, err := withoutPaths(zipped(t, c.raw))
		if c.want == "!" {
			if err == nil {
				t.Errorf("%q was read", c.raw)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.raw, err)
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		if out, _ := io.ReadAll(r); string(out) != c.want {
			t.Errorf("%q became %q, want %q", c.raw, out, c.want)
		}
	}
	if _, err := withoutPaths([]byte(strings.Repeat("x", 20))); err == nil {
		t.Error("what is not compressed was read")
	}
}
