package rules

import (
	"fmt"
	"strconv"
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
	var forms http1.Forms
	starts := []string{"GET /chat?token=1 HTTP/1.1", "GET /chat HTTP/1.0", "POST /a%20b?x=eyJ HTTP/1.1", "GET /chat HTTP/1.1"}
	known := 0
	for i, fields := range likeRequests() {
		if i%4 == 0 { // or few would be learnt after the first ones
			forms = http1.Forms{}
		}
		var who *Asker
		for round, start := range starts {
			h := exchange(t, goodRequest, "HTTP/1.1 101 x\nUpgrade: websocket")
			h.Request, _ = parseKnowing(t, &forms, http1.Request, start+"\n"+fields)
			if round == 3 { // a response of the same fields; some make sense there
				h.Response, _ = parseKnowing(t, &forms, http1.Response, "HTTP/1.1 400 x\n"+fields)
			}
			h.Conn.Server.Port = 80
			fresh, _ := NewEngine(nil, Options{})
			e.Judge(h)
			fresh.Judge(h)
			if e.run.who != nil && e.run.who == who {
				known++
			}
			who = e.run.who
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

// TestAskersNeedForms: a request is remembered if its form is known and what counts is
// as in the first head of that form.
func TestAskersNeedForms(t *testing.T) {
	var x askers
	var forms http1.Forms
	request := func(fields string) *analyzer.Message {
		m, _ := parseKnowing(t, &forms, http1.Request, "GET / HTTP/1.1\n"+fields)
		return m
	}
	alike := x.of(request("Host: a.test\nCookie: a=1"))
	if other := x.of(request("Host: a.test\nCookie: b=2")); alike == nil || other != alike {
		t.Error("requests that differ in a cookie have two askers")
	}
	if x.of(request("Host: b.test\nCookie: a=1")) == alike {
		t.Error("requests to two hosts have one asker")
	}
	if x.of(request("Host: a.test\nCookie: \x01")) != nil {
		t.Error("a head that deviates has an asker")
	}
	for i := range 1000 { // the lines of Host and Cookie come to vary
		x.of(request("Host: c" + strconv.Itoa(i) + ".test\nCookie: a=1"))
	}
	seen := map[*asker]bool{}
	for i := range 10 {
		if a := x.of(request("Host: d" + strconv.Itoa(i) + ".test\nCookie: a=1")); a != nil && seen[a] {
			t.Error("requests to two hosts have one asker once hosts vary")
		} else {
			seen[a] = a != nil
		}
	}
}
