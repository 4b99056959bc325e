package siblings

import (
	"cmp"
	"slices"
	"sort"

	"github.com/handshark/handshark/analyzer"
)

// legsSeen bounds the attempts with the same key that are looked at before and
// behind one. A key that more attempts have is a constant of the client.
const legsSeen = 64

// legs holds the legs of attempts that have some, in about 20 bytes each.
type legs struct {
	links  []link
	states []legState // by attempt; nil while there are no links
}

// link is a leg of an attempt.
type link struct{ of, leg uint32 }

// legState is what the legs say of an attempt.
type legState struct {
	upstream                   uint32 // 1 + index; 0 = none
	count                      uint8  // of legs, as far as it goes
	behind, rewritten, spoiled bool
	between, changed           bool
	granted                    bool // upstream names what came of it: this was a question for leave, or a try
}

// at gives the state of an attempt for writing; n is how many there are.
func (l *legs) at(i, n int) *legState {
	if l.states == nil {
		l.states = make([]legState, n)
	}
	return &l.states[i]
}

func (l *legs) join(i, leg, n int) {
	s := l.at(i, n)
	s.count = min(s.count, 254) + 1
	l.links = append(l.links, link{uint32(i), uint32(leg)})
}

// sort brings the links into the order of attempts; those of one stay as they are.
func (l *legs) sort() {
	slices.SortStableFunc(l.links, func(a, b link) int { return cmp.Compare(a.of, b.of) })
}

// of writes what the legs say of an attempt.
func (l *legs) of(i int, rel *Relation) {
	if l.states == nil {
		return
	}
	s := &l.states[i]
	if rel.Upstream = int(s.upstream) - 1; s.granted {
		rel.GotOver, rel.Upstream = rel.Upstream, None
	}
	rel.Behind, rel.Rewritten, rel.Spoiled = s.behind, s.rewritten, s.spoiled
	rel.Between, rel.Changed = s.between, s.changed
	if s.count == 0 {
		return
	}
	from := sort.Search(len(l.links), func(k int) bool { return int(l.links[k].of) >= i })
	for ; from < len(l.links) && int(l.links[from].of) == i; from++ {
		rel.Legs = append(rel.Legs, int(l.links[from].leg))
	}
}

// joinAll joins the legs of all attempts: they have the same key, or one was answered by
// a proxy that did not get to its server.
func (r *Relations) joinAll() {
	list := r.unreached
	for _, k := range r.keys.list {
		list = append(list, k.i)
	}
	slices.Sort(list)
	for _, i := range slices.Compact(list) {
		r.joinLegs(int(i))
	}
	r.unreached = nil
	r.legs.sort()
}

// joinLegs joins the connections of one attempt on both sides of a proxy: equal
// keys, or a connection that the answering proxy could not make use of while it
// had the request.
func (r *Relations) joinLegs(i int) {
	a, n := r.all.At(i), r.all.Len()
	behind := len(r.legs.links)
	if a.hasKey {
		for _, k := range r.keys.near(i, a.key, legsSeen) {
			j := int(k.i)
			if b := r.all.At(j); j != i && near(a.Start, b.Start, legWindow) && isLeg(a, b) {
				r.legs.join(i, j, n)
				r.legs.at(i, n).grants(j, a, b)
			}
		}
	}
	if !r.legs.granted(i) && !r.upstreamOf(i, a, r.legs.links[behind:]) && (unreached(a) || hungUp(a)) {
		r.dialledFor(i, a)
	}
}

// upstreamOf finds the leg behind the proxy among those of attempt i, and whether the
// cause found there does not show in front. Where there are several, all have to say so,
// and the leg is the first that was answered as the attempt was, or else the last: before
// it a proxy may have asked others, for leave or in vain.
func (r *Relations) upstreamOf(i int, a *Attempt, own []link) bool {
	// What was accepted in front was not changed on the way, so a leg that failed is not its own.
	n, alone, between, found := r.all.Len(), !r.shared(a, own), a.Status != 101, None
	for _, l := range own {
		b := r.all.At(int(l.leg))
		if !isUpstream(a, b) || unexpected(a, b) {
			continue
		}
		if found == None || r.all.At(found).Status != a.Status {
			found = int(l.leg)
		}
		between = between && b.Cause >= 0 && !r.d.Fired(a).Has(int(b.Cause))
	}
	if found == None {
		return false
	}
	r.retried(a, own, found)
	alone = alone && !r.claimed(i, a, r.all.At(found))
	between = between && alone
	front := r.legs.at(i, n)
	front.answeredBy(found, a, r.all.At(found), alone, r.legs.at(found, n))
	front.between = between
	r.legs.at(int(front.upstream-1), n).changed = between
	return true
}

// shared reports whether others asked the same server with the key of attempt a: it is
// a constant, and which of them the leg behind is for, nobody can tell.
func (r *Relations) shared(a *Attempt, own []link) bool {
	return slices.ContainsFunc(own, func(l link) bool { return serverOf(r.all.At(int(l.leg))) == serverOf(a) })
}

// unexpected reports whether a proxy failed for what it was answered on another path: as
// nginx does where auth_request gets something else than leave, 401 or 403.
func unexpected(a, b *Attempt) bool {
	return a.Status == 500 && b.Status >= 400 && b.Status < 500 && a.path != b.path
}

// retried notes that a proxy got over the legs that failed, where the one that was found
// is what its client was accepted by: it tried another server, or sent copies.
func (r *Relations) retried(a *Attempt, own []link, found int) {
	b := r.all.At(found)
	if a.Outcome.Failed() || b.Outcome.Failed() || b.Status != 101 {
		return
	}
	for _, l := range own {
		c := r.all.At(int(l.leg))
		if int(l.leg) != found && c.Outcome.Failed() && c.client == b.client && mayHaveTried(a, c) {
			*r.legs.at(int(l.leg), r.all.Len()) = legState{upstream: uint32(found + 1), count: r.legs.states[l.leg].count, granted: true}
		}
	}
}

// claimed reports whether the same client asked the same server with the key of attempt
// i another time, for which b may be as well: the key is a constant.
func (r *Relations) claimed(i int, a, b *Attempt) bool {
	return slices.ContainsFunc(r.keys.near(i, a.key, legsSeen), func(k keyed) bool {
		c := r.all.At(int(k.i))
		return int(k.i) != i && !isLeg(a, c) && isUpstream(c, b)
	})
}

// mayHaveTried reports whether the proxy that answered a may have asked c for it.
func mayHaveTried(a, c *Attempt) bool {
	return c.client == a.server && c.Asked >= a.Asked-disorder && c.Start <= a.End+disorder
}

// isUpstream reports whether b may be what a proxy made of attempt a, which it has to
// do before a is answered.
func isUpstream(a, b *Attempt) bool {
	return mayHaveTried(a, b) && b.Asked >= a.Asked && (apart(a, b) || within(a, b))
}

// apart reports whether the addresses tell which of two legs is the one in front. They
// do not where the proxy and what it asks share one: a may then be what the proxy asked
// before b.
func apart(a, b *Attempt) bool { return a.client != b.client && a.client != b.server }

// within reports whether b was asked while a waited for its answer.
func within(a, b *Attempt) bool {
	return b.Asked < a.End && (b.Asked > a.Asked || b.End < a.End)
}

// inTime reports whether b was answered early enough for a, the leg in front of it, to
// be answered by that: else whoever asked gave up, or it was not asked for a.
func inTime(a, b *Attempt) bool {
	if apart(a, b) {
		return b.End <= a.End+disorder
	}
	return b.End <= a.End
}

// answeredBy notes that attempt a has its upstream leg in attempt b, number j. A 101
// of which the capture does not tell whether it was in order spoils nothing, nor does
// a proxy spoil one that the network lost. Whether two 101 are the same, only their
// fields tell. alone: no other attempt has the key.
func (s *legState) answeredBy(j int, a, b *Attempt, alone bool, back *legState) {
	s.upstream, alone = uint32(j+1), alone && inTime(a, b)
	s.rewritten = alone && a.path != b.path && a.Status == b.Status && knowsNoPath(b.Status)
	s.spoiled = alone && a.Outcome.Failed() && !lost101(a) && !lost101(b) && b.Status == 101 && b.Outcome != analyzer.Incomplete
	back.behind, back.rewritten, back.spoiled = true, s.rewritten, s.spoiled
}

// knowsNoPath reports whether a status may be the answer to a path that a server does not
// know. What asks for credentials, sends elsewhere or fails is about something else, and
// comes as well from a server that the proxy asks whether to let a request through.
func knowsNoPath(status int16) bool {
	return status >= 400 && status < 500 && status != 401 && status != 407
}

// asksLeave reports whether a is what a proxy asked an authorization service before it
// sent b: a request for another path, with the fields of the client's, that was granted
// before b was asked.
func asksLeave(a, b *Attempt) bool {
	return a.Status >= 200 && a.Status < 300 && a.client == b.client && a.path != b.path &&
		follows(a, b) && b.Asked-a.End <= answerWithin
}

// follows reports whether b was asked after a was answered. The packets of the two may be
// out of order: what was asked for a is answered before a is.
func follows(a, b *Attempt) bool {
	return b.Asked >= a.End || b.Asked > a.End-disorder && b.Status != 0 && b.End > a.End
}

// grants notes that attempt a was the question for leave to send b, number j.
func (s *legState) grants(j int, a, b *Attempt) {
	if a.Outcome.Failed() && !s.granted && asksLeave(a, b) {
		s.upstream, s.granted = uint32(j+1), true
	}
}

// granted reports whether attempt i was a question for leave to send another.
func (l *legs) granted(i int) bool { return l.states != nil && l.states[i].granted }

// lost101 reports whether a 101 did not arrive, not for the doing of who sent it.
func lost101(a *Attempt) bool { return a.Status == 101 && a.Outcome == analyzer.NoResponse }

// isLeg reports whether two connections may lie on both sides of a proxy. One
// client that asks the same server again, with the same key, is none.
func isLeg(a, b *Attempt) bool {
	return b.server != a.server || b.serverPort != a.serverPort || b.client != a.client
}

// dialledFor looks for the connection that the proxy could not make use of while it
// had the request; more than one server is no proof.
func (r *Relations) dialledFor(i int, a *Attempt) {
	found := None
	p, _ := r.proxies.find(a.server) // it was entered for a
	list := r.dialled.of(p)
	from := sort.Search(len(list), func(k int) bool { return r.all.At(int(list[k])).Start >= a.Asked-disorder })
	for _, j := range list[from:min(len(list), from+siblingsSeen)] {
		b := r.all.At(int(j))
		if b.Start > a.End+disorder {
			break
		}
		if int(j) == i || serverOf(b) == serverOf(a) || !answeredFor(a, b) || hungUp(a) && !r.hungUpFor(i, a, b) {
			continue
		}
		if found != None && serverOf(r.all.At(found)) != serverOf(b) {
			return
		}
		found = int(j)
	}
	if found == None {
		return
	}
	n := r.all.Len()
	r.legs.at(i, n).upstream = uint32(found + 1)
	r.legs.join(i, found, n)
	if r.legs.at(found, n).count < legsSeen {
		r.legs.join(found, i, n)
	}
}

// answeredFor reports whether a proxy may have answered a because of connection b: it
// does so as soon as that has failed, or when it has tried for long enough.
func answeredFor(a, b *Attempt) bool {
	tried := b.End-b.Start >= answerWithin
	return tried || a.End-b.End <= answerWithin
}

// hungUpFor reports whether a proxy may have hung up on attempt i because its connection b
// was refused, and on nobody else: unlike a status, the end of a connection does not say
// what it is about.
func (r *Relations) hungUpFor(i int, a, b *Attempt) bool {
	return b.Outcome == analyzer.ConnectFailed && b.Start >= a.Asked && b.End <= a.End &&
		b.End-b.Start < answerWithin && a.End-b.End <= hungUpWithin && r.asksAlone(i, a)
}

// asksAlone reports whether no other attempt at the host of attempt i waited for an answer
// when that did. Where more attempts lie around it than are looked at, nobody knows.
func (r *Relations) asksAlone(i int, a *Attempt) bool {
	first, last := max(0, i-siblingsSeen), min(r.all.Len()-1, i+siblingsSeen)
	for j := first; j <= last; j++ {
		c := r.all.At(j)
		if j != i && c.server == a.server && c.Outcome != analyzer.ConnectFailed && !c.Lookup &&
			c.Asked <= a.End+disorder && c.End >= a.Asked-disorder {
			return false
		}
	}
	return (first == 0 || r.all.At(first).Start < a.Asked-legWindow) &&
		(last == r.all.Len()-1 || r.all.At(last).Start > a.End+disorder)
}

func near(a, b, window int64) bool { return a-b <= window && b-a <= window }
