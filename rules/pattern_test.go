package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
)

// TestFieldSlots has each field found by its name, however it is written, and no
// other: no two of them may have one slot.
func TestFieldSlots(t *testing.T) {
	for f, name := range fieldList {
		for _, written := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if got, ok := fieldOf([]byte(written)); !ok || got != fieldName(f) {
				t.Errorf("%s: got %d, %t, want %d", written, got, ok, f)
			}
		}
		for _, other := range []string{name[1:], name + "s", "x" + name[1:], strings.Repeat(name, 2)} {
			if got, ok := fieldOf([]byte(other)); ok && !strings.EqualFold(fieldList[got], other) {
				t.Errorf("%s: taken for %s", other, fieldList[got])
			}
		}
	}
	if _, ok := fieldOf(nil); ok {
		t.Error("no name is one of them")
	}
}

// likeRequests gives requests that differ from a common one in one thing each.
func likeRequests() []string {
	lines := []string{
		"Host: ws.example.test", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==",
		"Sec-WebSocket-Version: 13", "Origin: http://ws.example.test", "Sec-WebSocket-Extensions: permessage-deflate",
		"Cookie: a=1", "Content-Length: 0", "User-Agent: x",
	}
	all := []string{strings.Join(lines, "\n")}
	for i, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		for _, change := range []string{
			"", name + ": ", name + ": " + value + "x", name + ":" + value, strings.ToLower(line), strings.ToUpper(line),
			line + "\n" + line, "X-Forwarded-For: " + value, name + ": \"" + value, name + ": " + value + ":8443",
			name + ": " + value + ", 7", name + ": " + value + "\nAuthorization: Basic a:b", name + "s: " + value, name + ": " + value + "\n folded",
		} {
			changed := append(append([]string{}, lines[:i]...), change)
			all = append(all, strings.Join(append(changed, lines[i+1:]...), "\n"))
		}
	}
	for i, fields := range all {
		all[i] = strings.ReplaceAll(strings.Trim(fields, "\n"), "\n\n", "\n")
	}
	return all
}

// TestPatternsChangeNothing judges requests and responses that differ in one thing
// after one another, each several times: what is known of each has to be what an
// engine knows that saw no other.
func TestPatternsChangeNothing(t *testing.T) {
	e, _ := NewEngine(nil, Options{})
	starts := []string{"GET /chat?token=1 HTTP/1.1", "GET /chat HTTP/1.0", "POST /a%20b?x=eyJ HTTP/1.1", "GET /chat HTTP/1.1"}
	known := 0
	for i, fields := range likeRequests() {
		for round, start := range starts {
			h := exchange(t, start+"\n"+fields, "HTTP/1.1 101 x\nUpgrade: websocket")
			if round == 3 { // a response of the same fields; some make sense there
				h.Response, _ = parse(t, http1.Response, "HTTP/1.1 400 x\n"+fields)
			}
			h.Conn.Server.Port = 80
			fresh, _ := NewEngine(nil, Options{})
			e.Judge(h)
			fresh.Judge(h)
			if e.run.askers.misses == 0 {
				known++
			}
			if got, want := &e.run.pass, &fresh.run.pass; got.marks != want.marks {
				t.Errorf("%d: marks are %x, want %x, in\n%s\n%s", i, got.marks, want.marks, h.Request.Raw, h.Response.Raw)
			} else if diff := differ(got.asked, want.asked) + differ(got.answered, want.answered); diff != "" {
				t.Errorf("%d: %s in\n%s\n%s", i, diff, h.Request.Raw, h.Response.Raw)
			}
		}
	}
	if known < 200 {
		t.Errorf("%d requests were known: that shows nothing", known)
	}
}

// differ says in what two that were read in the same head differ.
func differ(got, want *lines) string {
	if got.m != want.m || got.has != want.has || got.several != want.several || got.relayed != want.relayed {
		return fmt.Sprintf("got %+v, want %+v", got, want)
	}
	for f := range fieldNames {
		if want.there(f) && got.first[f] != want.first[f] {
			return fmt.Sprintf("%s in line %d, want %d", fieldList[f], got.first[f], want.first[f])
		}
	}
	return ""
}

// TestAskersGiveUp: heads that are all different are soon remembered no longer, and
// those that are alike again are known again.
func TestAskersGiveUp(t *testing.T) {
	var x askers
	request := func(host int) *analyzer.Message {
		m, _ := parse(t, http1.Request, fmt.Sprintf("GET / HTTP/1.1\nHost: %d", host))
		return m
	}
	learnt := 0
	for i := range 1000 {
		if x.of(request(i)) != nil {
			learnt++
		}
	}
	if learnt > 200 {
		t.Errorf("%d of 1000 were remembered", learnt)
	}
	known := 0
	for range 100 {
		if x.of(request(-1)) != nil {
			known++
		}
	}
	if known < 60 {
		t.Errorf("%d of 100 were known", known)
	}
	big, _ := parse(t, http1.Request, "GET / HTTP/1.1\nHost: x\n"+strings.Repeat("a: b\n", patternFields)+"c: d")
	none, _ := parse(t, http1.Request, "GET / HTTP/1.0")
	for range 3 {
		if x.of(big) != nil || x.of(none) != nil {
			t.Error("a head with too many fields, or none, was remembered")
		}
	}
}
