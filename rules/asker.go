package rules

import "github.com/handshark/handshark/analyzer"

// Asker stands for requests that are alike but for the request line and for what
// clients change from one to the next: the same fields stand in the same lines, and
// those that say where the request goes and how it is written are equal to the
// octet: Host, Origin, Upgrade, Connection, Sec-WebSocket-Version and
// Sec-WebSocket-Extensions. It does not change. Two requests that are alike may have
// different ones, not the other way round.
type Asker struct {
	// Host is the line of the first Host field, Key of the first Sec-WebSocket-Key; -1
	// = there is none.
	Host, Key int
	// Secrets are the lines of Authorization, Proxy-Authorization, Cookie, X-Api-Key
	// and Sec-WebSocket-Protocol, those of one name together.
	Secrets []int
}

// askedAlike has the fields of which askers have the values in common.
const askedAlike = 1<<fieldHost | 1<<fieldOrigin | 1<<fieldUpgrade | 1<<fieldConnection | 1<<fieldVersion |
	1<<fieldExtensions | 1<<fieldContentLength

// secretFields are those of Asker.Secrets.
var secretFields = [...]fieldName{fieldAuthorization, fieldProxyAuthorization, fieldCookie, fieldAPIKey, fieldProtocol}

// asker is a pattern of requests and what follows from it.
type asker struct {
	pattern
	steady steady
	public *Asker
}

// askers remembers the last askers.
type askers struct {
	list [patternsKept]asker
	next int // the one to be given up next
}

// of gives the asker of a request; nil if it is not remembered.
func (x *askers) of(m *analyzer.Message) *asker {
	if m.Form == nil {
		return nil
	}
	for i := range x.list {
		if a := &x.list[i]; a.fits(m) {
			return a
		}
	}
	a := &x.list[x.next]
	if !a.learn(m, askedAlike) {
		return nil
	}
	x.next = (x.next + 1) % patternsKept
	a.steady = steadyOf(&a.at)
	a.public = newAsker(m)
	return a
}

func newAsker(m *analyzer.Message) *Asker {
	a := &Asker{Host: m.Message.First(fieldList[fieldHost]), Key: m.Message.First(fieldList[fieldKey])}
	for _, f := range secretFields {
		a.Secrets = append(a.Secrets, m.Lookup(fieldList[f])...)
	}
	return a
}
