package siblings

import (
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
)

// Windows within which attempts belong together.
const (
	retryWindow   = int64(time.Minute)      // a retry that gets over a refusal
	familyWindow  = int64(10 * time.Second) // the same name on another address
	legWindow     = int64(10 * time.Second) // two legs of one attempt
	siblingWindow = int64(10 * time.Minute) // attempts that speak for or against a cause
	disorder      = int64(time.Millisecond) // how far packets may be out of order in a capture
)

// None is the index of no attempt.
const None = -1

// Relation is what the other attempts of a run say of one.
type Relation struct {
	GotOver  int   // index of the later attempt with which the client got over this one, or None
	Likely   bool  // its server carries WebSocket elsewhere in the run
	Legs     []int // other legs of the same attempt, upstream or downstream
	Upstream int   // among Legs, the one behind the proxy that answered this one, or None
	// Counter: another attempt had the same fault and was accepted.
	Counter bool
	// Proof: a later attempt of the same client without the fault, otherwise
	// equal, was accepted.
	Proof bool
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
	// Spoiled: the leg behind the proxy got its 101, the other did not get it whole.
	Spoiled bool
}

// Attempts are the attempts of a run in order of Start.
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

// Relations are the relations of all attempts of a run.
type Relations struct{ of map[int]*Relation }

// unrelated is the Relation of an attempt to which no other has anything to say.
var unrelated = Relation{GotOver: None, Upstream: None}

// Of gives the relation of the attempt at an index. The caller must not change
// it.
func (r *Relations) Of(i int) *Relation {
	if rel := r.of[i]; rel != nil {
		return rel
	}
	return &unrelated
}

// Relate compares all attempts, which were made by d. faults are the rules about
// requests: two requests with the same ones among them count as otherwise equal.
func (d *Digests) Relate(all Attempts, faults rules.RuleSet) *Relations {
	r := relater{d: d, all: all, out: map[int]*Relation{}, faults: faults}
	r.index()
	for i := range all.Len() {
		r.relate(i)
	}
	for i := range all.Len() {
		r.legs(i)
	}
	return &Relations{r.out}
}

// relater holds the indexes over all attempts. They hold what is asked for alone:
// most attempts of most captures were accepted and related to nothing.
type relater struct {
	d        *Digests
	all      Attempts
	out      map[int]*Relation
	faults   rules.RuleSet
	accepted map[capture.Addr][]int // accepted attempts of clients that failed
	byPlace  map[place][]int        // accepted WebSocket attempts by server and path, where one failed
	carriers map[capture.Endpoint]bool
	hosts    map[uint64]bool
	firstKey map[uint64]int32       // the first attempt of each key
	byKey    map[uint64][]int       // attempts of the keys that several have
	dialled  map[capture.Addr][]int // attempts without a connection, by client
	refused  map[credentials]int    // refusals of the same credentials
}

// credentials is what a client tried on a target.
type credentials struct {
	client          capture.Addr
	target, secrets uint64
}

// loopAt is how many refusals of the same credentials make a loop.
const loopAt = 3

func refusal(a *Attempt) (credentials, bool) {
	return credentials{a.Client.Addr, a.Target, a.Secrets}, a.Meant == analyzer.Yes && (a.Status == 401 || a.Status == 403)
}

// place is a server and a path on it.
type place struct {
	server capture.Endpoint
	path   uint64
}

func (r *relater) index() {
	n := r.all.Len()
	r.accepted, r.byPlace = map[capture.Addr][]int{}, map[place][]int{}
	r.carriers, r.hosts = map[capture.Endpoint]bool{}, map[uint64]bool{}
	r.firstKey, r.byKey = make(map[uint64]int32, n), map[uint64][]int{}
	r.dialled, r.refused = map[capture.Addr][]int{}, map[credentials]int{}
	for i := range n {
		r.want(r.all.At(i))
	}
	for i := range n {
		r.enter(i, r.all.At(i))
	}
	r.firstKey = nil
}

// want notes where a failed attempt looks for others.
func (r *relater) want(a *Attempt) {
	if !a.Outcome.Failed() {
		return
	}
	for _, addr := range clientsOf(a) {
		r.accepted[addr] = nil
	}
	if a.Cause >= 0 {
		r.byPlace[place{a.Server, a.Path}] = nil
	}
}

func (r *relater) enter(i int, a *Attempt) {
	if a.HasKey {
		r.enterKey(i, a.Key)
	}
	if a.Outcome == analyzer.ConnectFailed {
		r.dialled[a.Client.Addr] = append(r.dialled[a.Client.Addr], i)
	}
	if a.Outcome == analyzer.Established {
		if list, wanted := r.accepted[a.Client.Addr]; wanted {
			r.accepted[a.Client.Addr] = append(list, i)
		}
	}
	if a.Meant == analyzer.Yes {
		r.enterPlace(i, a)
	}
	if k, ok := refusal(a); ok {
		r.refused[k]++
	}
}

func (r *relater) enterKey(i int, key uint64) {
	first, again := r.firstKey[key]
	switch {
	case !again:
		r.firstKey[key] = int32(i)
	case r.byKey[key] == nil:
		r.byKey[key] = []int{int(first), i}
	default:
		r.byKey[key] = append(r.byKey[key], i)
	}
}

func (r *relater) enterPlace(i int, a *Attempt) {
	if a.Outcome == analyzer.Established {
		p := place{a.Server, a.Path}
		if list, wanted := r.byPlace[p]; wanted {
			r.byPlace[p] = append(list, i)
		}
	}
	r.carriers[a.Server] = true
	if a.Host != 0 {
		r.hosts[a.Host] = true
	}
	if a.Through != 0 {
		r.hosts[a.Through] = true
	}
}

// at gives the relation of an attempt for writing.
func (r *relater) at(i int) *Relation {
	rel := r.out[i]
	if rel == nil {
		c := unrelated
		rel = &c
		r.out[i] = rel
	}
	return rel
}

func (r *relater) relate(i int) {
	a := r.all.At(i)
	if a.Meant == analyzer.Yes && !a.Outcome.Failed() {
		return
	}
	out := unrelated
	if a.Meant != analyzer.Yes {
		out.Likely = r.carriers[a.Server] || a.Host != 0 && r.hosts[a.Host]
	}
	if a.Outcome.Failed() {
		r.gotOver(i, a, &out)
		if a.Cause >= 0 {
			r.weigh(i, a, &out)
		}
	}
	if k, ok := refusal(a); ok && r.refused[k] >= loopAt {
		out.Repeats = r.refused[k]
	}
	if out.Repeats > 0 || out.Spelled || out.Likely || out.GotOver != None || out.Counter || out.Proof {
		r.out[i] = &out
	}
}

// retriesSeen bounds the accepted attempts of a client among which its retry is
// looked for.
const retriesSeen = 1024

// gotOver looks for the attempt with which the client got over this one.
func (r *relater) gotOver(i int, a *Attempt, out *Relation) {
	for _, addr := range clientsOf(a) {
		later := after(r.accepted[addr], i)
		for _, j := range later[:min(len(later), retriesSeen)] {
			b := r.all.At(j)
			if b.Start-a.Start > retryWindow || out.GotOver != None && j > out.GotOver {
				break
			}
			if gets, family := overcomes(a, b); gets {
				out.GotOver, out.Family, out.Likely = j, family, a.Meant != analyzer.Yes
				break
			}
		}
	}
}

// clientsOf gives the addresses under which the same client may come again: its
// own, and on loopback the one of the other family.
func clientsOf(a *Attempt) []capture.Addr {
	own := a.Client.Addr
	switch {
	case own == loopback6:
		return []capture.Addr{own, loopback4}
	case own == loopback4:
		return []capture.Addr{own, loopback6}
	}
	return []capture.Addr{own}
}

var (
	loopback4 = capture.Addr{Lo: 0xffff_7f00_0001}
	loopback6 = capture.Addr{Lo: 1}
)

// overcomes reports whether b, which was accepted, is the retry that the refusal
// of a asked for: credentials after a 401 or 407, the place a redirect named, another
// version after a version list, another address after a failed connection.
func overcomes(a, b *Attempt) (gets, family bool) {
	switch {
	case a.Outcome == analyzer.ConnectFailed:
		retried := b.Server.Port == a.Server.Port && b.Start-a.Start <= familyWindow
		other := retried && b.Server.Addr != a.Server.Addr
		return retried, other && isLoopback(a.Server.Addr) && isLoopback(b.Server.Addr)
	case a.Outcome == analyzer.Redirected:
		return a.Next != 0 && a.Next == b.Target, false
	case a.Connect:
		return a.Status == 407 && b.Through == a.Target, false
	case a.Status == 401 || a.Status == 407:
		return b.Target == a.Target && b.Secrets != a.Secrets, false
	case a.Status == 426 || a.Status == 400:
		return b.Target == a.Target && b.Version != a.Version, false
	}
	return false, false
}

func isLoopback(a capture.Addr) bool { return a.Netip().IsLoopback() }

// after gives the part of an ascending list that lies behind i.
func after(list []int, i int) []int {
	lo, hi := 0, len(list)
	for lo < hi {
		if mid := (lo + hi) / 2; list[mid] > i {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return list[lo:]
}

// siblingsSeen bounds the siblings that are looked at on each side.
const siblingsSeen = 256

// weigh looks for accepted attempts to the same place that had the same fault,
// or lacked nothing but it.
func (r *relater) weigh(i int, a *Attempt, out *Relation) {
	list := r.byPlace[place{a.Server, a.Path}]
	later := after(list, i)
	for _, j := range later[:min(len(later), siblingsSeen)] {
		b := r.all.At(j)
		if b.Start-a.Start > siblingWindow || out.Counter && out.Proof {
			break
		}
		r.compare(a, b, out)
	}
	earlier := list[:len(list)-len(later)]
	for k := len(earlier) - 1; k >= max(0, len(earlier)-siblingsSeen); k-- {
		b := r.all.At(earlier[k])
		if a.Start-b.Start > siblingWindow || out.Counter {
			break
		}
		if b.Outcome == analyzer.Established && r.d.Fired(b).Has(int(a.Cause)) {
			out.Counter = true
		}
	}
}

func (r *relater) compare(a, b *Attempt, out *Relation) {
	if b.Outcome != analyzer.Established {
		return
	}
	out.Spelled = out.Spelled || a.Status == 400 && a.Tokens != b.Tokens && a.Version == b.Version
	if r.d.Fired(b).Has(int(a.Cause)) {
		out.Counter = true
	} else if b.Client.Addr == a.Client.Addr && b.Target == a.Target && r.noMore(r.d.Fired(b), r.d.Fired(a)) {
		out.Proof = true
	}
}

// noMore reports whether b has no request-side fault that a lacks.
func (r *relater) noMore(b, a *rules.RuleSet) bool {
	for w := range b {
		if b[w]&^a[w]&r.faults[w] != 0 {
			return false
		}
	}
	return true
}
