package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
)

// Options select rules.
type Options struct {
	Only []string // ids; empty = all
	Skip []string // ids
	// Panic lets a panic of a rule through instead of recording it in
	// Verdict.RuleErrors: for tests.
	Panic bool
	// Unscreened runs every Check whatever its rule's If says: for tests.
	Unscreened bool
}

// Engine runs rules over handshakes. It reuses its working memory and is used
// by one goroutine at a time; several engines may share the same rules.
type Engine struct {
	all   []*Rule
	byID  map[string]int
	kids  []RuleSet // what each rule suppresses
	never bool      // never let a panic through
	every bool      // whatever Rule.If says
	plans plans
	run   runner
}

// NewEngine gives an engine for the selected ones of all. The indexes of a
// RuleSet are those of all, whatever is selected. It fails for an id that names
// no rule, listing ids that look like it, and for more than RuleSetSize rules.
func NewEngine(all []*Rule, o Options) (*Engine, error) {
	if len(all) > RuleSetSize {
		return nil, fmt.Errorf("load rules: %d rules, at most %d", len(all), RuleSetSize)
	}
	e := &Engine{all: all, byID: make(map[string]int, len(all)), never: !o.Panic, every: o.Unscreened}
	for i, r := range all {
		e.byID[r.ID] = i
	}
	e.kids = make([]RuleSet, len(all))
	for i, r := range all {
		for _, id := range r.Suppresses {
			if j, ok := e.byID[id]; ok {
				e.kids[i].Add(j)
			}
		}
	}
	only, err := e.pick(o.Only)
	if err != nil {
		return nil, err
	}
	skip, err := e.pick(o.Skip)
	if err != nil {
		return nil, err
	}
	e.run = newRunner(e, only, skip, len(o.Only) == 0)
	return e, nil
}

func (e *Engine) pick(ids []string) (RuleSet, error) {
	var s RuleSet
	for _, id := range ids {
		i, ok := e.byID[id]
		if !ok {
			return s, unknownRule(id, e.all)
		}
		s.Add(i)
	}
	return s, nil
}

// childrenOf gives the rules that r suppresses.
func (e *Engine) childrenOf(r *Rule) RuleSet { return e.kids[e.byID[r.ID]] }

// Index gives the position of a rule in the list that the engine was made from.
func (e *Engine) Index(id string) (int, bool) {
	i, ok := e.byID[id]
	return i, ok
}

// Fired gives the rules that found something in the handshake judged last,
// reported or not: a fault that was tolerated counts as fired.
func (e *Engine) Fired() RuleSet { return e.run.set }

// Judge runs the rules over h and finds the root cause of its failure. The
// verdict is the caller's; it refers to h's packets by number only.
//
// A handshake with an Objection is first judged as aborted: if that finds a
// specific cause the verdict stands and Objected is set.
func (e *Engine) Judge(h *analyzer.Handshake) *Verdict {
	if h.Objection == nil || h.Outcome != analyzer.Established {
		return e.judge(h)
	}
	left := *h
	left.Outcome, left.EndedBy, left.Ending = analyzer.Aborted, analyzer.ByClient, *h.Objection
	if v := e.judge(&left); v.Cause.Rule != nil && v.Cause.Rule.Cause == IsCause {
		v.Objected = true
		return v
	}
	return e.judge(h)
}

func (e *Engine) judge(h *analyzer.Handshake) *Verdict {
	r := &e.run
	r.begin(h)
	r.follow(e.plan(h, &r.pass))
	return r.finish()
}

// situations tells which situations a handshake is in.
func situations(h *analyzer.Handshake) Situation {
	var s Situation
	if h.Request != nil {
		s |= OnRequest
	} else {
		s |= OnNoRequest
	}
	switch {
	case h.Response == nil || h.Response.Status == 0:
		s |= OnNoStatus
	case h.Response.Status == 101:
		s |= On101
	default:
		s |= OnFinal
	}
	if h.Upgraded != nil {
		s |= OnSession
	}
	return s
}

// possible tells which further situations the handshake may have been in, had
// the capture shown what it lost.
func possible(h *analyzer.Handshake, in Situation) Situation {
	var s Situation
	if in&OnNoRequest != 0 && h.Lost&(analyzer.RequestHead|analyzer.Plaintext) != 0 {
		s |= OnRequest
	}
	if in&OnNoStatus != 0 && h.Lost&(analyzer.ResponseHead|analyzer.Plaintext) != 0 {
		s |= On101 | OnFinal | OnSession
	}
	if h.Lost&analyzer.Frames != 0 {
		s |= OnSession
	}
	return s &^ in
}

// unknownRule is the error for an id that names no rule.
func unknownRule(id string, all []*Rule) error {
	near := Near(id, all)
	if len(near) == 0 {
		return fmt.Errorf("no rule %q", id)
	}
	return fmt.Errorf("no rule %q; did you mean %s?", id, strings.Join(near, ", "))
}

// nearKept bounds the ids that Near gives.
const nearKept = 5

// Near gives the ids that look most like id, best first, at most five.
func Near(id string, all []*Rule) []string {
	type scored struct {
		id    string
		score int
	}
	var found []scored
	for _, r := range all {
		if d := distance(id, r.ID); d <= 2+len(id)/8 {
			found = append(found, scored{r.ID, d})
		} else if len(id) >= 3 && strings.Contains(r.ID, id) {
			found = append(found, scored{r.ID, len(id)})
		}
	}
	slices.SortFunc(found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.id, b.id))
	})
	var ids []string
	for _, f := range found[:min(len(found), nearKept)] {
		ids = append(ids, f.id)
	}
	return ids
}

// distance is the Levenshtein distance of two ids; ids are short.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	var row [65]int
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := diagonal
			if a[i] != b[j] {
				next = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
