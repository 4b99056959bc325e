package siblings

import (
	"sort"
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
}

// Relate compares all attempts, which must be in order of Start. The relations
// have the indexes of the attempts. faults are the rules about requests: two
// requests with the same ones among them count as otherwise equal.
func Relate(all []Attempt, faults rules.RuleSet) []Relation {
	r := relater{all: all, out: make([]Relation, len(all)), faults: faults}
	r.index()
	for i := range all {
		r.out[i] = Relation{GotOver: None, Upstream: None}
		r.relate(i)
	}
	for i := range all {
		r.legs(i)
	}
	return r.out
}

// relater holds the indexes over all attempts.
type relater struct {
	all      []Attempt
	out      []Relation
	faults   rules.RuleSet
	accepted map[capture.Addr][]int // by client
	byPlace  map[place][]int        // WebSocket attempts by server and path
	carriers map[capture.Endpoint]bool
	hosts    map[uint64]bool
	byKey    map[uint64][]int
	dialled  map[capture.Addr][]int // attempts without a connection, by client
}

// place is a server and a path on it.
type place struct {
	server capture.Endpoint
	path   uint64
}

func (r *relater) index() {
	r.accepted, r.byPlace = map[capture.Addr][]int{}, map[place][]int{}
	r.carriers, r.hosts = map[capture.Endpoint]bool{}, map[uint64]bool{}
	r.byKey, r.dialled = map[uint64][]int{}, map[capture.Addr][]int{}
	for i := range r.all {
		r.enter(i, &r.all[i])
	}
}

func (r *relater) enter(i int, a *Attempt) {
	if a.Outcome == analyzer.Established {
		r.accepted[a.Client.Addr] = append(r.accepted[a.Client.Addr], i)
	}
	if a.HasKey {
		r.byKey[a.Key] = append(r.byKey[a.Key], i)
	}
	if a.Outcome == analyzer.ConnectFailed {
		r.dialled[a.Client.Addr] = append(r.dialled[a.Client.Addr], i)
	}
	if a.Meant != analyzer.Yes {
		return
	}
	p := place{a.Server, a.Path}
	r.byPlace[p] = append(r.byPlace[p], i)
	r.carriers[a.Server] = true
	if a.Host != 0 {
		r.hosts[a.Host] = true
	}
	if a.Through != 0 {
		r.hosts[a.Through] = true
	}
}

func (r *relater) relate(i int) {
	a, out := &r.all[i], &r.out[i]
	if a.Meant != analyzer.Yes {
		out.Likely = r.carriers[a.Server] || a.Host != 0 && r.hosts[a.Host]
	}
	if !a.Outcome.Failed() {
		return
	}
	r.gotOver(i, a, out)
	if a.Cause >= 0 {
		r.weigh(i, a, out)
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
			b := &r.all[j]
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
		b := &r.all[j]
		if b.Start-a.Start > siblingWindow || out.Counter && out.Proof {
			break
		}
		r.compare(a, b, out)
	}
	earlier := list[:len(list)-len(later)]
	for k := len(earlier) - 1; k >= max(0, len(earlier)-siblingsSeen); k-- {
		b := &r.all[earlier[k]]
		if a.Start-b.Start > siblingWindow || out.Counter {
			break
		}
		if b.Outcome == analyzer.Established && b.Fired.Has(int(a.Cause)) {
			out.Counter = true
		}
	}
}

func (r *relater) compare(a, b *Attempt, out *Relation) {
	if b.Outcome != analyzer.Established {
		return
	}
	if b.Fired.Has(int(a.Cause)) {
		out.Counter = true
	} else if b.Client.Addr == a.Client.Addr && b.Target == a.Target && r.noMore(&b.Fired, &a.Fired) {
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

// legsSeen bounds the attempts with the same key that are looked at before and
// behind one. A key that more attempts have is a constant of the client.
const legsSeen = 64

// sameKey gives the attempts near i, in time, that have its key.
func (r *relater) sameKey(i int) []int {
	list := r.byKey[r.all[i].Key]
	at := len(list) - len(after(list, i))
	return list[max(0, at-legsSeen):min(len(list), at+legsSeen)]
}

// legs joins the connections of one attempt on both sides of a proxy: equal
// keys, or a connection that the answering proxy could not open while it had
// the request.
func (r *relater) legs(i int) {
	a, out := &r.all[i], &r.out[i]
	if a.HasKey {
		for _, j := range r.sameKey(i) {
			if b := &r.all[j]; j != i && near(a.Start, b.Start, legWindow) && isLeg(a, b) {
				out.Legs = append(out.Legs, j)
				if b.Client.Addr == a.Server.Addr && b.Asked >= a.Asked && out.Upstream == None {
					out.Upstream = j
				}
			}
		}
	}
	if out.Upstream == None && a.Meant == analyzer.Yes && (a.Status == 502 || a.Status == 503 || a.Status == 504) {
		r.dialledFor(i, a, out)
	}
}

// isLeg reports whether two connections may lie on both sides of a proxy. One
// client that asks the same server again, with the same key, is none.
func isLeg(a, b *Attempt) bool {
	return b.Server != a.Server || b.Client.Addr != a.Client.Addr
}

// dialledFor looks for the connection that the proxy failed to open while it
// had the request; more than one server is no proof.
func (r *relater) dialledFor(i int, a *Attempt, out *Relation) {
	found := None
	list := r.dialled[a.Server.Addr]
	from := sort.Search(len(list), func(k int) bool { return r.all[list[k]].Start >= a.Asked-disorder })
	for _, j := range list[from:min(len(list), from+siblingsSeen)] {
		b := &r.all[j]
		if b.Start > a.End+disorder {
			break
		}
		if j == i || b.Server == a.Server {
			continue
		}
		if found != None && r.all[found].Server != b.Server {
			return
		}
		found = j
	}
	if found != None {
		out.Upstream = found
		out.Legs = append(out.Legs, found)
		if back := &r.out[found]; len(back.Legs) < legsSeen {
			back.Legs = append(back.Legs, i)
		}
	}
}

func near(a, b, window int64) bool { return a-b <= window && b-a <= window }
