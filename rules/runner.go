package rules

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
)

// runner runs rules over one handshake after another.
type runner struct {
	rules *selection

	h        *analyzer.Handshake
	pass     Pass
	plan     *plan
	next     int // place in the list of the rule to check next
	index    int // of the rule that is being checked
	keep     int // findings before that
	set      RuleSet
	findings []Finding
	errors   []string
	hints    []Hint
	hinted   bool
	trial    trial
	places   places
	verdict  Verdict

	answerer Answerer // the one before, and how it is written
	answered string

	askers     askers
	tellers    tellers
	who        *Asker // of the request; nil: not known
	told       []byte // what appendTell gave of the response before
	asks       lines  // of a request whose asker is not known
	answers    lines  // of a response whose teller is not known
	unknown    steady // of a request whose asker is not known
	answerers  memo[Answerer]
	hinting    memo[[]Hint]
	challenged memo[[]field.Challenge]
}

// identify is Identify, and says where the fields of the response stand.
func (r *runner) identify() (by Answerer, answered *lines) {
	answered = &r.answers
	*answered = lines{}
	m := r.h.Response
	if m == nil {
		return Answerer{}, answered
	}
	if m.Status == 0 {
		answered.read(m)
		return Answerer{}, answered
	}
	t := r.tellers.find(r.h)
	if t == nil {
		r.told = appendTell(r.told[:0], r.h)
		by = r.answerers.of(r.told, func() Answerer { return Identify(r.h) })
		if t = r.tellers.enter(r.h, by); t == nil {
			answered.read(m)
			return by, answered
		}
	}
	t.at.m = m
	return t.by, &t.at
}

// ask says where the fields of the request stand, and what follows from those of
// which the asker is known.
func (r *runner) ask() (asked *lines, s *steady) {
	r.who, asked = nil, &r.asks
	if r.h.Request == nil {
		*asked = lines{}
		return asked, nil
	}
	a := r.askers.of(r.h.Request)
	if a == nil {
		asked.read(r.h.Request)
		r.unknown = steadyOf(asked)
		return asked, &r.unknown
	}
	r.who, a.at.m = a.public, r.h.Request
	return &a.at, &a.steady
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
	r.findings, r.errors = r.findings[:0], nil
	r.pass.run = r
	r.pass.begin(h)
}

// follow checks the rules of a plan.
func (r *runner) follow(p *plan) {
	r.plan = p
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

func (r *runner) report(rule *Rule, f *Finding) {
	what := flaw(f.Evidence)
	if what == "" && rule.Actor == Any && f.Actor == Any {
		what = "finding without an actor"
	}
	if what != "" {
		r.errors = append(r.errors, rule.ID+": "+what)
		return
	}
	f.at = whereIs(f.Evidence)
	r.take(rule, f)
}

// take keeps a finding that is in order.
func (r *runner) take(rule *Rule, f *Finding) {
	r.set.Add(r.index)
	grade := rule.Severity.of(r.h.Outcome)
	if grade == Silent {
		return
	}
	f.Rule, f.Role, f.Grade, f.index = rule, Note, grade, int16(r.index)
	if f.Actor == Any {
		f.Actor = rule.Actor
	}
	r.findings = append(r.findings, *f)
}

// flaw says what is wrong with evidence as such; empty if nothing is.
func flaw(list []Evidence) string {
	if len(list) == 0 {
		return "finding without evidence"
	}
	for i := range list {
		if len(list[i].Refs) == 0 {
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
		if body := r.h.Body.Data; len(body) > 0 {
			r.hints = r.hinting.of(body, func() []Hint { return BodyHints(body) })
		}
	}
	return r.hints
}
