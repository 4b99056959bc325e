package analyzer

import (
	"strings"
	"testing"
)

// TestPrefix: the first octets of a side are kept, of a head that came whole no more
// than the start, unless more of it may be asked for.
func TestPrefix(t *testing.T) {
	const hixie = "GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
		"Origin: http://a.test\r\nSec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\n\r\n"
	const tunnel = "HTTP/1.1 200 Connection established\r\nProxy-Agent: something with a rather long name\r\n\r\n"
	long := strings.Replace(ask, "\r\n", "\r\nCookie: "+strings.Repeat("x", PrefixLimit)+"\r\n", 1)
	for name, tc := range map[string]struct {
		say            func(*rig)
		client, server string
	}{
		"whole heads":      {func(r *rig) { r.from(client, ask).from(server, accept).from(server, hello) }, ask[:headStart], accept[:headStart]},
		"a head in pieces": {func(r *rig) { r.from(client, ask[:80]).from(client, ask[80:]).from(server, accept) }, ask, accept[:headStart]},
		"a long head":      {func(r *rig) { r.from(client, long).from(server, accept) }, long[:headStart], accept[:headStart]},
		"a short answer":   {func(r *rig) { r.from(client, ask).from(server, refuse).from(server, "gone") }, ask[:headStart], refuse + "gone"},
		"a head and a frame": {
			func(r *rig) { r.from(client, ask).from(server, accept+hello) }, ask[:headStart], accept + hello,
		},
		"a third key": {func(r *rig) { r.from(client, hixie).from(client, "GET 1234").from(server, refuse) }, hixie + "GET 1234", refuse},
		"no HTTP":     {func(r *rig) { r.from(client, "SSH-2.0-x"+strings.Repeat("y", 600)+headEnd).from(server, accept) }, ("SSH-2.0-x" + strings.Repeat("y", 600))[:PrefixLimit], accept},
		"in a tunnel": {func(r *rig) { r.from(client, "CONNECT a.test:80 HTTP/1.1\r\n\r\n").from(server, tunnel+accept) }, "", accept},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			tc.say(r.open())
			x, ok := r.c.User.(*conn)
			if !ok {
				t.Fatal("it is not followed any more")
			}
			if got := string(x.prefix[client].Data); got != tc.client {
				t.Errorf("of the client %q are kept, want %q", got, tc.client)
			}
			if got := string(x.prefix[server].Data); got != tc.server {
				t.Errorf("of the server %q are kept, want %q", got, tc.server)
			}
		})
	}
}
