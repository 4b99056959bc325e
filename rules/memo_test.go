package rules

import (
	"hash/maphash"
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
)

func TestMemo(t *testing.T) {
	m := apart("once", "other", "")
	worked := 0
	of := func(key string) int {
		return m.of([]byte(key), func() int { worked++; return len(key) })
	}
	for i, tt := range []struct {
		key    string
		worked int // so far
	}{{"once", 1}, {"once", 2}, {"once", 2}, {"other", 3}, {"once", 3}, {"", 4}, {"", 5}, {"", 5}} {
		if got := of(tt.key); got != len(tt.key) || worked != tt.worked {
			t.Errorf("%d: %q: got %d after %d times, want %d after %d", i, tt.key, got, worked, len(tt.key), tt.worked)
		}
	}
	for range 3 {
		of(strings.Repeat("x", memoKey+1))
	}
	if worked != 8 {
		t.Errorf("a key beyond the limit was worked out %d times, want 3", worked-5)
	}
	for i := range 10 * memoSlots {
		key := strings.Repeat("k", i)
		of(key)
		if of(key) != i {
			t.Fatalf("%d octets: got another value", i)
		}
	}
}

// apart gives a memo in which the keys have slots of their own.
func apart(keys ...string) *memo[int] {
	for {
		m := &memo[int]{seed: maphash.MakeSeed()}
		slots := map[uint64]bool{}
		for _, k := range keys {
			slots[maphash.String(m.seed, k)%memoSlots] = true
		}
		if len(slots) == len(keys) {
			return m
		}
	}
}

// TestAnswererIsThatOfTheResponse judges responses that differ in one thing after
// one another, each several times: none may get the answerer of another.
func TestAnswererIsThatOfTheResponse(t *testing.T) {
	e, err := NewEngine(nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []*analyzer.Handshake
	for _, target := range []string{"/chat", "/cable", "/cable?a"} {
		request := strings.Replace(goodRequest, "/chat", target, 1)
		for _, r := range []string{
			"HTTP/1.1 404 Not Found\nServer: nginx/1.2\nContent-Length: 14\n\nPage not found",
			"HTTP/1.1 404 Not Found\nServer: nginx/1.3\nContent-Length: 14\n\nPage not found",
			"HTTP/1.1 403 Not Found\nServer: nginx/1.2\nContent-Length: 14\n\nPage not found",
			"HTTP/1.1 404 Not Found\nServer: nginx/1.2\nContent-Length: 14\n\nPage not fount",
			"HTTP/1.1 400 x\nConnection: close\nContent-Type: text/html\nContent-Length: 0",
			"HTTP/1.1 400 x\nConnection: close\nContent-type: text/html\nContent-Length: 0",
			"HTTP/1.1 400 x\nConnection: clOse\nContent-Type: text/html\nContent-Length: 0",
			"HTTP/1.1 400 x\nConnection: close\nContent-Length: 0\nContent-Type: text/html",
			"HTTP/1.1 400 x\nConnection: close\nContent-Type: text/htm\nContent-Length: 0",
			"HTTP/1.1 400 x\nConnection: close\nContent-Type: text/html\nContent-Length: 0\nDate: x",
			"HTTP/1.1 101 x\nUpgrade: websocket",
			"HTTP/1.1 101 \nUpgrade: websocket",
			"HTTP/1.1 400 x\nSec-WebSocket-Version: 13\nX-Content-Type-Options: nosniff\nContent-Length: 12\n\nBad Request\n",
			"HTTP/1.1 400 x\nSec-WebSocket-Version: 14\nX-Content-Type-Options: nosniff\nContent-Length: 12\n\nBad Request\n",
			"HTTP/1.1 400 x\nSec-WebSocket-Version: 13\nX-Content-Type-Options: n0sniff\nContent-Length: 12\n\nBad Request\n",
			"HTTP/1.1 200 x\nKeep-Alive: timeout=5\nDate: x\nContent-Length: 0",
			"HTTP/1.1 200 x\nKeep-Alive: max=5\nDate: x\nContent-Length: 0",
			"HTTP/1.1 500 x\nCache-Control: no-cache\nContent-Type: text/html\nContent-Length: 18\n\n<html><body><h1>50",
			"HTTP/1.1 500 x\nCache-Control: no-store\nContent-Type: text/html\nContent-Length: 18\n\n<html><body><h1>50",
			"HTTP/1.1 500 x\nX-Cache: Error from cloudfront\nContent-Length: 0",
			"HTTP/1.1 500 x\nX-Cache: Miss from cloudfront\nContent-Length: 0",
			"HTTP/1.1 500 x\nX-Varnish: 1\nContent-Length: 0",
			"HTTP/1.1 500 x\nContent-Length: 0",
		} {
			all = append(all, exchange(t, request, r))
		}
	}
	for range 4 {
		for _, h := range all {
			e.Judge(h)
			if got, want := e.run.pass.Answerer, Identify(h); got != want {
				t.Errorf("%s %s: got %v, want %v", h.Request.Raw, h.Response.Raw, got, want)
			}
		}
	}
}

// TestFieldsThatTell has each field whose value is asked for among those of which
// the value is remembered.
func TestFieldsThatTell(t *testing.T) {
	for _, name := range tellFields {
		if !tells([]byte(name)) || !tells([]byte(strings.ToUpper(name))) {
			t.Errorf("%s is not among them", name)
		}
	}
	if tells([]byte("Date")) || tells([]byte("Sarver")) || tells([]byte(strings.Repeat("x", 40))) {
		t.Error("another field is")
	}
}
