package rules

import "fmt"

// selection is the rules of an engine and those of them that run. It does not
// change: engines of several goroutines share it.
type selection struct {
	all    []*Rule
	byID   map[string]int
	kids   []RuleSet // what each rule suppresses
	runs   RuleSet
	faults RuleSet // RequestFaults
	never  bool    // never let a panic through
	every  bool    // whatever Rule.If says
}

func newSelection(all []*Rule, o Options) (*selection, error) {
	if len(all) > RuleSetSize {
		return nil, fmt.Errorf("load rules: %d rules, at most %d", len(all), RuleSetSize)
	}
	s := &selection{all: all, byID: make(map[string]int, len(all)), never: !o.Panic, every: o.Unscreened}
	for i, r := range all {
		s.byID[r.ID] = i
	}
	s.kids = make([]RuleSet, len(all))
	for i, r := range all {
		for _, id := range r.Suppresses {
			if j, ok := s.byID[id]; ok {
				s.kids[i].Add(j)
			}
		}
	}
	s.faults = requestFaults(all)
	return s, s.choose(o)
}

// choose works out which rules run.
func (s *selection) choose(o Options) error {
	only, err := s.pick(o.Only)
	if err != nil {
		return err
	}
	skip, err := s.pick(o.Skip)
	if err != nil {
		return err
	}
	for i, r := range s.all {
		if (len(o.Only) == 0 && !r.Optional || only.Has(i)) && !skip.Has(i) {
			s.runs.Add(i)
		}
	}
	return nil
}

func (s *selection) pick(ids []string) (RuleSet, error) {
	var picked RuleSet
	for _, id := range ids {
		i, ok := s.byID[id]
		if !ok {
			return picked, unknownRule(id, s.all)
		}
		picked.Add(i)
	}
	return picked, nil
}

func (s *selection) engine() *Engine {
	e := &Engine{selection: s}
	e.run.rules = s
	return e
}

// Index gives the position of a rule in the list that the engine was made from.
func (s *selection) Index(id string) (int, bool) {
	i, ok := s.byID[id]
	return i, ok
}

// At gives the rule at an index of the list that the engine was made from.
func (s *selection) At(i int) *Rule { return s.all[i] }

// Selected reports whether the rule at an index runs.
func (s *selection) Selected(i int) bool { return s.runs.Has(i) }

// RequestFaults gives the rules that can be a cause and look at the request:
// two requests in which the same ones of them fired are alike.
func (s *selection) RequestFaults() RuleSet { return s.faults }

func requestFaults(all []*Rule) (faults RuleSet) {
	const stages = 1<<Protocol | 1<<Syntax | 1<<Proxy | 1<<Version | 1<<Headers
	for i, r := range all {
		if r.Cause == IsCause && r.When&OnRequest != 0 && stages>>r.Family&1 != 0 {
			faults.Add(i)
		}
	}
	return faults
}
