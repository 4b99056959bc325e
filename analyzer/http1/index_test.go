package http1

import (
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
		bare := &Message{Raw: m.Raw, Fields: m.Fields}
		names := []string{"", "Host", "host", "X", "Y", "Late", "LATE", "X-1", "X-299", "Sec-WebSocket-Key", "Sec-WebSocket-Accept"}
		for _, name := range names {
			got := fmt.Sprint(m.First(name), m.Lookup(name), m.Count(name), m.Values(name), m.Get(name))
			want := fmt.Sprint(bare.First(name), bare.Lookup(name), bare.Count(name), bare.Values(name), bare.Get(name))
			if got != want {
				t.Errorf("%q in %d lines: got %s, want %s", name, len(m.Fields), got, want)
			}
			if i, ok := m.Only(name); ok != (bare.Count(name) == 1) || ok && i != bare.First(name) {
				t.Errorf("only %q in %d lines: got %d %v", name, len(m.Fields), i, ok)
			}
		}
		if got, want := m.MayRepeat(), strings.Contains(head, "hOST") || strings.Contains(head, "Late"); got != want || !bare.MayRepeat() && len(bare.Fields) > 0 {
			t.Errorf("%d lines repeat a name: got %v, want %v", len(m.Fields), got, want)
		}
	}
}
