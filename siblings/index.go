package siblings

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// grouped holds attempts, in order within each group. It is filled in two rounds:
// count all, then add all.
type grouped[T any] struct {
	ends  []uint32 // by group; until all are added, where the next one goes
	items []T
}

func (g *grouped[T]) count(group uint32) { g.ends[group]++ }

// room makes room for what was counted.
func (g *grouped[T]) room() {
	n := uint32(0)
	for i, c := range g.ends {
		g.ends[i] = n
		n += c
	}
	g.items = make([]T, n)
}

func (g *grouped[T]) add(group uint32, item T) {
	g.items[g.ends[group]] = item
	g.ends[group]++
}

func (g *grouped[T]) of(group uint32) []T {
	start := uint32(0)
	if group > 0 {
		start = g.ends[group-1]
	}
	return g.items[start:g.ends[group]]
}

// index enters what attempts will look for, their keys aside.
func (r *Relations) index() {
	n := r.all.Len()
	r.want()
	r.accepted.ends, r.dialled.ends = make([]uint32, len(r.refused.list)), make([]uint32, len(r.proxies.list))
	r.byPlace.ends = make([]uint32, len(r.places.list))
	r.firedAt = make([]rules.RuleSet, len(r.places.list))
	r.likely, r.carriers = make([]bool, len(r.d.manners.list)), map[place]struct{}{}
	looked := make([]wanted, n) // nothing is looked up twice
	for i := range n {
		looked[i] = r.count(r.all.At(i))
	}
	r.accepted.room()
	r.dialled.room()
	r.byPlace.room()
	for i := range n {
		r.enter(i, r.all.At(i), looked[i])
	}
	slices.Sort(r.refusals)
	r.carryHosts()
}

// wanted is what of an attempt others will look for: 1 + the number of its client among
// those whose retry, and of its place; 0 = nothing.
type wanted struct{ client, place uint32 }

// want notes what attempts will look for.
func (r *Relations) want() {
	for i := range r.all.Len() {
		a := r.all.At(i)
		r.unclear = r.unclear || a.Meant != analyzer.Yes
		if unreached(a) || hungUp(a) {
			r.proxies.of(a.server)
			r.unreached = append(r.unreached, uint32(i))
		}
		if !a.Outcome.Failed() {
			continue
		}
		if r.retries(a) {
			r.refused.of(a.client)
			r.refused.of(a.client.family())
		}
		if a.Cause >= 0 {
			r.places.of(placeOf(a))
		}
	}
}

// unreached reports whether a proxy said that it did not get to the server.
func unreached(a *Attempt) bool {
	return a.Meant == analyzer.Yes && (a.Status == 502 || a.Status == 503 || a.Status == 504)
}

// hungUp reports whether a request got no answer but the end of its connection: of a proxy
// that did not get to its server some say no more.
func hungUp(a *Attempt) bool {
	return a.Meant == analyzer.Yes && a.Status == 0 && a.ended && (a.Outcome == analyzer.Closed || a.Outcome == analyzer.Reset)
}

// unusable reports whether a connection failed before any request could be sent: no
// TCP, no TLS, or another protocol than the server's.
func unusable(a *Attempt) bool {
	return a.Outcome == analyzer.ConnectFailed || a.Outcome == analyzer.TLSFailed ||
		a.Outcome.Failed() && a.Meant == analyzer.Unknown && !a.connect && !a.Lookup
}

// retrying gives the number of the client of an accepted attempt, where it will be
// looked for.
func (r *Relations) retrying(a *Attempt) (uint32, bool) {
	if a.Outcome != analyzer.Established {
		return 0, false
	}
	return r.refused.find(a.client)
}

// byProxy gives the number of the proxy that an attempt to no avail is from.
func (r *Relations) byProxy(a *Attempt) (uint32, bool) {
	if !unusable(a) {
		return 0, false
	}
	return r.proxies.find(a.client)
}

func (r *Relations) count(a *Attempt) (w wanted) {
	if c, ok := r.retrying(a); ok {
		r.accepted.count(c)
		w.client = c + 1
	}
	if p, ok := r.byProxy(a); ok {
		r.dialled.count(p)
	}
	if a.Meant != analyzer.Yes {
		return w
	}
	if p, ok := r.siblingsAt(a); ok {
		r.byPlace.count(p)
		w.place = p + 1
	}
	if r.unclear {
		r.carriers[serverOf(a)] = struct{}{}
		r.likely[a.manner] = true
	}
	if digest, ok := r.d.refusal(a); ok {
		r.refusals = append(r.refusals, digest)
	}
	return w
}

// siblingsAt gives the number of the place of an accepted attempt, where others
// will look for it.
func (r *Relations) siblingsAt(a *Attempt) (uint32, bool) {
	if a.Outcome != analyzer.Established || a.Meant != analyzer.Yes {
		return 0, false
	}
	return r.places.find(placeOf(a))
}

func (r *Relations) enter(i int, a *Attempt, w wanted) {
	if w.client > 0 {
		r.accepted.add(w.client-1, uint32(i))
	}
	if p, ok := r.byProxy(a); ok {
		r.dialled.add(p, uint32(i))
	}
	if w.place > 0 {
		p := w.place - 1
		r.byPlace.add(p, sibling{a.client, uint32(i), a.fired})
		for k, set := range r.d.Fired(a) {
			r.firedAt[p][k] |= set
		}
	}
}

// carryHosts turns the manners in which WebSocket was asked for into those whose
// host carries WebSocket.
func (r *Relations) carryHosts() {
	hosts := map[uint64]bool{}
	for n, asked := range r.likely {
		if m := &r.d.manners.list[n]; asked {
			hosts[m.host], hosts[m.through] = true, true
		}
	}
	for n := range r.likely {
		host := r.d.manners.list[n].host
		r.likely[n] = host != 0 && hosts[host]
	}
}

// repeats counts the refusals of the same credentials as those of a.
func (r *Relations) repeats(a *Attempt) int {
	digest, ok := r.d.refusal(a)
	if !ok {
		return 0
	}
	from, _ := slices.BinarySearch(r.refusals, digest)
	return sort.Search(len(r.refusals)-from, func(k int) bool { return r.refusals[from+k] > digest })
}

// keyIndex finds the attempts whose keys others have too.
type keyIndex struct {
	list []keyed // ascending
}

// seenKeys tells keys that may recur from those that do not.
type seenKeys struct {
	bits  []uint64 // by the first bits of a key, two bits: seen, seen again
	shift int
}

// keyed is an attempt with its key.
type keyed struct {
	key uint64
	i   uint32
}

// keySlots is how many pairs of bits there are for each attempt: with eight, one
// key in eight is taken for one that recurs.
const keySlots = 8

func seenKeysOf(n int) seenKeys {
	size := bits.Len(uint(max(n, 8)*keySlots - 1))
	return seenKeys{make([]uint64, 1<<size/32), 64 - size}
}

func (x *seenKeys) see(key uint64) {
	at := key >> x.shift
	first := uint64(1) << (at % 32 * 2)
	x.bits[at/32] |= first | x.bits[at/32]&first<<1
}

// recurs reports whether another attempt may have the same key: false is certain.
func (x *seenKeys) recurs(key uint64) bool {
	at := key >> x.shift
	return x.bits[at/32]>>(at%32*2+1)&1 != 0
}

// index enters the attempts.
func (x *keyIndex) index(all Attempts) {
	n := all.Len()
	seen := seenKeysOf(n)
	for i := range n {
		if a := all.At(i); a.hasKey {
			seen.see(a.key)
		}
	}
	for i := range n {
		if a := all.At(i); a.hasKey && seen.recurs(a.key) {
			x.list = append(x.list, keyed{a.key, uint32(i)})
		}
	}
	slices.SortFunc(x.list, compareKeyed)
	x.list = shared(x.list)
}

// shared drops the keys that only one attempt has.
func shared(list []keyed) []keyed {
	kept := list[:0]
	for i := range list {
		if i > 0 && list[i-1].key == list[i].key || i+1 < len(list) && list[i+1].key == list[i].key {
			kept = append(kept, list[i])
		}
	}
	return kept
}

func compareKeyed(a, b keyed) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.i, b.i))
}

// near gives the attempts with the key of attempt i around it, itself included, if
// there are any: at most so many on each side.
func (x *keyIndex) near(i int, key uint64, most int) []keyed {
	at, found := slices.BinarySearchFunc(x.list, keyed{key, uint32(i)}, compareKeyed)
	if !found {
		return nil
	}
	from, to := at, at+1
	for from > 0 && at-from < most-1 && x.list[from-1].key == key {
		from--
	}
	for to < len(x.list) && to-at <= most && x.list[to].key == key {
		to++
	}
	return x.list[from:to]
}
