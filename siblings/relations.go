package siblings

import (
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// Windows within which attempts belong together.
const (
	retryWindow   = int64(time.Minute)            // a retry that gets over a refusal
	familyWindow  = int64(10 * time.Second)       // the same name on another address
	legWindow     = int64(10 * time.Second)       // two legs of one attempt
	siblingWindow = int64(10 * time.Minute)       // attempts that speak for or against a cause
	answerWithin  = int64(time.Second)            // from what fails at once behind a proxy to its answer
	hungUpWithin  = int64(100 * time.Millisecond) // from a refusal behind a proxy to the end of what it was for
	disorder      = int64(time.Millisecond)       // how far packets may be out of order in a capture
)

// None is the index of no attempt.
const None = -1

// Relation is what the other attempts of a run say of one.
type Relation struct {
	GotOver  int   // index of the later attempt with which the client got over this one, or with which a proxy did, or that this one gave it leave to send; or None
	Likely   bool  // its server carries WebSocket elsewhere in the run
	Legs     []int // other legs of the same attempt, upstream or downstream
	Upstream int   // among Legs, the one behind the proxy that answered this one, or None
	// Counter: another attempt had the same fault and was accepted.
	Counter bool
	// Proof: a later attempt of the same client without the fault, otherwise
	// equal, was accepted.
	Proof bool
	// Unneeded: an attempt that is such a proof carries the same credentials, or none
	// either: it proves nothing of them.
	Unneeded bool
	// Family: the address was of a loopback family on which nobody listened; the
	// other family was tried and accepted the connection.
	Family bool
	// Repeats is how many attempts of the same client at the same target, this one
	// included, were refused with 401 or 403 to the same credentials.
	Repeats int
	// Spelled: a like attempt that spells Connection and Upgrade in another way was
	// accepted, and this one got 400.
	Spelled bool
	// Behind: this leg is the one behind the proxy of another.
	Behind bool
	// Rewritten: the two legs ask for different paths.
	Rewritten bool
	// Spoiled: the leg behind the proxy got its 101, the other failed: without one, or
	// with one that may be another.
	Spoiled bool
	// Between: the cause found on the leg behind the proxy does not show on this one:
	// if it lies in the request, it came about between the two.
	Between bool
	// Changed: this leg is the one behind, and its cause does not show in front.
	Changed bool
}

// Attempts are the attempts of a run in order of Start, at most 1<<32-1.
type Attempts interface {
	Len() int
	At(i int) *Attempt
}

// List is a slice of attempts.
type List []Attempt

// Len implements Attempts.
func (l List) Len() int { return len(l) }

// At implements Attempts.
func (l List) At(i int) *Attempt { return &l[i] }

// Relations tell the relations of all attempts of a run. What they hold is an
// index of what is asked for alone, since most attempts of most captures were
// accepted and are related to nothing: at most about 50 bytes per attempt. They
// are used by one goroutine, but for Tell.
type Relations struct {
	d      *Digests
	all    Attempts
	faults rules.RuleSet
	// unclear: some attempt is not known to be WebSocket.
	unclear bool

	refused   numbers[addr]   // clients whose retry is looked for
	accepted  grouped[uint32] // accepted attempts, by number of their client among those
	unreached []uint32        // attempts that were answered by 502 to 504, or not; until legs are joined
	proxies   numbers[addr]   // who answered them
	dialled   grouped[uint32] // attempts on unusable connections, by number of their client among those
	places    numbers[place]
	byPlace   grouped[sibling] // accepted WebSocket attempts, by number of their place; where one failed
	firedAt   []rules.RuleSet  // what fired in them, by number of their place
	carriers  map[place]struct{}
	likely    []bool   // by number of a manner: its host carries WebSocket
	refusals  []uint64 // digests of what was tried by those refused, ascending
	keys      keyIndex
	legs      legs

	rel Relation // what Of gives
}

// place is a server, and a path on it or 0.
type place struct {
	path   uint64
	server addr
	port   uint16
}

func serverOf(a *Attempt) place { return place{server: a.server, port: a.serverPort} }

func placeOf(a *Attempt) place { return place{a.path, a.server, a.serverPort} }

// Relate compares all attempts, which were made by d. faults are the rules about
// requests: two requests with the same ones among them count as otherwise equal.
// The attempts must not change while the Relations are in use.
func (d *Digests) Relate(all Attempts, faults rules.RuleSet, both Both) *Relations {
	r := &Relations{d: d, all: all, faults: faults}
	r.refused.hash = func(a addr) uint64 { return d.fold(uint64(a), 0) }
	r.proxies.hash = r.refused.hash
	r.places.hash = func(p place) uint64 { return d.fold(p.path, uint64(p.server)<<16^uint64(p.port)) }
	both(r.index, func() { r.keys.index(all) })
	r.joinAll()
	return r
}

// Both runs two functions that have nothing to do with each other, in turn or at once.
type Both func(a, b func())

// InTurn runs one function after the other.
func InTurn(a, b func()) {
	a()
	b()
}

// Of gives the relation of the attempt at an index. It is valid until the next
// call.
func (r *Relations) Of(i int) *Relation {
	r.Tell(i, &r.rel)
	return &r.rel
}

// Tell writes the relation of the attempt at an index to rel, in whose memory it may
// be. Several goroutines may ask at once.
func (r *Relations) Tell(i int, rel *Relation) {
	*rel = Relation{GotOver: None, Upstream: None, Legs: rel.Legs[:0]}
	r.relate(i, rel)
	r.legs.of(i, rel)
}

// refusal gives a digest of the credentials that a client tried on a target, if there
// were some and they were refused.
func (d *Digests) refusal(a *Attempt) (uint64, bool) {
	if a.Meant != analyzer.Yes || a.Status != 401 && a.Status != 403 || a.secrets == d.digest("") {
		return 0, false
	}
	at := d.fold(d.fold(a.target, uint64(a.client)), uint64(a.serverPort))
	return d.fold(at, a.secrets), true
}
