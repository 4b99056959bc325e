package analyzer

import (
	"testing"

	"github.com/handshark/handshark/reassembly"
)

// TestQuestionWithUpgrade: forward_auth of Caddy asks with the fields of the upgrade.
func TestQuestionWithUpgrade(t *testing.T) {
	const upgrade = "Host: ws.example.test\r\nConnection: Upgrade\r\nSec-Websocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==\r\n" +
		"Sec-Websocket-Version: 13\r\nUpgrade: websocket\r\n"
	for name, tt := range map[string]struct {
		request string
		want    int // handshakes
	}{
		"forward_auth": {"GET /verify HTTP/1.1\r\n" + upgrade + "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /chat?room=1\r\n\r\n", 0},
		"same path":    {"GET /chat?room=1 HTTP/1.1\r\n" + upgrade + "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /chat\r\n\r\n", 1},
		"prefix gone":  {"GET /chat HTTP/1.1\r\n" + upgrade + "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /live/chat\r\n\r\n", 1},
		"no method":    {"GET /chat HTTP/1.1\r\n" + upgrade + "X-Forwarded-Uri: /old\r\n\r\n", 1},
		"no target":    {"GET /chat HTTP/1.1\r\n" + upgrade + "X-Forwarded-Method: GET\r\n\r\n", 1},
	} {
		r := newRig(t, Options{})
		r.open().from(client, tt.request).from(server, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
		r.end(reassembly.EndCapture)
		if len(r.got) != tt.want {
			t.Errorf("%s: %d handshakes, want %d", name, len(r.got), tt.want)
		}
	}
}
