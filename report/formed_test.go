package report

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
)

// formedHeads reads heads one after the other, so that their forms are known; each "{}"
// in lines is another value in each.
func formedHeads(ahead *http1.Ahead, kind http1.Kind, start, lines string, values []string) []*analyzer.Message {
	var heads []*analyzer.Message
	for _, value := range values {
		text := start + "\r\n" + strings.ReplaceAll(strings.ReplaceAll(lines, "{}", value), "\n", "\r\n") + "\r\n\r\n"
		m := new(analyzer.Message)
		if ahead.Read(&m.Message, []byte(text)) && m.Kind == kind {
			heads = append(heads, m)
		}
	}
	return heads
}

// FuzzFormed: what is known of the form of a head changes nothing of a record, whatever
// is secret in it.
func FuzzFormed(f *testing.F) {
	request := "Host: example.test\nUser-Agent: abcd/1\nUpgrade: websocket\nSec-WebSocket-Key: {}\nCookie: sid={}; theme=dark"
	f.Add(request, "Server: nginx\nDate: {}", "dGhlIHNhbXBsZSBub25jZQ==", "s3cr3tvalue", "another one")
	f.Add(request+"\nX-A: s3cr3tvalue", "Server: dark matter", "s3cr3tvalue", "s3cr3tvalue", "x")
	f.Add("Host: a\nAuthorization: Basic {}", "Set-Cookie: a=abcd", "dXNlcjpwYXNz", "dXNlcjpwYXNzd29yZA==", "user:password")
	f.Add("Host: nginx\nX-Token: abcdefgh\nCookie: {}", "Server: nginx\nVia: abcdefgh", "a=nginx", "b=abcdefgh", "")
	f.Add(request, "Server: nginx\nDate: {}", "Date", "Sec-WebSocket-Key", "dark")
	f.Add("Cookie: nginx={}\nHost: a", "Server: nginx\nDate: {}", "User-Agent", "Host", "nginx")
	f.Fuzz(func(t *testing.T, request, response, one, two, three string) {
		var asks, answers http1.Ahead
		values := []string{one, one, two, three, one, two}
		requests := formedHeads(&asks, http1.Request, "GET /ws HTTP/1.1", request, values)
		responses := formedHeads(&answers, http1.Response, "HTTP/1.1 403 Forbidden", response, values)
		var b Builder
		var x Encoded
		var k Kinds
		env := Env{OneCapture: true, Redactor: NewRedactor(false)}
		for i := range min(len(requests), len(responses)) {
			h := attempt("192.0.2.1:4000", "[2001:db8::1]:80")
			h.Request, h.Response = requests[i], responses[i]
			want := Build(h, verdict(), env).AppendJSON(nil)
			b.Encode(&x, h, verdict(), env)
			kept := Kept{Kinds: &k}
			kept.Octets, kept.Manner = k.Keep(nil, &x, i)
			if got := kept.AppendJSON(nil); string(got) != string(want) {
				t.Fatalf("record %d\n got %s\nwant %s", i, got, want)
			}
		}
	})
}

// TestFormsAreKnown: a form is known from its third head on; one with a line that holds a
// credential, or something to be escaped, never.
func TestFormsAreKnown(t *testing.T) {
	for lines, want := range map[string]bool{
		"Host: a\nCookie: {}": true, "Host: a\nX-Api-Key: abcdef\nCookie: {}": false, "Host: \"\nCookie: {}": false,
	} {
		var ahead http1.Ahead
		var x forms
		var known lineTable
		var got []bool
		for _, m := range formedHeads(&ahead, http1.Request, "GET / HTTP/1.1", lines, []string{"a", "b", "c", "d"}) {
			got = append(got, x.of(m, &known) != nil)
		}
		if len(got) != 4 || got[0] || got[3] != want {
			t.Errorf("%q: known %v, want %t", lines, got, want)
		}
	}
}
