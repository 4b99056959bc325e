package report

import (
	"bytes"
	"cmp"
	"strings"
	"testing"
	"time"
)

func TestLinesFit(t *testing.T) {
	h := func(target, cause string) *Handshake {
		r := &Handshake{
			ID: "0123456789ab", Time: TimeOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano()), WebSocket: "yes",
			Outcome: "established", Client: "198.51.100.200:50100", Server: "192.0.2.200:8080", URL: Text("ws://a.test" + target),
		}
		if cause != "" {
			r.Outcome, r.RootCause = "aborted", &RootCause{Rule: cause}
		}
		return r
	}
	long := "/" + strings.Repeat("segment/", 9)
	for _, tt := range []struct {
		name string
		o    TableOptions
		h    *Handshake
		want string // the line of the handshake, from its outcome on
	}{
		{"fits", TableOptions{Fit: true}, h("/ok", ""), "established        198.51.100.200:50100 → 192.0.2.200:8080  /ok"},
		{"without the client", TableOptions{Fit: true}, h("/chat", "response-accept-missing"),
			"aborted            192.0.2.200:8080  /chat  response-a…ept-missing"},
		{"target shortened", TableOptions{Fit: true}, h(long, "response-timeout"), "aborted            192.0.2.200:8080  /seg…gment/  response-timeout"},
		{"hardly any room", TableOptions{Fit: true, Width: 40}, h(long, "response-timeout"), "aborted            1…0  /s"},
		{"whole", TableOptions{}, h(long, "response-timeout"),
			"aborted            198.51.100.200:50100 → 192.0.2.200:8080  " + long + "  response-timeout"},
	} {
		var out bytes.Buffer
		if err := NewLines(&out, tt.o).Handshake(Record{Handshake: tt.h}); err != nil {
			t.Fatal(err)
		}
		line := strings.Split(out.String(), "\n")[2]
		if _, got, _ := strings.Cut(line, "  "); got != tt.want {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, tt.want)
		}
		for _, l := range strings.Split(out.String(), "\n")[:3] {
			if width := cmp.Or(tt.o.Width, 80); tt.o.Fit && textWidth(l) > width {
				t.Errorf("%s: %d columns, want %d: %q", tt.name, textWidth(l), width, l)
			}
		}
	}
}

// TestLinesAmended: what takes the place of an earlier line says of which, however
// little room there is.
func TestLinesAmended(t *testing.T) {
	h := &Handshake{
		Time: TimeOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano()),
		ID:   "0123456789ab", WebSocket: "yes", Outcome: "rejected", Client: "[2001:db8:1:2:3:4:5:6]:50100",
		Server: "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:8080", URL: "ws://a.test/socket", RootCause: &RootCause{Rule: "response-403"},
	}
	var out bytes.Buffer
	if err := NewLines(&out, TableOptions{Fit: true}).Handshake(Record{Handshake: h, Amends: true}); err != nil {
		t.Fatal(err)
	}
	line := strings.Split(out.String(), "\n")[2]
	for _, want := range []string{"rejected", "[2001:", ":8080", "  (amends 0123456789ab)"} {
		if !strings.Contains(line, want) || textWidth(line) > 80 {
			t.Errorf("no %q in %q (%d columns)", want, line, textWidth(line))
		}
	}
}

// TestLinesLeftOut: what may not have been WebSocket is not listed, but counted, with
// the way to see it.
func TestLinesLeftOut(t *testing.T) {
	unknown := &Handshake{
		ID: "0123456789ab", WebSocket: "unknown", Outcome: "connect-failed", Client: "198.51.100.1:50100", Server: "192.0.2.1:80",
		RootCause: &RootCause{Rule: "tcp-connect-refused"},
	}
	likely := *unknown
	likely.WebSocket = "likely"
	for name, tt := range map[string]struct {
		o    TableOptions
		list []Record
		n    int
		want string
	}{
		"left out": {TableOptions{}, []Record{{Handshake: unknown}}, 2,
			"may or may not be WebSocket: 2 connections, the last to 192.0.2.1:80 (tcp-connect-refused). --all"},
		"known since": {TableOptions{}, []Record{{Handshake: unknown}, {Handshake: &likely, Amends: true}}, 1,
			"may or may not be WebSocket: 1 connection. --all"},
		"none":   {TableOptions{}, []Record{{Handshake: &likely}}, 0, ""},
		"listed": {TableOptions{All: true}, []Record{{Handshake: unknown}}, 1, ""},
	} {
		var out bytes.Buffer
		tt.o.Width = 300
		w := NewLines(&out, tt.o)
		for _, r := range tt.list {
			if err := w.Handshake(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(&Tail{Summary: Summary{Unknown: tt.n}}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.Contains(got, tt.want) || tt.want == "" && strings.Contains(got, "may or may not") {
			t.Errorf("%s: want %q in\n%s", name, tt.want, got)
		}
	}
}
