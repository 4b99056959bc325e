package rules_test

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/rules"
)

// TestUserAgent has the fields that clients wrote to a socket, with what an application
// had them add.
func TestUserAgent(t *testing.T) {
	for _, tc := range []struct{ want, names, agent string }{
		{"ws (npm)", "Authorization Sec-WebSocket-Version Sec-WebSocket-Key Connection Upgrade Sec-WebSocket-Extensions Origin Host", ""},
		{"ws (npm)", "Sec-WebSocket-Version Sec-WebSocket-Key Connection Upgrade Sec-WebSocket-Protocol Host Authorization", ""},
		{"ws (npm)", "User-Agent Sec-WebSocket-Version Sec-WebSocket-Key Connection Upgrade Host", "Mozilla/5.0 Chrome/156.0.0.0 Safari/537.36"},
		{"WebSocket-Node (npm)", "Authorization Upgrade Connection Sec-WebSocket-Version Sec-WebSocket-Key Host Sec-WebSocket-Protocol Origin", ""},
		{"websocket-client (Python)", "Upgrade Host Origin Sec-WebSocket-Key Sec-WebSocket-Version Connection Sec-WebSocket-Protocol Authorization Cookie", ""},
		{"websocket-client (Python)", "Upgrade Host Sec-WebSocket-Key Sec-WebSocket-Version Connection", ""},
		{"x/net/websocket (Go)", "Host Upgrade Connection Sec-WebSocket-Key Origin Sec-WebSocket-Version Authorization", ""},
		{"libwebsockets", "Pragma Cache-Control Host Origin Upgrade Connection Sec-WebSocket-Key Sec-WebSocket-Protocol Sec-WebSocket-Extensions Sec-WebSocket-Version", ""},
		{"Node.js", "host connection upgrade sec-websocket-key sec-websocket-version sec-websocket-extensions accept accept-language sec-fetch-mode user-agent pragma cache-control accept-encoding", "node"},
		{"Node.js", "host connection upgrade sec-websocket-key sec-websocket-version user-agent", "undici"},
		{"websockets (Python)", "Host Upgrade Connection Sec-WebSocket-Key Sec-WebSocket-Version Sec-WebSocket-Extensions Authorization User-Agent", "Python/3.11 websockets/10.4"},
		{"aiohttp", "Host Authorization Upgrade Connection Sec-WebSocket-Version Sec-WebSocket-Key Accept Accept-Encoding User-Agent", "Python/3.11 aiohttp/3.8.4"},
		{"Tornado", "Upgrade Connection Sec-Websocket-Key Sec-Websocket-Version Host User-Agent Accept-Encoding", "Tornado/6.2"},
		{"Autobahn", "User-Agent Host Upgrade Connection Pragma Cache-Control Sec-WebSocket-Key Sec-WebSocket-Version", "AutobahnPython/22.7.1"},
		{"curl", "Host User-Agent Accept Connection Upgrade Sec-WebSocket-Version Sec-WebSocket-Key", "curl/7.88.1"},
		{"gorilla/websocket", "Host User-Agent Connection Sec-WebSocket-Key Sec-WebSocket-Version Upgrade", "Go-http-client/1.1"},
		{"coder/websocket", "Host User-Agent Connection Sec-Websocket-Key Sec-Websocket-Version Upgrade Accept-Encoding", "Go-http-client/1.1"},
		{"Go", "Host User-Agent Connection Sec-Websocket-Key Sec-Websocket-Version Upgrade", "Go-http-client/1.1"}, // lxzan/gws
		{"Go", "Host User-Agent", "Go-http-client/1.1"}, // CONNECT
		{"Firefox", "Host User-Agent Sec-WebSocket-Version Origin Sec-WebSocket-Key", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
		{"Chrome", "Host Connection User-Agent Upgrade Origin Sec-WebSocket-Version Sec-WebSocket-Key", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"},
		{"Safari", "Host Origin Upgrade", "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15"},
		{"", "Host Upgrade Connection Sec-WebSocket-Key Sec-WebSocket-Version", ""},                 // Mojo, Faye
		{"", "Host Upgrade Connection Sec-WebSocket-Version Sec-WebSocket-Key", ""},                 // gobwas/ws
		{"", "Upgrade Connection Host X-Forwarded-For Sec-WebSocket-Version Sec-WebSocket-Key", ""}, // ws behind nginx
		{"", "sec-websocket-version sec-websocket-key connection upgrade host", ""},                 // ws behind HAProxy
		{"", "Sec-WebSocket-Version Sec-WebSocket-Key Connection Upgrade", ""},                      // cut
		{"", "X-Proxy Upgrade Host Sec-WebSocket-Key Sec-WebSocket-Version Connection", ""},         // not at the start
		{"", "Sec-WebSocket-Version", ""},
		{"", "", ""},
	} {
		if got := rules.UserAgent(strings.Fields(tc.names), tc.agent); got != tc.want {
			t.Errorf("%s (%q): got %q, want %q", tc.names, tc.agent, got, tc.want)
		}
	}
}

func TestViewOf(t *testing.T) {
	for program, want := range map[string]string{
		"ws (npm)": "ws", "websockets (Python)": "websockets", "gorilla/websocket": "gorilla/websocket", "Go": "gorilla/websocket",
		"Chrome": "Chrome", "curl": "", "WebSocket-Node (npm)": "", "": "",
	} {
		if got := rules.ViewOf(program); got != want {
			t.Errorf("%q: got %q, want %q", program, got, want)
		}
	}
}
