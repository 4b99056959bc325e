package http1

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestIndex compares every lookup with a scan over the field lines.
func TestIndex(t *testing.T) {
	many := "GET / HTTP/1.1\r\n"
	for i := range 300 {
		many += fmt.Sprintf("X-%d: %d\r\n", i, i)
	}
	heads := []string{
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\nX: 1\r\nno colon\r\n: empty\r\nSec-WebSocket-Key: k\r\n\r\n",
		many + "Late: 1\r\nX-299: again\r\nlate: 2\r\n\r\n",
	}
	for _, head := range heads {
		m := &Message{Kind: Request, Raw: []byte(head)}
		parse(m, 2)
		bare := &Message{Raw: m.Raw, fields: m.fields}
		names := []string{"", "Host", "host", "X", "Y", "Late", "LATE", "X-1", "X-299", "Sec-WebSocket-Key", "Sec-WebSocket-Accept"}
		for _, name := range names {
			got := fmt.Sprint(m.First(name), m.Lookup(name), m.Count(name), m.Values(name), m.Get(name))
			want := fmt.Sprint(bare.First(name), bare.Lookup(name), bare.Count(name), bare.Values(name), bare.Get(name))
			if got != want {
				t.Errorf("%q in %d lines: got %s, want %s", name, len(m.fields), got, want)
			}
			if i, ok := m.Only(name); ok != (bare.Count(name) == 1) || ok && i != bare.First(name) {
				t.Errorf("only %q in %d lines: got %d %v", name, len(m.fields), i, ok)
			}
		}
		if got, want := m.MayRepeat(), strings.Contains(head, "hOST") || strings.Contains(head, "Late"); got != want || !bare.MayRepeat() && len(bare.fields) > 0 {
			t.Errorf("%d lines repeat a name: got %v, want %v", len(m.fields), got, want)
		}
	}
}

// TestTexts: the few texts that are asked for first cost no copy of the head,
// and all are right.
func TestTexts(t *testing.T) {
	long := strings.Repeat("x", 100)
	m := slow(Request, []byte("GET /a HTTP/1.1\r\nHost: a.test\r\nCookie: "+long+"\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nF: 5\r\n 6\r\n\r\n"))
	for range textsApart {
		if m.texts = 0; m.Get("Host") != "a.test" || m.text != "" {
			t.Fatalf("%q, %q copied", m.Get("Host"), m.text)
		}
	}
	for range textsApart {
		m.Get("Host")
	}
	for name, want := range map[string]string{"A": "1", "B": "2", "C": "3", "D": "4", "Cookie": long, "Host": "a.test", "E": "", "F": "5 6"} {
		if got := m.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
		if got := bytes.Join(m.AppendOctets(nil, name), nil); string(got) != want {
			t.Errorf("%s: octets %q", name, got)
		}
	}
	if m.text != string(m.Raw) {
		t.Errorf("%q copied of %q", m.text, m.Raw)
	}
	m.text = ""
	if m.Copy(); m.text != string(m.Raw) || m.Name(0) != "Host" {
		t.Errorf("%q copied of %q", m.text, m.Raw)
	}
}
