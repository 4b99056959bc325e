package diagnosis

import (
	"cmp"
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/siblings"
)

// Bounds of what a watch remembers: handshakes, and those that one is compared
// with.
const (
	recentKept     = 512
	recentOctets   = 16 << 20 // of their heads; half of them are forgotten beyond it
	recentCompared = 64
	legsKept       = 4 // other connections of one attempt
	ruleErrorsKept = 64
)

// recent remembers the last handshakes of a watch: what they say of a new one, and
// what that says of them.
type recent struct {
	ledger *ledger
	rels   []siblings.Relation // by entry of the ledger, as told so far
	recs   []*report.Handshake // by entry, as last handed on; nil: not
	sum    *summary
	octets int // of the heads of recs
}

func newRecent(l *ledger) *recent {
	l.again, l.spool.loose = true, 2*recentKept
	return &recent{ledger: l, sum: newSummary()}
}

// add takes a judged handshake and gives what is to be handed on: its record, and
// amended ones of handshakes before it.
func (r *recent) add(h *analyzer.Handshake, v *rules.Verdict, n naming) ([]*report.Record, error) {
	r.trim()
	var before *report.Handshake
	if h.Amends {
		before = r.remove(h.ID())
	}
	l := r.ledger
	l.add(h, v, n)
	r.rels = append(r.rels, siblings.Relation{GotOver: siblings.None, Upstream: siblings.None})
	r.recs = append(r.recs, nil)
	newest := l.entries.Len() - 1
	var out []*report.Record
	for _, i := range r.relate(newest) {
		if e := l.entries.at(i); e.form == hidden || noise(e, &r.rels[i]) {
			continue
		}
		rec, err := r.record(i)
		if err != nil {
			return out, err
		}
		old := r.recs[i]
		if i == newest {
			old = before
		}
		rec.Amends = old != nil
		r.count(old, rec.Handshake)
		if r.recs[i] == nil {
			r.octets += octetsOf(rec.Handshake)
		}
		r.recs[i] = rec.Handshake
		out = append(out, rec)
	}
	return out, nil
}

// record gives the record of entry i with what is known of it now.
func (r *recent) record(i int) (*report.Record, error) {
	return r.ledger.record(r.ledger.entries.at(i), &r.rels[i])
}

func (r *recent) count(before, now *report.Handshake) {
	if before != nil {
		r.sum.tally(before, -1)
	}
	r.sum.tally(now, 1)
}

// ended takes the end of a session. It gives an amended record if an idle timeout
// seems to have cut it, else nil.
func (r *recent) ended(end *analyzer.SessionEnd) (*report.Record, error) {
	l := r.ledger
	l.ended(end)
	id := uint64(end.ID)
	if _, cut := l.cut[id]; !cut {
		return nil, nil
	}
	i := r.find(id)
	if i < 0 || r.recs[i] == nil {
		delete(l.cut, id)
		return nil, nil
	}
	rec, err := r.record(i)
	if err != nil {
		return nil, err
	}
	rec.Amends = true
	r.count(r.recs[i], rec.Handshake)
	r.recs[i] = rec.Handshake
	return rec, nil
}

// find gives the entry of a handshake, or -1.
func (r *recent) find(id uint64) int {
	l := r.ledger
	for i := l.entries.Len() - 1; i >= 0; i-- {
		if l.id(l.entries.at(i)) == id {
			return i
		}
	}
	return -1
}

// relate compares entry n with those before it and gives the entries whose
// relations changed, n first.
func (r *recent) relate(n int) []int {
	near := r.akin(n)
	if len(near) == 1 {
		return near
	}
	l := r.ledger
	all := make(siblings.List, len(near))
	for k, i := range near {
		all[k] = *l.entries.At(i)
	}
	changed := []int{n}
	found := l.digests.Relate(all, l.engine.RequestFaults(), siblings.InTurn)
	for k, i := range near {
		if r.merge(i, found.Of(k), near) && i != n {
			changed = append(changed, i)
		}
	}
	return changed
}

// akin gives the latest entries that may have to do with entry n, and n, in order
// of their start.
func (r *recent) akin(n int) []int {
	e := &r.ledger.entries
	near, legs := []int{n}, []int(nil)
	for i := n - 1; i >= 0 && len(near) < recentCompared; i-- {
		switch a, b := e.At(i), e.At(n); {
		case r.ledger.digests.Concern(a, b):
			near = append(near, i)
		case siblings.SameKey(a, b) && len(legs) <= legsKept:
			legs = append(legs, i)
		}
	}
	if len(legs) <= legsKept { // else it is a constant of the client
		near = append(near, legs...)
	}
	slices.SortFunc(near, func(i, j int) int {
		return cmp.Or(cmp.Compare(e.At(i).Start, e.At(j).Start), cmp.Compare(i, j))
	})
	return near
}

// merge adds what a comparison found to what is known of entry i, and reports
// whether there was anything new. Indexes in rel are of near.
func (r *recent) merge(i int, rel *siblings.Relation, near []int) bool {
	known := &r.rels[i]
	changed := false
	set := func(have *bool, found bool) {
		changed = changed || found && !*have
		*have = *have || found
	}
	set(&known.Likely, rel.Likely)
	set(&known.Counter, rel.Counter)
	set(&known.Proof, rel.Proof)
	set(&known.Unneeded, rel.Unneeded)
	set(&known.Family, rel.Family)
	set(&known.Spelled, rel.Spelled)
	set(&known.Behind, rel.Behind)
	renew := func(have *bool, found bool) {
		changed = changed || found != *have
		*have = found
	}
	if rel.Upstream != siblings.None || rel.Behind { // one more leg may show that it was not the proxy
		renew(&known.Rewritten, rel.Rewritten)
		renew(&known.Spoiled, rel.Spoiled)
	}
	if rel.Upstream != siblings.None {
		renew(&known.Between, rel.Between)
	}
	if rel.Behind {
		renew(&known.Changed, rel.Changed)
	}
	// That it goes on repeating is told of the later ones only.
	changed = changed || known.Repeats == 0 && rel.Repeats > 0
	known.Repeats = max(known.Repeats, rel.Repeats)
	for _, k := range rel.Legs {
		if len(known.Legs) < legsKept && !slices.Contains(known.Legs, near[k]) {
			known.Legs, changed = append(known.Legs, near[k]), true
		}
	}
	if rel.GotOver != siblings.None && known.GotOver == siblings.None {
		known.GotOver, changed = near[rel.GotOver], true
	}
	if rel.Upstream != siblings.None && known.Upstream == siblings.None {
		known.Upstream, changed = near[rel.Upstream], true
	}
	return changed
}

// remove forgets the entry of a handshake that is told anew and gives what was
// told of it.
func (r *recent) remove(id analyzer.ID) *report.Handshake {
	i := r.find(uint64(id))
	if i < 0 {
		return nil
	}
	e, rec := r.ledger.entries.at(i), r.recs[i]
	e.form, e.id, e.Outcome = hidden, idKnown, analyzer.Incomplete
	r.recs[i] = nil
	return rec
}

// octetsOf gives about how many octets of text a record holds.
func octetsOf(h *report.Handshake) int {
	n := len(h.URL)
	if h.Request != nil {
		n += len(h.Request.Target) + octetsIn(h.Request.Fields)
	}
	if h.Response != nil {
		n += len(h.Response.BodyPrefix) + octetsIn(h.Response.Fields)
	}
	return n
}

func octetsIn(fields []report.Field) int {
	n := 0
	for i := range fields {
		n += len(fields[i].Name) + len(fields[i].Value)
	}
	return n
}

// trim forgets the older half when there are too many, or too large ones.
func (r *recent) trim() {
	l := r.ledger
	if l.entries.Len() < 2*recentKept && r.octets < recentOctets {
		return
	}
	gone := max(l.entries.Len()-recentKept, l.entries.Len()/2)
	old, cut := l.spool.records, l.cut
	l.spool.records = make([]*report.Handshake, 0, len(old))
	l.entries, l.cut = l.entries.from(gone), make(map[uint64]analyzer.SessionEnd)
	for i := range l.entries.Len() {
		e := l.entries.at(i)
		if e.form == inMemory {
			e.form, e.at = l.spool.hold(old[e.at])
		}
		if end, ok := cut[l.id(e)]; ok {
			l.cut[l.id(e)] = end
		}
	}
	l.digests.Keep(&l.entries)
	r.rels, r.recs = slices.Clone(r.rels[gone:]), slices.Clone(r.recs[gone:])
	r.octets = 0
	for i := range r.rels {
		shift(&r.rels[i], gone)
		if r.recs[i] != nil {
			r.octets += octetsOf(r.recs[i])
		}
	}
	l.failed = l.failed[:min(len(l.failed), ruleErrorsKept)]
}

// shift moves the indexes of a relation down; what falls below 0 is forgotten.
func shift(rel *siblings.Relation, by int) {
	move := func(i int) int {
		if i < by {
			return siblings.None
		}
		return i - by
	}
	rel.Upstream = move(rel.Upstream)
	rel.GotOver = move(rel.GotOver)
	legs := rel.Legs[:0]
	for _, i := range rel.Legs {
		if i >= by {
			legs = append(legs, i-by)
		}
	}
	rel.Legs = legs
}
