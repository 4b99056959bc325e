package http1

import (
	"strings"
	"testing"
)

func TestOneByteOverTheLimit(t *testing.T) {
	over := "GET / HTTP/1.1\r\nCookie: " + strings.Repeat("x", 4096-27) + "\r\n\r\n"
	if m := one(t, Request, over); len(over) != 4097 || m.Complete || m.Why != StopLimit {
		t.Errorf("%d bytes: complete=%v why=%v", len(over), m.Complete, m.Why)
	}
}

func TestGapUpToTheEndOfABody(t *testing.T) {
	for missing := uint64(1); missing <= 9; missing++ {
		r := &recorder{t: t}
		reader := NewReader(Response, r, 0)
		reader.Feed(0, []byte("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"))
		reader.Gap(38, missing)
		reader.Feed(38+missing, []byte(strings.Repeat("x", 9-int(missing))+"HTTP/1.1 204 X\r\n\r\n"))
		if len(r.heads) != 2 || r.heads[1].Offset != 47 {
			t.Errorf("%d missing: %q", missing, r.events)
		}
	}
}

func TestTrailers(t *testing.T) {
	r := read(t, Response, "GET", StopClose, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\nHTTP/1.1 204 X\r\n\r\n")
	if len(r.heads) != 2 || r.heads[1].Offset != 64 {
		t.Errorf("%q", r.events)
	}
}
