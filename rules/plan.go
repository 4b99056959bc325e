package rules

import "github.com/handshark/handshark/analyzer"

// plan is what is to be done for handshakes of one kind.
type plan struct {
	check    []int16 // rules to check, in catalogue order, those with Collects last
	unjudged []unjudged
	unknown  RuleSet // those of unjudged, and rules whose very situation is unknown
}

// unjudged is a rule that lacks evidence.
type unjudged struct {
	rule    int16
	missing analyzer.Evidence
}

// kind is all that decides which rules are to be checked. A capture has few kinds
// of handshakes, so that a look-up takes the place of some hundred comparisons.
type kind struct {
	marks      Marks
	in         Situation
	have, lost analyzer.Evidence
	http2      bool
}

// plansKept bounds the plans that are kept, of about 500 octets each.
const plansKept = 512

// plans holds the plans made so far.
type plans struct {
	of    map[kind]*plan
	last  kind
	after *plan // that of last
}

// plan gives what is to be done for a handshake.
func (e *Engine) plan(h *analyzer.Handshake, p *Pass) *plan {
	k := kind{in: situations(h), have: h.Have, lost: h.Lost, http2: h.HTTP2 != nil}
	if !e.every {
		k.marks = p.marks
	}
	s := &e.plans
	if s.after != nil && s.last == k {
		return s.after
	}
	found := s.of[k]
	if found == nil {
		found = e.makePlan(h, k)
		s.keep(k, found)
	}
	s.last, s.after = k, found
	return found
}

func (s *plans) keep(k kind, p *plan) {
	if s.of == nil || len(s.of) >= plansKept {
		s.of = make(map[kind]*plan)
	}
	s.of[k] = p
}

func (e *Engine) makePlan(h *analyzer.Handshake, k kind) *plan {
	p := &plan{}
	might := possible(h, k.in)
	for _, last := range [...]bool{false, true} {
		for i, r := range e.all {
			if r.Collects == last && e.runs.Has(i) {
				e.enter(p, i, k, might)
			}
		}
	}
	return p
}

// enter puts rule i into a plan. might is the situations that the handshake may
// have been in, had the capture shown what it lost.
func (e *Engine) enter(p *plan, i int, k kind, might Situation) {
	r := e.all[i]
	missing := r.Needs &^ k.have
	switch {
	case !r.Over.hold(k.http2):
	case r.When&k.in == 0:
		if r.When&might != 0 {
			p.unknown.Add(i)
		}
	case missing == 0:
		if e.every || r.If.met(&k.marks) {
			p.check = append(p.check, int16(i))
		}
	case missing&^k.lost == 0: // all of it may have existed
		p.unknown.Add(i)
		p.unjudged = append(p.unjudged, unjudged{int16(i), missing})
	}
}
