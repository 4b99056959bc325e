package http1

import (
	"fmt"
	"strings"
	"testing"
)

// known reads heads one after the other with what is known of those before.
type known struct {
	formList
	slow map[string]*Message
}

// read gives what is made of a head, held to what parse makes of it; nil if it is none
// for quick.
func (k *known) read(t *testing.T, kind Kind, head string) *Message {
	t.Helper()
	m := &Message{Kind: kind}
	n := m.quick([]byte(head), &k.formList)
	if n == 0 {
		return nil
	}
	m.Raw = []byte(head)[:n]
	want := k.slow[head]
	if want == nil {
		if want = slow(kind, []byte(head)); want == nil {
			t.Fatalf("no whole head: %q", head)
		}
		if k.slow == nil {
			k.slow = map[string]*Message{}
		}
		k.slow[head] = want
	}
	alike(t, want, m)
	return m
}

func request(fields ...string) string {
	return "GET /chat HTTP/1.1\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n"
}

// TestForm: heads that differ in the start line and in values that are new each time
// have one form.
func TestForm(t *testing.T) {
	var k known
	first := k.read(t, Request, request("Host: a.test", "Cookie: a=1; b", "X: y", "Sec-WebSocket-Key: abc"))
	if first == nil || first.Form == nil {
		t.Fatal("the first head has no form")
	}
	again := func(head string) *Message {
		t.Helper()
		m := k.read(t, Request, head)
		if m == nil {
			t.Fatalf("not quick: %q", head)
		}
		return m
	}
	same := again(request("Host: a.test", "Cookie: a=1; b", "X: y", "Sec-WebSocket-Key: abc"))
	if same.Form != first.Form || same.Varies != 0 {
		t.Errorf("the same again: form %p, varies %b", same.Form, same.Varies)
	}
	for _, c := range []struct {
		head   string
		varies uint64
	}{
		{request("Host: a.test", "Cookie: longer=than before", "X: y", "Sec-WebSocket-Key: x"), 0b1010},
		{request("Host: a.test", "Cookie: ", "X: y", "Sec-WebSocket-Key: abc"), 0b10},
		{strings.Replace(request("Host: a.test", "Cookie: a=1; b", "X: y", "Sec-WebSocket-Key: cba"), "/chat", "/other?a=b", 1) + "more", 0b1000},
	} {
		if m := again(c.head); m.Form != same.Form || m.Varies != c.varies {
			t.Errorf("%q: form %p, want %p; varies %b, want %b", c.head, m.Form, same.Form, m.Varies, c.varies)
		}
	}
	for _, other := range []string{
		request("Host: b.test", "Cookie: a=1; b", "X: y", "Sec-WebSocket-Key: abc"),
		request("Host: a.test", "Cookie:a=1; b", "X: y", "Sec-WebSocket-Key: abc"),
		request("Host: a.test", "Cookie:  a=1; b", "X: y", "Sec-WebSocket-Key: abc"),
		request("Host: a.test", "Cookie: a=1; b ", "X: y", "Sec-WebSocket-Key: abc"),
		request("Host: a.test", "Cookie: a=1; b", "x: y", "Sec-WebSocket-Key: abc"),
		request("Host: a.test", "Cookie: a=1; b", "X: y", "Sec-WebSocket-Key: abc", "Z: 1"),
		request("Host: a.test", "Cookie: a=1; b", "X: y"),
	} {
		if m := again(other); m.Form == same.Form || m.Form == nil {
			t.Errorf("%q has that form, or none", other)
		} else if again(other).Form != m.Form {
			t.Errorf("%q is not of its own form", other)
		}
	}
}

// TestFormsVary: a line that differs from head to head comes to vary.
func TestFormsVary(t *testing.T) {
	var k known
	formed := 0
	for i := range 1000 {
		m := k.read(t, Request, request("Host: a.test", fmt.Sprintf("X-Request-Id: %x", i), "Cookie: a"))
		if m.Form != nil {
			formed++
		}
		if m.Form != nil && m.Varies != 0b10 && i > 200 {
			t.Fatalf("head %d: varies %b", i, m.Varies)
		}
	}
	if formed < 900 {
		t.Errorf("%d of 1000 have a form", formed)
	}
}

// TestFormsComeToVary: what varies in a form goes on to vary where more does, and heads
// with other lines are no reason to.
func TestFormsComeToVary(t *testing.T) {
	var k known
	for i := range formsKept {
		k.read(t, Request, request("Host: a", fmt.Sprintf("A: %d", i), "B: 0"))
	}
	before := *k.forms[0]
	for i := range formLearnt {
		k.read(t, Request, request("Host: a", "C: 0", fmt.Sprintf("D: %d", i)))
	}
	if before.text[0] != k.forms[0].text[0] || k.forms[0].Varying() != 0 {
		t.Error("lines of another name made one vary")
	}
	for i := range 2 * formLearnt {
		k.read(t, Request, request("Host: a", fmt.Sprintf("A: x%d", i/formLearnt), fmt.Sprintf("B: %d", i)))
	}
	if k.forms[0].Varying()&0b100 == 0 {
		t.Fatal("the line of B does not vary")
	}
	varies := k.forms[0].Varying()
	again := quickly(Request, []byte(request("Host: a", "A: x1", "B: 31")))
	if at, lines := k.instead(again, again.Raw, 0); at != 0 || lines != varies {
		t.Errorf("%b varies in form %d, want %b: what was known is lost", lines, at, varies)
	}
}

// TestFormsGiveUp: heads that have nothing in common are soon compared no longer, and
// those that have are found again.
func TestFormsGiveUp(t *testing.T) {
	var k known
	k.read(t, Request, request("Host: a.test"))
	for i := range 1000 {
		k.read(t, Request, request(fmt.Sprintf("X%d: 1", i)))
	}
	if m := k.read(t, Request, request("X0: 1")); m.Form != nil {
		t.Error("still compared")
	}
	if k.inARow != 1002 {
		t.Errorf("%d of 1002 heads were not known", k.inARow)
	}
	formed := 0
	for range 1000 {
		if m := k.read(t, Request, request("Host: a.test")); m.Form != nil {
			formed++
		}
	}
	if formed < 900 {
		t.Errorf("%d of 1000 have a form", formed)
	}
}

// TestFormsBounded: there is no form without lines, of too many, or of too much.
func TestFormsBounded(t *testing.T) {
	many := request(strings.Split(strings.TrimSuffix(strings.Repeat("a: b\n", formFields+1), "\n"), "\n")...)
	cookies := request(strings.Split(strings.TrimSuffix(strings.Repeat("Cookie: b\n", formVaries+1), "\n"), "\n")...)
	for _, head := range []string{"GET / HTTP/1.1\r\n\r\n", many, request("A: " + strings.Repeat("b", formOctets)), cookies} {
		var k known
		for range 3 {
			if m := k.read(t, Request, head); m == nil || m.Form != nil {
				t.Errorf("%.40q…: %v", head, m)
			}
		}
	}
}

// FuzzForms reads heads in turn, each several times: what is known of those before
// must not show in any.
func FuzzForms(f *testing.F) {
	f.Add(plainRequest, plainResponse, baseline, false)
	f.Add(plainResponse, baseline101, plainResponse, true)
	f.Add(request("Host: a", "Date: 1"), request("Host: a", "Date: "), request("Host: a", "Date:  2 "), false)
	f.Add(request("Date: 1", "Date: 2"), request("Date: 1", "Date: 33", "X:"), request("Date:\t1", "Date: 2"), false)
	f.Fuzz(func(t *testing.T, a, b, c string, response bool) {
		kind := Request
		if response {
			kind = Response
		}
		var k known
		for range 4 * formLearnt {
			for _, head := range []string{a, b, a, c} {
				k.read(t, kind, head)
			}
		}
	})
}
