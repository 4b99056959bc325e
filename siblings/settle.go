package siblings

import (
	"sort"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// loopAt is how many refusals of the same credentials make a loop.
const loopAt = 3

// relate compares attempt i with all but its legs.
func (r *Relations) relate(i int, out *Relation) {
	a := r.all.At(i)
	if a.wentWell() {
		return
	}
	if a.Meant != analyzer.Yes {
		_, carries := r.carriers[serverOf(a)]
		out.Likely = carries || r.likely[a.manner]
	}
	if a.Outcome.Failed() {
		r.gotOver(i, a, out)
		if a.Cause >= 0 {
			r.weigh(i, a, out)
		}
	}
	if n := r.repeats(a); n >= loopAt {
		out.Repeats = n
	}
}

// retriesSeen bounds the accepted attempts of a client among which its retry is
// looked for.
const retriesSeen = 1024

// gotOver looks for the attempt with which the client got over this one.
func (r *Relations) gotOver(i int, a *Attempt, out *Relation) {
	if !r.retries(a) {
		return
	}
	r.gotOverBy(a.client, i, a, out)
	if other := a.client.family(); other != a.client {
		r.gotOverBy(other, i, a, out)
	}
}

// retries reports whether there is a kind of retry that can overcome the refusal
// of a.
func (r *Relations) retries(a *Attempt) bool {
	switch {
	case a.Outcome == analyzer.ConnectFailed:
		return true
	case a.Outcome == analyzer.Redirected:
		return r.d.manners.list[a.manner].next != 0
	case a.connect:
		return a.Status == 407
	case a.Outcome == analyzer.Reset || a.Outcome == analyzer.Closed:
		return r.d.manners.list[a.manner].http2
	}
	return a.Status == 401 || a.Status == 407 || a.Status == 426 || a.Status == 400
}

func (r *Relations) gotOverBy(client addr, i int, a *Attempt, out *Relation) {
	c, _ := r.refused.find(client) // it was entered for a
	later := after(r.accepted.of(c), i)
	for _, k := range later[:min(len(later), retriesSeen)] {
		j := int(k)
		b := r.all.At(j)
		if b.Start-a.Start > retryWindow || out.GotOver != None && j > out.GotOver {
			return
		}
		if gets, family := r.overcomes(a, b); gets {
			out.GotOver, out.Family, out.Likely = j, family, a.Meant != analyzer.Yes
			return
		}
	}
}

// overcomes reports whether b, which was accepted, is the retry that the refusal
// of a asked for: credentials after a 401 or 407, the place a redirect named, another
// version after a version list, another address after a failed connection, HTTP/1.1 after
// a stream of HTTP/2 was reset.
func (r *Relations) overcomes(a, b *Attempt) (gets, family bool) {
	x, y := &r.d.manners.list[a.manner], &r.d.manners.list[b.manner]
	switch {
	case a.Outcome == analyzer.ConnectFailed:
		retried := b.serverPort == a.serverPort && b.Start-a.Start <= familyWindow
		return retried, retried && b.server != a.server && r.d.loopback(a.server) && r.d.loopback(b.server)
	case a.Outcome == analyzer.Redirected:
		return x.next != 0 && x.next == b.target, false
	case a.connect:
		return a.Status == 407 && y.through == a.target, false
	case a.Outcome == analyzer.Reset || a.Outcome == analyzer.Closed:
		return x.http2 && !y.http2 && b.target == a.target, false
	case a.Status == 401 || a.Status == 407:
		return b.target == a.target && b.secrets != a.secrets, false
	case a.Status == 426 || a.Status == 400:
		return b.target == a.target && y.version != x.version, false
	}
	return false, false
}

// after gives the part of an ascending list that lies behind i.
func after(list []uint32, i int) []uint32 {
	return list[sort.Search(len(list), func(k int) bool { return int(list[k]) > i }):]
}

// siblingsSeen bounds the siblings that are looked at on each side.
const siblingsSeen = 256

// sibling is an accepted attempt to a place where another failed: there are many
// for each of those, so what is compared first lies together.
type sibling struct {
	client   addr
	i, fired uint32
}

// weigh looks for accepted attempts to the same place that had the same fault,
// or lacked nothing but it.
func (r *Relations) weigh(i int, a *Attempt, out *Relation) {
	p, _ := r.places.find(placeOf(a)) // it was entered for a
	list := r.byPlace.of(p)
	at := sort.Search(len(list), func(k int) bool { return int(list[k].i) > i })
	later := list[at:min(len(list), at+siblingsSeen)]
	later = later[:r.begun(later, a.Start+siblingWindow)]
	same := r.firedAt[p].Has(int(a.Cause))
	if !same {
		r.later(a, later, out)
		return
	}
	for k := range later {
		r.compare(a, &later[k], same, out)
	}
	earlier := list[max(0, at-siblingsSeen):at]
	earlier = earlier[r.begun(earlier, a.Start-siblingWindow-1):]
	for k := 0; k < len(earlier) && !out.Counter; k++ {
		out.Counter = r.d.fired.list[earlier[k].fired].Has(int(a.Cause))
	}
}

// later compares a with accepted attempts after it none of which had the same fault:
// mostly only those of its own client may say anything.
func (r *Relations) later(a *Attempt, list []sibling, out *Relation) {
	every := a.Status == 400
	for k := range list {
		if s := &list[k]; every || s.client == a.client {
			r.compare(a, s, false, out)
		}
	}
}

// begun is how many of a list began at a time or before it.
func (r *Relations) begun(list []sibling, time int64) int {
	start := func(k int) int64 { return r.all.At(int(list[k].i)).Start }
	switch n := len(list); {
	case n == 0 || start(0) > time:
		return 0
	case start(n-1) <= time:
		return n
	default:
		return sort.Search(n, func(k int) bool { return start(k) > time })
	}
}

// compare compares a with an accepted attempt after it. same says whether that may
// have had the same fault.
func (r *Relations) compare(a *Attempt, s *sibling, same bool, out *Relation) {
	if a.Status == 400 {
		x, y := &r.d.manners.list[a.manner], &r.d.manners.list[r.all.At(int(s.i)).manner]
		out.Spelled = out.Spelled || x.tokens != y.tokens && x.version == y.version
	}
	if same && r.d.fired.list[s.fired].Has(int(a.Cause)) {
		out.Counter = true
	} else if s.client == a.client && !out.Proof {
		b := r.all.At(int(s.i))
		out.Proof = b.target == a.target && r.noMore(r.d.Fired(b), r.d.Fired(a))
		out.Unneeded = out.Proof && b.secrets == a.secrets
	}
}

// noMore reports whether b has no request-side fault that a lacks.
func (r *Relations) noMore(b, a *rules.RuleSet) bool {
	for w := range b {
		if b[w]&^a[w]&r.faults[w] != 0 {
			return false
		}
	}
	return true
}
