package analyzer

import (
	"bytes"

	"github.com/handshark/handshark/analyzer/http1"
)

// asksLeave reports whether a request with fields of a handshake is a question to an
// authorization service, which a proxy asks before it relays the handshake itself
// (ingress-nginx, Traefik and Caddy name the method that it is for, nginx with
// auth_request by custom the target). It asks for no upgrade, and no 101 is due.
func asksLeave(m *http1.Message) bool {
	if m.Has("Upgrade") {
		return asksForOther(m)
	}
	if m.Has("X-Original-Method") || m.Has("X-Forwarded-Method") {
		return true
	}
	i := m.First("X-Original-URI")
	return i >= 0 && unrelated(pathOf(m.Raw[m.Target.Start:m.Target.End]), pathOf(m.ValueOctets(i)))
}

// asksForOther reports whether a request names the method and the target of another one:
// Caddy's forward_auth puts its own path in place of the client's and leaves the fields of
// the upgrade as they are.
func asksForOther(m *http1.Message) bool {
	i := m.First("X-Forwarded-Uri")
	return m.Has("X-Forwarded-Method") && i >= 0 &&
		unrelated(pathOf(m.Raw[m.Target.Start:m.Target.End]), pathOf(m.ValueOctets(i)))
}

// unrelated reports whether neither path is what is left of the other once a prefix is
// taken away, as by a proxy that rewrites paths.
func unrelated(a, b []byte) bool { return !bytes.HasSuffix(a, b) && !bytes.HasSuffix(b, a) }

// pathOf gives a target without its query.
func pathOf(target []byte) []byte {
	path, _, _ := bytes.Cut(target, []byte("?"))
	return path
}
