package analyzer

import (
	"bytes"

	"github.com/handshark/handshark/analyzer/http1"
)

// attempt reports whether a request head is a WebSocket attempt: it carries a
// Sec-WebSocket-* field, an Upgrade naming websocket (also of the Hixie-75
// dialect), a ws: or wss: target, or a transport=websocket query. A bare
// "Connection: upgrade" is not one: nginx configurations add it to everything. Nor is
// what an authorization service is asked.
func attempt(m *http1.Message) bool {
	if m.Has("Sec-WebSocket-Key") {
		return !asksLeave(m)
	}
	for i := range m.NumFields() {
		if markField(m, i) {
			return true
		}
	}
	return markTarget(m.Raw[m.Target.Start:m.Target.End])
}

// markField reports whether a field line of a request or response marks a
// WebSocket handshake.
func markField(m *http1.Message, i int) bool {
	name := m.NameOctets(i)
	switch {
	case len(name) == len("upgrade") && foldEqual(name, "upgrade"):
		return foldContains(m.ValueOctets(i), "websocket")
	case len(name) >= len("sec-websocket-") && foldEqual(name[:len("sec-websocket-")], "sec-websocket-"):
		return true
	}
	return false
}

func markTarget(target []byte) bool {
	if len(target) >= 6 && (foldEqual(target[:5], "ws://") || foldEqual(target[:6], "wss://")) {
		return true
	}
	_, query, ok := bytes.Cut(target, []byte("?"))
	return ok && bytes.Contains(query, []byte("transport=websocket"))
}

// switches reports whether a 101 head switches to websocket, as far as it says:
// by Upgrade, or by a Sec-WebSocket-* or WebSocket-* field.
func switches(m *http1.Message) bool {
	if m.Has("Sec-WebSocket-Accept") {
		return true
	}
	for i := range m.NumFields() {
		if markField(m, i) {
			return true
		}
		name := m.NameOctets(i)
		if len(name) > 10 && foldEqual(name[:10], "websocket-") {
			return true
		}
	}
	return false
}

// dialect tells which handshake dialect a request speaks.
func dialect(m *http1.Message) Dialect {
	if m.Has("Sec-WebSocket-Key1") && m.Has("Sec-WebSocket-Key2") {
		return Hixie76
	}
	i := m.First("Upgrade")
	if i < 0 {
		return RFC6455
	}
	if string(m.ValueOctets(i)) == "WebSocket" && m.Has("Origin") && !anyPrefix(m, "sec-websocket-") {
		return Hixie75
	}
	return RFC6455
}

func anyPrefix(m *http1.Message, prefix string) bool {
	for i := range m.NumFields() {
		name := m.NameOctets(i)
		if len(name) >= len(prefix) && foldEqual(name[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

// foldEqual compares ASCII without regard to case; lower must be lower case.
func foldEqual(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func foldContains(b []byte, lower string) bool {
	for i := 0; i+len(lower) <= len(b); i++ {
		if foldEqual(b[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}
