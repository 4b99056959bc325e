package rules

import (
	"bytes"
	"math/bits"

	"github.com/handshark/handshark/analyzer"
)

func (m *Marks) request(p *Pass, r *analyzer.Message, s *steady) {
	l := p.asked
	*m = m.union(&s.marks)
	m.put(RequestDeviates, len(r.Deviations) > 0)
	m.put(RequestRepeats, r.MayRepeat())
	m.put(RequestCut, !r.Complete)
	m.put(MethodOdd, string(r.Raw[r.Method.Start:r.Method.End]) != "GET")
	m.put(HTTPVersionOdd, string(r.Raw[r.Version.Start:r.Version.End]) != "HTTP/1.1")
	m.put(KeyOdd, !plainKey(l.only(fieldKey)))
	m.put(DialectOdd, p.Dialect != analyzer.RFC6455)
	m.put(Relayed, l.relayed && p.Marked())
	m.put(PortOdd, !s.plain || s.portOf(p) != int(p.Conn.Server.Port))
	m.target(r)
	m.credentials(l)
	m.put(HasToken, holdsToken(l))
}

// steady is what follows from the names of the fields of a request and from the
// values of those of askedAlike.
type steady struct {
	marks Marks
	port  int  // of Host; 0 = none
	plain bool // Host is
}

func steadyOf(l *lines) (s steady) {
	m := &s.marks
	m.put(UpgradeOdd, !isWebSocket(l.only(fieldUpgrade)))
	connection := l.only(fieldConnection)
	m.put(ConnectionOdd, !isUpgrade(connection) && !foldIs(connection, "keep-alive, upgrade"))
	m.put(VersionOdd, string(l.only(fieldVersion)) != "13")
	m.put(OfferOdd, !l.plainOffer())
	m.put(SubprotocolOffered, l.there(fieldProtocol))
	m.put(RequestContent, l.any(fieldContentLength, fieldTransferEncoding, fieldExpect))
	m.put(LengthOdd, !l.plainLength())
	m.put(RequestFieldOdd, l.any(fieldProxyAuthorization, fieldProxyConnection, fieldAccept, fieldDraft, fieldSecOrigin))
	s.host(l)
	return s
}

// host marks what is odd in Host and Origin.
func (s *steady) host(l *lines) {
	m, host := &s.marks, l.only(fieldHost)
	s.port, s.plain = plainHost(host)
	m.put(HostOdd, !s.plain)
	m.put(OriginMissing, !l.there(fieldOrigin))
	if l.there(fieldOrigin) {
		m.add(HasOrigin)
		m.put(OriginOdd, !s.plain || !plainOrigin(l.only(fieldOrigin), host))
	}
}

// portOf gives the port that Host names, or the one that it does not name.
func (s *steady) portOf(p *Pass) int {
	switch {
	case s.port != 0:
		return s.port
	case p.TLS != nil:
		return 443
	}
	return 80
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
	marked, query := false, -1
	for i, c := range t {
		if octets[c]&markOctet == 0 {
			continue
		}
		marked = marked || c == ':' || c == '#'
		if c == '?' && query < 0 {
			query = i
		}
	}
	m.put(TargetOdd, len(t) == 0 || t[0] != '/' || marked && markedTarget(t))
	if query >= 0 {
		m.add(HasQuery)
		m.query(t[query+1:])
	}
}

// markedTarget looks for a fragment and for an absolute target.
func markedTarget(t []byte) bool {
	return bytes.IndexByte(t, '#') >= 0 || bytes.Contains(t, []byte("://"))
}

// query looks for names of credentials, and for the ends of X-Amz-Expires, Expires,
// exp and se; names may be percent-encoded.
func (m *Marks) query(q []byte) {
	start, named := 0, false // of the part; its name has ended
	for i, c := range q {
		if octets[c]&markOctet == 0 {
			continue
		}
		switch c {
		case '%':
			m.add(MayExpire)
		case '=':
			m.put(MayExpire, named) // it may stand behind another name, as in a URL in the query
			m.param(q[start:i], named)
			named = true
		case '&':
			m.param(q[start:i], named)
			start, named = i+1, false
		}
	}
	m.param(q[start:], named)
}

// param marks what the name of a parameter tells, unless it was seen.
func (m *Marks) param(name []byte, seen bool) {
	if !seen {
		m.put(SecretInQuery, namesSecret(name))
		m.put(MayExpire, namesExpiry(name))
	}
}

func namesExpiry(name []byte) bool {
	if n := len(name); n == 0 || name[n-1] != 'e' && name[n-1] != 'p' && name[n-1] != 's' {
		return false
	}
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

// isWebSocket and isUpgrade look for the usual value first.
func isWebSocket(b []byte) bool { return string(b) == "websocket" || foldIs(b, "websocket") }

func isUpgrade(b []byte) bool {
	return string(b) == "Upgrade" || string(b) == "upgrade" || foldIs(b, "upgrade")
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
	return port, len(name) > 0 && span(name, hostOctet) == len(name)
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

// plainKey reports whether key is canonical base64 of 16 octets and made of more
// letters than one that somebody made up.
func plainKey(key []byte) bool {
	const letters, size = 22, 24
	if len(key) != size {
		return false
	}
	b := (*[size]byte)(key) // without the checks of a slice
	if b[letters] != '=' || b[letters+1] != '=' {
		return false
	}
	switch b[letters-1] {
	case 'A', 'Q', 'g', 'w': // the unused bits are 0
	default:
		return false
	}
	var seen uint64
	all := byte(base64Octet)
	for i := 0; i < letters; i += 2 {
		c, d := b[i], b[i+1]
		all &= octets[c] & octets[d]
		seen |= 1 << (c & 63)
		seen |= 1 << (d & 63)
	}
	const enough = 15 // two octet values make at most fourteen letters
	return all != 0 && bits.OnesCount64(seen) >= enough && !sampleKey(key)
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
