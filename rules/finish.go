package rules

import "slices"

func (r *runner) finish() *Verdict {
	v := &Verdict{RuleErrors: r.errors, AnsweredBy: r.pass.Answerer.String()}
	v.Findings = slices.Clone(r.findings)
	v.Inconclusive = slices.Clone(r.unjudged)
	return v
}
