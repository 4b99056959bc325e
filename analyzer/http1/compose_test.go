package http1_test

import (
	"testing"

	"github.com/handshark/handshark/analyzer/http1"
)

func TestComposeRequest(t *testing.T) {
	var m http1.Message
	for range 2 { // in memory that was used before, too
		m.ComposeRequest("HTTP/2", "CONNECT", "/chat")
		m.Compose(":protocol", "websocket")
		m.Compose("cookie", "a=1")
		m.Compose(":authority", "example.com")
		m.Compose("cookie", "b=2")
		m.Composed()
	}
	const want = "CONNECT /chat HTTP/2\r\n:protocol: websocket\r\ncookie: a=1\r\n:authority: example.com\r\ncookie: b=2\r\n\r\n"
	if string(m.Raw) != want || !m.Complete || m.Kind != http1.Request {
		t.Errorf("%q", m.Raw)
	}
	for _, tc := range []struct{ got, want string }{
		{m.Text(m.Method), "CONNECT"}, {m.Text(m.Target), "/chat"}, {m.Text(m.Version), "HTTP/2"},
		{m.Text(m.Line), "CONNECT /chat HTTP/2"}, {m.Get("Host"), "example.com"}, {m.Get(":authority"), "example.com"},
		{m.Get(":Protocol"), "websocket"}, {m.Text(m.Field(3).Line), "cookie: b=2"},
	} {
		if tc.got != tc.want {
			t.Errorf("%q, want %q", tc.got, tc.want)
		}
	}
	if m.Count("Cookie") != 2 || m.Count("Host") != 1 || m.Has("Origin") || !m.MayRepeat() {
		t.Error("fields are counted wrongly")
	}
}

// TestComposeHost: :authority goes before a Host that comes after it, and both are found.
func TestComposeHost(t *testing.T) {
	var m http1.Message
	m.ComposeRequest("HTTP/2", "GET", "/")
	m.Compose(":authority", "a.example")
	m.Compose("host", "b.example")
	m.Composed()
	if got := m.Values("Host"); len(got) != 2 || got[0] != "a.example" || m.Get("host") != "a.example" {
		t.Errorf("%q", got)
	}
}

func TestComposeResponse(t *testing.T) {
	for status, want := range map[string]int{"200": 200, "099": 0, "1000": 0, "": 0, "2x0": 0, "-10": 0, "999": 999} {
		var m http1.Message
		m.ComposeResponse("HTTP/2", status)
		m.Compose("server", "x")
		m.Composed()
		if m.Status != want || m.Text(m.StatusSpan) != status || m.Text(m.Line) != "HTTP/2 "+status || m.Get("Server") != "x" {
			t.Errorf("%q: %d, %q", status, m.Status, m.Raw)
		}
	}
}
