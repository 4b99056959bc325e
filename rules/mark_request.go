package rules

import (
	"bytes"
	"math/bits"

	"github.com/handshark/handshark/analyzer"
)

func (m *Marks) request(p *Pass, r *analyzer.Message) {
	m.put(RequestDeviates, len(r.Deviations) > 0)
	m.put(RequestRepeats, r.MayRepeat())
	m.put(MethodOdd, string(r.Raw[r.Method.Start:r.Method.End]) != "GET")
	m.put(HTTPVersionOdd, string(r.Raw[r.Version.Start:r.Version.End]) != "HTTP/1.1")
	m.target(r)
	host := only(r, "Host")
	m.put(HostOdd, !plainHost(host))
	m.put(UpgradeOdd, !foldIs(only(r, "Upgrade"), "websocket"))
	connection := only(r, "Connection")
	m.put(ConnectionOdd, !foldIs(connection, "upgrade") && !foldIs(connection, "keep-alive, upgrade"))
	m.put(KeyOdd, !plainKey(only(r, "Sec-WebSocket-Key")))
	m.put(VersionOdd, string(only(r, "Sec-WebSocket-Version")) != "13")
	m.put(DialectOdd, p.Dialect != analyzer.RFC6455)
	m.put(OfferOdd, !plainOffer(r))
	m.put(SubprotocolOffered, r.Has("Sec-WebSocket-Protocol"))
	m.put(HasAuthorization, r.Has("Authorization"))
	m.put(HasCookie, r.Has("Cookie"))
	m.put(HasToken, holdsToken(r))
	m.put(RequestContent, r.Has("Content-Length") || r.Has("Transfer-Encoding") || r.Has("Expect"))
	m.put(Relayed, p.Marked())
	if r.Has("Origin") {
		m.add(HasOrigin)
		m.put(OriginOdd, !plainOrigin(only(r, "Origin"), host))
	}
}

func (m *Marks) target(r *analyzer.Message) {
	t := r.Raw[r.Target.Start:r.Target.End]
	m.put(TargetOdd, len(t) == 0 || t[0] != '/' || bytes.IndexByte(t, '#') >= 0 || bytes.Contains(t, []byte("://")))
	if q := bytes.IndexByte(t, '?'); q >= 0 {
		m.add(HasQuery)
		m.put(MayExpire, mayExpire(t[q:]))
	}
}

// mayExpire looks for the ends of X-Amz-Expires, Expires, exp and se; names may be
// percent-encoded.
func mayExpire(query []byte) bool {
	for _, s := range [...]string{"xpires=", "exp=", "se=", "%"} {
		if bytes.Contains(query, []byte(s)) {
			return true
		}
	}
	return false
}

// tokenFields are where a JWT may stand, apart from the target.
var tokenFields = [...]string{"Authorization", "Cookie", "Sec-WebSocket-Protocol"}

// holdsToken reports whether there may be a JWT, which begins with "eyJ".
func holdsToken(r *analyzer.Message) bool {
	if r.MayRepeat() {
		return true
	}
	token := []byte("eyJ")
	for _, name := range tokenFields {
		if i := r.Message.First(name); i >= 0 {
			v := r.Fields[i].Value
			if bytes.Contains(r.Raw[v.Start:v.End], token) {
				return true
			}
		}
	}
	return bytes.Contains(r.Raw[r.Target.Start:r.Target.End], token)
}

// only gives the value of a field that stands in one line, which is not folded;
// else nil.
func only(m *analyzer.Message, name string) []byte {
	i, ok := m.Only(name)
	if !ok {
		return nil
	}
	v := m.Fields[i].Value
	return m.Raw[v.Start:v.End]
}

// foldIs compares without regard to the case of ASCII letters; lower is in lower
// case.
func foldIs(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i := range b {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// plainHost reports whether b is a name in lower case or an IPv4 address, with a
// port or without. A label that begins with a digit might be a bad address.
func plainHost(b []byte) bool {
	name, port, ported := bytes.Cut(b, []byte{':'})
	const digits = 5
	if ported && (len(port) == 0 || port[0] == '0' || len(port) > digits || len(port) == digits && port[0] > '5') {
		return false
	}
	for _, c := range port {
		if c < '0' || c > '9' {
			return false
		}
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return len(name) > 0
}

// plainKey reports whether b is canonical base64 of 16 octets and made of more
// letters than one that somebody made up.
func plainKey(b []byte) bool {
	const letters, size = 22, 24
	if len(b) != size || b[letters] != '=' || b[letters+1] != '=' {
		return false
	}
	switch b[letters-1] {
	case 'A', 'Q', 'g', 'w': // the unused bits are 0
	default:
		return false
	}
	var seen uint64
	for _, c := range b[:letters] {
		if !isBase64(c) {
			return false
		}
		seen |= 1 << (c & 63)
	}
	const enough = 15 // two octet values make at most fourteen letters
	return bits.OnesCount64(seen) >= enough && !SampleKey(string(b))
}

func isBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}

// SampleKey reports whether a Sec-WebSocket-Key is one of the specification or of
// a recipe.
func SampleKey(key string) bool {
	switch key {
	case "dGhlIHNhbXBsZSBub25jZQ==", "x3JJHMbDL1EzLkh9GBhXDw==", "AQIDBAUGBwgJCgsMDQ4PEA==":
		return true
	}
	return false
}

// plainOffer reports whether no extension is offered, or permessage-deflate as
// browsers do.
func plainOffer(r *analyzer.Message) bool {
	switch string(only(r, "Sec-WebSocket-Extensions")) {
	case "permessage-deflate", "permessage-deflate; client_max_window_bits":
		return true
	}
	return !r.Has("Sec-WebSocket-Extensions")
}

// plainOrigin reports whether origin is http or https and the very host, which is
// plain and without a port.
func plainOrigin(origin, host []byte) bool {
	rest, ok := bytes.CutPrefix(origin, []byte("http://"))
	if !ok {
		rest, ok = bytes.CutPrefix(origin, []byte("https://"))
	}
	return ok && bytes.Equal(rest, host) && plainHost(host) && bytes.IndexByte(host, ':') < 0
}
