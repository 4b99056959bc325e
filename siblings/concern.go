package siblings

import "github.com/handshark/handshark/analyzer"

// SameKey reports whether two attempts that began at about the same time have the same
// key: legs of one attempt have, and whatever a client with a constant key sends.
func SameKey(a, b *Attempt) bool {
	return a.hasKey && b.hasKey && a.key == b.key && near(a.Start, b.Start, legWindow)
}

// Concern reports whether Relate may find anything that one of two attempts, both
// made by d, says of the other, but for what SameKey tells. Where both are false the
// two need not be compared; the times of the attempts are not looked at. It is
// symmetric and takes no memory.
func (d *Digests) Concern(a, b *Attempt) bool {
	if a.wentWell() && b.wentWell() {
		return false
	}
	return d.explains(a, b) || d.explains(b, a) || d.sameRefusal(a, b) || dialling(a, b) || dialling(b, a) || crowding(a, b) || crowding(b, a) ||
		unusable(a) && unusable(b) && a.client == b.client
}

// wentWell reports whether an attempt needs no other to be explained.
func (a *Attempt) wentWell() bool { return a.Meant == analyzer.Yes && !a.Outcome.Failed() }

// explains reports whether good may say something of a: what it was for, that the
// client got over it, or how sure its cause is.
func (d *Digests) explains(a, good *Attempt) bool {
	switch {
	case d.carries(good, a):
		return true
	case !a.Outcome.Failed() || good.Outcome != analyzer.Established:
		return false
	case a.client == good.client || a.client.family() == good.client:
		return true
	}
	if placeOf(a) != placeOf(good) || a.Cause < 0 {
		return false
	}
	x, y := &d.manners.list[a.manner], &d.manners.list[good.manner]
	spelled := a.Status == 400 && x.tokens != y.tokens && x.version == y.version
	return spelled || d.Fired(good).Has(int(a.Cause))
}

// carries reports whether a shows that b, which never said what it was for, goes to
// a server of WebSocket.
func (d *Digests) carries(a, b *Attempt) bool {
	if a.Meant != analyzer.Yes || b.Meant == analyzer.Yes {
		return false
	}
	x, y := &d.manners.list[a.manner], &d.manners.list[b.manner]
	return serverOf(a) == serverOf(b) || y.host != 0 && (y.host == x.host || y.host == x.through)
}

func (d *Digests) sameRefusal(a, b *Attempt) bool {
	x, refusedX := d.refusal(a)
	y, refusedY := d.refusal(b)
	return refusedX && refusedY && x == y
}

// dialling reports whether b may be the connection that a proxy could not make use
// of for a.
func dialling(a, b *Attempt) bool {
	return unusable(b) && b.client == a.server &&
		(a.Status == 502 || a.Status == 503 || a.Status == 504 || hungUp(a))
}

// crowding reports whether b may have kept the proxy busy that hung up on a, or that made
// connection a in vain.
func crowding(a, b *Attempt) bool {
	return hungUp(a) && b.server == a.server || unusable(a) && b.server == a.client
}
