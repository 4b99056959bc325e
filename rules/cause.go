package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
)

// trial finds the root cause of one failed handshake among its findings.
//
// The root cause is the earliest finding that could have been seen by the party
// that ended the attempt (visible), happened before it ended (timely), is
// compatible with how it ended (place, Rule.Endings) and is not merely a
// consequence of another finding (suppressed). Only among the survivors do
// symptoms lose and does precedence by stage apply.
type trial struct {
	h        *analyzer.Handshake
	rules    *selection
	findings []Finding
	hints    []Hint
	answerer Answerer
	row      *Row

	suppressed RuleSet
	survivors  []int // indexes of findings, best first once sorted
	losers     []int // symptoms that lost to a specific cause
}

// cause assigns the roles of all findings and gives the root cause.
func (t *trial) cause() *Cause {
	t.row = rowOf(t.h.Ending)
	for i := range t.findings {
		t.findings[i].Role = Incidental
		if t.compatible(&t.findings[i]) {
			t.findings[i].Role = Contributing
		}
	}
	t.suppress()
	t.survive()
	slices.SortStableFunc(t.survivors, t.compare)
	c := t.decide()
	t.note()
	return c
}

// compatible reports whether a finding could have ended the attempt this way.
func (t *trial) compatible(f *Finding) bool {
	e := t.h.Ending
	if !t.timely(f) {
		return false
	}
	if f.Rule.Cause == IsSymptom || f.Rule.names(e) {
		return true
	}
	i := t.row.place(f.Rule, t.h)
	// What a row names one by one is there to be seen, but for a client that
	// leaves: it does not object to its own request.
	named := i >= 0 && len(t.row.Stages[i].Rules) > 0 && e.Kind != analyzer.EndingClientLeft
	return i >= 0 && (named || t.visible(f))
}

// disorder is how far the packets of the two directions may be out of order in a
// capture, in nanoseconds: they come through queues of their own.
const disorder = int64(time.Millisecond)

// timely reports whether the finding was there before the attempt ended.
func (t *trial) timely(f *Finding) bool {
	if t.h.Ending.Time == 0 {
		return true
	}
	first := f.Evidence[0].Refs[0].Time
	for i := range f.Evidence {
		first = min(first, f.Evidence[i].Refs[0].Time)
	}
	return first <= t.h.Ending.Time+disorder
}

// visible reports whether the party that ended the attempt could have seen the
// fault. A server that answers or hangs up has seen requests, not its own
// response; a client that leaves objects to what the server did: a fault of its
// own that the server tolerated cannot make it leave. After frames it is the
// side opposite to the one that closed.
func (t *trial) visible(f *Finding) bool {
	switch t.h.Ending.Kind {
	case analyzer.EndingStatus, analyzer.EndingNoStatus, analyzer.EndingNotHTTP:
		return !messageFault(f.Rule.Family) || touches(f, reassembly.Client)
	case analyzer.EndingClientLeft:
		return f.Actor != Client
	case analyzer.EndingClose:
		return f.Rule.Family != PostUpgrade || touches(f, closer(t.h).Other())
	case analyzer.EndingNone, analyzer.EndingNoTCP, analyzer.EndingTLS, analyzer.EndingDropped:
	}
	return true
}

// messageFault reports whether the faults of a family lie in one message or in
// what follows it, so that who sent it decides who could see it.
func messageFault(f Family) bool {
	switch f {
	case Syntax, Headers, Response, Negotiation, PostUpgrade:
		return true
	case Meta, Transport, TLS, Protocol, Proxy, Version, Auth, Origin, Routing, Backend, Timing, Hygiene:
	}
	return false
}

func touches(f *Finding, side reassembly.Side) bool {
	return slices.ContainsFunc(f.Evidence, func(e Evidence) bool { return e.Side == side })
}

func closer(h *analyzer.Handshake) reassembly.Side {
	if h.Ending.From == analyzer.ByClient {
		return reassembly.Client
	}
	return reassembly.Server
}

// suppress marks the consequences of every compatible finding. Children of a
// consequence are consequences too, so one pass reaches the fixpoint. A rule
// that cannot be a cause suppresses as well: it explains its children away.
func (t *trial) suppress() {
	for i := range t.findings {
		if !t.explains(&t.findings[i]) {
			continue
		}
		for w, word := range t.rules.childrenOf(t.findings[i].Rule) {
			t.suppressed[w] |= word
		}
	}
	for i := range t.findings {
		if t.gone(&t.findings[i]) {
			t.findings[i].Role = Consequence
		}
	}
}

func (t *trial) explains(f *Finding) bool {
	return f.Role == Contributing || f.Rule.Cause == NotCause && t.timely(f)
}

func (t *trial) gone(f *Finding) bool {
	i, ok := t.rules.byID[f.Rule.ID]
	return ok && t.suppressed.Has(i)
}

// survive collects the candidates; symptoms stay only among themselves.
func (t *trial) survive() {
	for i := range t.findings {
		switch f := &t.findings[i]; {
		case f.Role != Contributing:
		case f.Rule.Cause == IsCause:
			t.survivors = append(t.survivors, i)
		case f.Rule.Cause == IsSymptom:
			t.losers = append(t.losers, i)
		}
	}
	if len(t.survivors) == 0 {
		t.survivors, t.losers = t.losers, t.survivors
	}
	for _, i := range t.losers {
		t.findings[i].Role = Consequence
	}
}

// compare orders survivors: stage, sufficient, proof, check order of the stack
// that judged, offset, id.
func (t *trial) compare(a, b int) int {
	x, y := &t.findings[a], &t.findings[b]
	return cmp.Or(
		cmp.Compare(t.stage(x), t.stage(y)),
		cmp.Compare(insufficient(x), insufficient(y)),
		cmp.Compare(t.strength(x), t.strength(y)),
		cmp.Compare(t.checked(x), t.checked(y)),
		cmp.Compare(x.Evidence[0].Offset, y.Evidence[0].Offset),
		cmp.Compare(x.Rule.ID, y.Rule.ID),
	)
}

// stage is the rank of a finding's family. Auth, origin and routing have no
// universal order: among them the row of the ending decides, and what the row
// does not list comes after.
func (t *trial) stage(f *Finding) int {
	const slots = 8
	rank := int(f.Rule.Family) * slots
	switch f.Rule.Family {
	case Auth, Origin, Routing:
		if i := t.row.place(f.Rule, t.h); i >= 0 {
			return int(Auth)*slots + i
		}
		return int(Routing)*slots + int(f.Rule.Family-Auth)
	}
	return rank
}

func insufficient(f *Finding) int {
	if f.Rule.Sufficient {
		return 0
	}
	return 1
}

// strength orders proofs: what is proved before what is stated, then as listed.
func (t *trial) strength(f *Finding) int {
	if p := t.proof(f); p != Proved {
		return int(p)
	}
	return 0
}

// decide makes the cause of the sorted survivors.
func (t *trial) decide() *Cause {
	rivals := t.rivals()
	ranked := make([]Candidate, 0, len(t.survivors))
	for _, i := range t.survivors {
		f := &t.findings[i]
		if slices.ContainsFunc(ranked, func(c Candidate) bool { return c.Rule == f.Rule }) {
			continue
		}
		ranked = append(ranked, Candidate{f.Rule, t.score(f, rivals)})
	}
	if len(ranked) == 0 || ranked[0].Confidence < UndeterminedBelow {
		c := undetermined(ranked)
		return &c
	}
	first := &t.findings[t.survivors[0]]
	first.Role = Primary
	return &Cause{
		Rule: first.Rule, Actor: first.Actor, Confidence: ranked[0].Confidence,
		Summary: t.summary(first), RunnerUp: runnerUp(ranked), ranked: ranked,
	}
}

// rivals counts the specific candidates.
func (t *trial) rivals() int {
	n := 0
	var seen []*Rule
	for _, i := range t.survivors {
		if r := t.findings[i].Rule; !slices.Contains(seen, r) {
			seen = append(seen, r)
			n++
		}
	}
	return n
}

// candidatesKept bounds Cause.Candidates.
const candidatesKept = 5

func undetermined(ranked []Candidate) Cause {
	best := slices.Clone(ranked)
	slices.SortStableFunc(best, func(a, b Candidate) int { return cmp.Compare(b.Confidence, a.Confidence) })
	c := Cause{Candidates: best[:min(len(best), candidatesKept)], Summary: "Undetermined: nothing in the capture explains the failure."}
	if len(best) > 0 {
		c.Confidence = best[0].Confidence
		c.Summary = "Undetermined: what was found is too weak to name a cause."
	}
	return c
}

// runnerUp gives the best rejected candidate if it is near enough.
func runnerUp(ranked []Candidate) *Candidate {
	var best *Candidate
	for i := 1; i < len(ranked); i++ {
		if best == nil || ranked[i].Confidence > best.Confidence {
			best = &ranked[i]
		}
	}
	const slack = 1e-9 // both are rounded to two decimals
	if best == nil || best.Confidence < ranked[0].Confidence-RunnerUpWithin-slack {
		return nil
	}
	c := *best
	return &c
}

// note marks what says nothing of the failure at all.
func (t *trial) note() {
	for i := range t.findings {
		f := &t.findings[i]
		if f.Rule.Cause != NotCause || f.Role != Incidental {
			continue
		}
		switch f.Rule.Family {
		case Meta, Hygiene, Timing:
			f.Role = Note
		}
	}
}
