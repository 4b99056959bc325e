package rules

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
)

// runner runs rules over one handshake after another.
type runner struct {
	rules *selection

	h        *analyzer.Handshake
	pass     Pass
	next     int // place in the list of the rule to check next
	index    int // of the rule that is being checked
	keep     int // findings before that
	set      RuleSet
	unknown  RuleSet
	findings []Finding
	unjudged []Inconclusive
	errors   []string
	hints    []Hint
	hinted   bool

	answerer Answerer // the one before, and how it is written
	answered string
}

// answeredBy gives the answerer in words.
func (r *runner) answeredBy() string {
	if r.pass.Answerer != r.answerer {
		r.answerer, r.answered = r.pass.Answerer, r.pass.Answerer.String()
	}
	return r.answered
}

func (r *runner) begin(h *analyzer.Handshake) {
	r.h, r.hinted, r.hints = h, false, nil
	r.set = RuleSet{}
	r.findings, r.unjudged, r.errors = r.findings[:0], r.unjudged[:0], nil
	r.pass.run = r
	r.pass.begin(h)
}

// follow checks the rules of a plan.
func (r *runner) follow(p *plan) {
	r.unknown = p.unknown
	for _, u := range p.unjudged {
		r.unjudged = append(r.unjudged, Inconclusive{r.rules.all[u.rule], because(r.h, u.missing)})
	}
	for r.next = 0; r.next < len(p.check); {
		r.check(p.check)
	}
}

// check checks rules from r.next on, to the end or to the first that panics: a
// recover for all of them costs less than one for each.
func (r *runner) check(list []int16) {
	if r.rules.never {
		defer r.recover()
	}
	for r.next < len(list) {
		i := int(list[r.next])
		r.next++
		rule := r.rules.all[i]
		r.index, r.pass.rule, r.keep = i, rule, len(r.findings)
		rule.Check(&r.pass)
	}
}

// recover records a panic of a rule and drops what the rule had reported.
func (r *runner) recover() {
	if v := recover(); v != nil {
		r.findings = r.findings[:r.keep]
		r.errors = append(r.errors, fmt.Sprintf("%s: panic: %v", r.pass.rule.ID, v))
	}
}

func (r *runner) report(rule *Rule, f Finding) {
	if what := fault(rule, &f); what != "" {
		r.errors = append(r.errors, rule.ID+": "+what)
		return
	}
	r.set.Add(r.index)
	f.Rule, f.Role = rule, Note
	if f.Actor == Any {
		f.Actor = rule.Actor
	}
	f.Grade = rule.Severity.of(r.h.Outcome)
	if f.Grade != Silent {
		r.findings = append(r.findings, f)
	}
}

// fault says what is wrong with a finding as such; empty if nothing is.
func fault(rule *Rule, f *Finding) string {
	if len(f.Evidence) == 0 {
		return "finding without evidence"
	}
	if rule.Actor == Any && f.Actor == Any {
		return "finding without an actor"
	}
	for i := range f.Evidence {
		if len(f.Evidence[i].Refs) == 0 {
			return "evidence without a packet"
		}
	}
	return ""
}

// of gives the grade for an outcome.
func (s Severity) of(o analyzer.Outcome) Grade {
	if o == analyzer.Established {
		return s.Established
	}
	return s.Failed
}

func (r *runner) hasFired(id string) bool {
	i, ok := r.rules.byID[id]
	return ok && r.set.Has(i)
}

func (r *runner) hintsOf() []Hint {
	if !r.hinted {
		r.hinted = true
		r.hints = BodyHints(r.h.Body.Data)
	}
	return r.hints
}
