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
	run      *runner
	rules    *selection
	findings []Finding
	hints    []Hint
	answerer Answerer
	row      *Row
	rowIndex int

	suppressed RuleSet
	survivors  []int // indexes of findings, best first once sorted
	losers     []int // symptoms that lost to a specific cause
	ranked     []Candidate
	result     Cause
	second     Candidate
}

// cause assigns the roles of all findings of r and gives the root cause. It is
// valid until the next trial.
func (t *trial) cause(r *runner) *Cause {
	t.h, t.run, t.rules, t.findings = r.h, r, r.rules, r.findings
	t.hints, t.answerer = r.hintsOf(), r.pass.Answerer
	t.suppressed, t.survivors, t.losers, t.ranked = RuleSet{}, t.survivors[:0], t.losers[:0], t.ranked[:0]
	t.row, t.rowIndex = rowOf(t.h.Ending)
	for i := range t.findings {
		t.findings[i].Role = Incidental
		if t.compatible(&t.findings[i]) {
			t.findings[i].Role = Contributing
		}
	}
	t.suppress()
	t.survive()
	if len(t.survivors) > 1 {
		slices.SortStableFunc(t.survivors, t.compare)
	}
	t.result = t.decide()
	t.note()
	return &t.result
}

// compatible reports whether a finding could have ended the attempt this way.
func (t *trial) compatible(f *Finding) bool {
	e := t.h.Ending
	if !t.timely(f) {
		return false
	}
	if f.Rule.Cause == IsSymptom || f.Rule.names(e) || t.said(f) {
		return true
	}
	i := t.place(f)
	// What a row names one by one is there to be seen, but for a client: it does not
	// object to its own request, nor to a 101 that it made use of.
	named := i >= 0 && len(t.row.Stages[i].Rules) > 0 && e.Kind != analyzer.EndingClientLeft && e.Kind != analyzer.EndingDropped
	return i >= 0 && (named || t.visible(f))
}

// said reports whether the refusal itself names the check that failed, whatever its
// status: ejabberd says so on a page with 200.
func (t *trial) said(f *Finding) bool {
	return t.h.Ending.Kind == analyzer.EndingStatus && f.Rule.Cause == IsCause && points(t.hints, f.Rule.ID)
}

// disorder is how far the packets of the two directions may be out of order in a
// capture, in nanoseconds: they come through queues of their own.
const disorder = int64(time.Millisecond)

// timely reports whether the finding was there before the attempt ended. What is
// wrong with an answer is not, if the client left before it came.
func (t *trial) timely(f *Finding) bool {
	e := &t.h.Ending
	if e.Time == 0 {
		return true
	}
	late := e.Kind == analyzer.EndingClientLeft && t.run.pass.Unanswered(e.Time) && f.at.touches(reassembly.Server)
	return f.at.time <= e.Time+disorder && !late
}

// visible reports whether the party that ended the attempt could have seen the
// fault. A server that answers or hangs up has seen requests, not its own
// response; a client that leaves objects to what the server did: a fault of its
// own that the server tolerated cannot make it leave. After frames it is the
// side opposite to the one that closed.
func (t *trial) visible(f *Finding) bool {
	switch t.h.Ending.Kind {
	case analyzer.EndingStatus, analyzer.EndingNoStatus, analyzer.EndingNotHTTP:
		return !messageFault(f.Rule.Family) || f.at.touches(reassembly.Client)
	case analyzer.EndingClientLeft:
		return f.Actor != Client
	case analyzer.EndingClose:
		return f.Rule.Family != PostUpgrade || f.at.touches(closer(t.h).Other())
	case analyzer.EndingDropped:
		return f.Rule.Family != Response || t.h.Upgraded != nil && t.h.Upgraded.After[reassembly.Client] == 0
	case analyzer.EndingNone, analyzer.EndingNoTCP, analyzer.EndingTLS:
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
		for w, word := range t.rules.kids[t.findings[i].index] {
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

func (t *trial) gone(f *Finding) bool { return t.suppressed.Has(int(f.index)) }

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
		cmp.Compare(x.at.offset, y.at.offset),
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
		if i := t.place(f); i >= 0 {
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
func (t *trial) decide() Cause {
	rivals := t.rivals()
	for _, i := range t.survivors {
		f := &t.findings[i]
		if slices.ContainsFunc(t.ranked, func(c Candidate) bool { return c.Rule == f.Rule }) {
			continue
		}
		t.ranked = append(t.ranked, Candidate{f.Rule, t.score(f, rivals)})
	}
	if len(t.ranked) == 0 || t.ranked[0].Confidence < UndeterminedBelow {
		return undetermined(t.ranked)
	}
	first := &t.findings[t.survivors[0]]
	first.Role = Primary
	return Cause{
		Rule: first.Rule, Actor: first.Actor, Confidence: t.ranked[0].Confidence, RunnerUp: t.runnerUp(),
	}
}

// rivals counts the specific candidates.
func (t *trial) rivals() int {
	n := 0
	var seen RuleSet
	for _, i := range t.survivors {
		if at := int(t.findings[i].index); !seen.Has(at) {
			seen.Add(at)
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
	c := Cause{Candidates: best[:min(len(best), candidatesKept)]}
	if len(best) > 0 {
		c.Confidence = best[0].Confidence
	}
	return c
}

// runnerUp gives the best rejected candidate if it is near enough.
func (t *trial) runnerUp() *Candidate {
	var best *Candidate
	for i := 1; i < len(t.ranked); i++ {
		if best == nil || t.ranked[i].Confidence > best.Confidence {
			best = &t.ranked[i]
		}
	}
	const slack = 1e-9 // both are rounded to two decimals
	if best == nil || best.Confidence < t.ranked[0].Confidence-RunnerUpWithin-slack {
		return nil
	}
	t.second = *best
	return &t.second
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
