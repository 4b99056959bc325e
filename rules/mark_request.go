package rules

import (
	"bytes"
	"math/bits"

	"github.com/handshark/handshark/analyzer"
)

func (m *Marks) request(p *Pass, r *analyzer.Message) {
	l := &p.asked
	m.put(RequestDeviates, len(r.Deviations) > 0)
	m.put(RequestRepeats, r.MayRepeat())
	m.put(RequestCut, !r.Complete)
	m.put(MethodOdd, string(r.Raw[r.Method.Start:r.Method.End]) != "GET")
	m.put(HTTPVersionOdd, string(r.Raw[r.Version.Start:r.Version.End]) != "HTTP/1.1")
	m.put(UpgradeOdd, !foldIs(l.only(fieldUpgrade), "websocket"))
	connection := l.only(fieldConnection)
	m.put(ConnectionOdd, !foldIs(connection, "upgrade") && !foldIs(connection, "keep-alive, upgrade"))
	m.put(KeyOdd, !plainKey(l.only(fieldKey)))
	m.put(VersionOdd, string(l.only(fieldVersion)) != "13")
	m.put(DialectOdd, p.Dialect != analyzer.RFC6455)
	m.put(OfferOdd, !l.plainOffer())
	m.put(SubprotocolOffered, l.there(fieldProtocol))
	m.put(RequestContent, l.any(fieldContentLength, fieldTransferEncoding, fieldExpect))
	m.put(LengthOdd, !l.plainLength())
	m.put(RequestFieldOdd, l.any(fieldProxyAuthorization, fieldProxyConnection, fieldAccept, fieldDraft, fieldSecOrigin))
	m.put(Relayed, l.relayed && p.Marked())
	m.target(r)
	m.host(p, l)
	m.credentials(l)
	m.put(HasToken, holdsToken(l))
}

// host marks what is odd in Host and Origin.
func (m *Marks) host(p *Pass, l *lines) {
	host := l.only(fieldHost)
	port, ok := plainHost(host)
	if port == 0 {
		port = 80
		if p.TLS != nil {
			port = 443
		}
	}
	m.put(HostOdd, !ok)
	m.put(PortOdd, !ok || port != int(p.Conn.Server.Port))
	m.put(OriginMissing, !l.there(fieldOrigin))
	if l.there(fieldOrigin) {
		m.add(HasOrigin)
		m.put(OriginOdd, !ok || !plainOrigin(l.only(fieldOrigin), host))
	}
}

// credentials marks what is odd in Cookie and Authorization.
func (m *Marks) credentials(l *lines) {
	if l.there(fieldCookie) {
		m.add(HasCookie)
		m.put(CookieOdd, !plainCookie(l.only(fieldCookie)))
	}
	if l.there(fieldAuthorization) {
		m.add(HasAuthorization)
		m.put(AuthorizationOdd, !plainBearer(l.only(fieldAuthorization)))
	}
}

func (m *Marks) target(r *analyzer.Message) {
	t := r.Raw[r.Target.Start:r.Target.End]
	seen := uint8(0)
	for _, c := range t {
		seen |= octets[c]
	}
	m.put(TargetOdd, len(t) == 0 || t[0] != '/' || seen&markOctet != 0 && markedTarget(t))
	if q := bytes.IndexByte(t, '?'); q >= 0 {
		m.add(HasQuery)
		m.query(t[q+1:])
	}
}

// markedTarget looks for a fragment and for an absolute target.
func markedTarget(t []byte) bool {
	return bytes.IndexByte(t, '#') >= 0 || bytes.Contains(t, []byte("://"))
}

// query looks for names of credentials, and for the ends of X-Amz-Expires, Expires,
// exp and se; names may be percent-encoded.
func (m *Marks) query(q []byte) {
	m.put(MayExpire, bytes.IndexByte(q, '%') >= 0)
	for len(q) > 0 {
		part := q
		if n := bytes.IndexByte(q, '&'); n >= 0 {
			part, q = q[:n], q[n+1:]
		} else {
			q = nil
		}
		name := part
		if n := bytes.IndexByte(part, '='); n >= 0 {
			name = part[:n]
		}
		m.put(SecretInQuery, namesSecret(name))
		// A second "=" may stand behind another name, as in a URL in the query.
		m.put(MayExpire, namesExpiry(name) || len(name) < len(part) && bytes.IndexByte(part[len(name)+1:], '=') >= 0)
	}
}

func namesExpiry(name []byte) bool {
	return bytes.HasSuffix(name, []byte("se")) || bytes.HasSuffix(name, []byte("exp")) || bytes.HasSuffix(name, []byte("xpires"))
}

// holdsToken reports whether there may be a JWT, which begins with "eyJ", in
// Authorization, Cookie, Sec-WebSocket-Protocol or the target.
func holdsToken(l *lines) bool {
	r := l.m
	if r.MayRepeat() {
		return true
	}
	for _, f := range [...]fieldName{fieldAuthorization, fieldCookie, fieldProtocol} {
		if l.there(f) && mayHoldToken(l.of(f)) {
			return true
		}
	}
	return mayHoldToken(r.Raw[r.Target.Start:r.Target.End])
}

func mayHoldToken(b []byte) bool {
	return bytes.IndexByte(b, 'J') >= 0 && bytes.Contains(b, []byte("eyJ"))
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
// port or without, which is 0 then. A label that begins with a digit might be a
// bad address.
func plainHost(b []byte) (port int, ok bool) {
	name := b
	if colon := bytes.IndexByte(b, ':'); colon >= 0 {
		if port, ok = plainPort(b[colon+1:]); !ok {
			return 0, false
		}
		name = b[:colon]
	}
	for _, c := range name {
		if octets[c]&hostOctet == 0 {
			return 0, false
		}
	}
	return port, len(name) > 0
}

// plainPort reads a port without leading zeros, of up to 59999.
func plainPort(b []byte) (port int, ok bool) {
	const digits = 5
	if len(b) == 0 || b[0] == '0' || len(b) > digits || len(b) == digits && b[0] > '5' {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		port = 10*port + int(c-'0')
	}
	return port, true
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
	all := byte(base64Octet)
	for _, c := range b[:letters] {
		all &= octets[c]
		seen |= 1 << (c & 63)
	}
	const enough = 15 // two octet values make at most fourteen letters
	return all != 0 && bits.OnesCount64(seen) >= enough && !sampleKey(b)
}

// SampleKey reports whether a Sec-WebSocket-Key is one of the specification or of
// a recipe.
func SampleKey(key string) bool { return sampleKey([]byte(key)) }

func sampleKey(key []byte) bool {
	switch string(key) {
	case "dGhlIHNhbXBsZSBub25jZQ==", "x3JJHMbDL1EzLkh9GBhXDw==", "AQIDBAUGBwgJCgsMDQ4PEA==":
		return true
	}
	return false
}

// plainOffer reports whether no extension is offered, or permessage-deflate as
// browsers do.
func (l *lines) plainOffer() bool {
	if !l.there(fieldExtensions) {
		return true
	}
	switch string(l.only(fieldExtensions)) {
	case "permessage-deflate", "permessage-deflate; client_max_window_bits":
		return true
	}
	return false
}

// plainOrigin reports whether origin is http or https and the very host, which is
// plain, without a port.
func plainOrigin(origin, host []byte) bool {
	rest, ok := bytes.CutPrefix(origin, []byte("http://"))
	if !ok {
		rest, ok = bytes.CutPrefix(origin, []byte("https://"))
	}
	return ok && bytes.Equal(rest, host) && bytes.IndexByte(host, ':') < 0
}

// plainLength reports whether a head has no Transfer-Encoding and at most one
// Content-Length, which is a plain number.
func (l *lines) plainLength() bool {
	if l.there(fieldTransferEncoding) {
		return !l.there(fieldContentLength)
	}
	if !l.there(fieldContentLength) {
		return true
	}
	const most = 18 // digits
	v := l.only(fieldContentLength)
	for _, c := range v {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(v) > 0 && len(v) <= most
}
