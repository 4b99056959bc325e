package report

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
)

func TestHopOf(t *testing.T) {
	for _, tc := range []struct {
		name, answered, fields, want string
	}{
		{"the answer names it", "gorilla/websocket via nginx/1.22.1", "X-Varnish 3", "nginx/1.22.1"},
		{"nothing shows", "HAProxy", "X-Forwarded-For 192.0.2.1", "HAProxy"},
		{"Varnish", "ws (npm)", "X-Forwarded-For 192.0.2.1 X-Varnish 3", "Varnish"},
		{"Via", "", "Via 1.1-Caddy", "Caddy"},
		{"Apache", "", "X-Forwarded-For a X-Forwarded-Host b X-Forwarded-Server c", "Apache"},
		{"Traefik", "", "X-Forwarded-Port 80 X-Forwarded-Host b X-Forwarded-Server c", "Traefik"},
		{"HAProxy", "", "host a x-forwarded-for b sec-websocket-key c", "HAProxy"},
		{"lighttpd", "", "Host a X-Forwarded-For b X-Host a X-Forwarded-Host a", "lighttpd"},
		{"not all in lower case", "", "Host a x-forwarded-for b sec-websocket-key c", ""},
	} {
		h := &analyzer.Handshake{Request: message([3]string{"GET", "/", "HTTP/1.1"}, strings.Fields(tc.fields)...)}
		if got := hopOf(h, tc.answered); got != tc.want {
			t.Errorf("%s: hopOf = %q, want %q", tc.name, got, tc.want)
		}
	}
}
