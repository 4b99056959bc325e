package rules

// At gives the rule at an index of the list that the engine was made from.
func (e *Engine) At(i int) *Rule { return e.all[i] }

// Selected reports whether the rule at an index runs.
func (e *Engine) Selected(i int) bool { return e.run.selected(i) }

// RequestFaults gives the rules that can be a cause and look at the request:
// two requests in which the same ones of them fired are alike.
func (e *Engine) RequestFaults() RuleSet {
	const stages = 1<<Protocol | 1<<Syntax | 1<<Proxy | 1<<Version | 1<<Headers
	var s RuleSet
	for i, r := range e.all {
		if r.Cause == IsCause && r.When&OnRequest != 0 && stages>>r.Family&1 != 0 {
			s.Add(i)
		}
	}
	return s
}
