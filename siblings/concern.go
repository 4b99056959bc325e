package siblings

import "github.com/handshark/handshark/analyzer"

// Concern reports whether Relate may find anything that one of two attempts, both
// made by d, says of the other. Where it is false the two need not be compared; the
// times of the attempts are not looked at. It is symmetric and takes no memory.
func (d *Digests) Concern(a, b *Attempt) bool {
	switch {
	case a.HasKey && b.HasKey && a.Key == b.Key:
		return true
	case wentWell(a) && wentWell(b):
		return false
	}
	return d.explains(a, b) || d.explains(b, a) || sameRefusal(a, b) || dialling(a, b) || dialling(b, a) ||
		a.Outcome == analyzer.ConnectFailed && b.Outcome == analyzer.ConnectFailed && a.Client.Addr == b.Client.Addr
}

// wentWell reports whether an attempt needs no other to be explained.
func wentWell(a *Attempt) bool { return a.Meant == analyzer.Yes && !a.Outcome.Failed() }

// explains reports whether good may say something of a: what it was for, that the
// client got over it, or how sure its cause is.
func (d *Digests) explains(a, good *Attempt) bool {
	switch {
	case carries(good, a):
		return true
	case !a.Outcome.Failed() || good.Outcome != analyzer.Established:
		return false
	}
	for _, addr := range clientsOf(a) {
		if addr == good.Client.Addr {
			return true
		}
	}
	if a.Server != good.Server || a.Path != good.Path || a.Cause < 0 {
		return false
	}
	spelled := a.Status == 400 && a.Tokens != good.Tokens && a.Version == good.Version
	return spelled || d.Fired(good).Has(int(a.Cause))
}

// carries reports whether a shows that b, which never said what it was for, goes to
// a server of WebSocket.
func carries(a, b *Attempt) bool {
	return a.Meant == analyzer.Yes && b.Meant != analyzer.Yes &&
		(a.Server == b.Server || b.Host != 0 && (b.Host == a.Host || b.Host == a.Through))
}

func sameRefusal(a, b *Attempt) bool {
	x, refusedX := refusal(a)
	y, refusedY := refusal(b)
	return refusedX && refusedY && x == y
}

// dialling reports whether b may be the connection that a proxy could not open for a.
func dialling(a, b *Attempt) bool {
	return b.Outcome == analyzer.ConnectFailed && b.Client.Addr == a.Server.Addr &&
		(a.Status == 502 || a.Status == 503 || a.Status == 504)
}
