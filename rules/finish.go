package rules

import (
	"cmp"
	"slices"
)

// finish makes the verdict of what the rules reported.
func (r *runner) finish() *Verdict {
	v := &Verdict{
		Findings: slices.Clone(r.findings), Inconclusive: slices.Clone(r.unjudged),
		Unjudged: r.unknown, RuleErrors: r.errors, Fired: r.set, AnsweredBy: r.answeredBy(),
	}
	if r.h.Outcome.Failed() {
		t := trial{
			h: r.h, rules: r.rules, findings: v.Findings,
			hints: r.hintsOf(), answerer: r.pass.Answerer,
		}
		v.Cause = t.cause()
	}
	slices.SortStableFunc(v.Findings, inOrder)
	return v
}

// roleOrder is the order of findings in a verdict, by role.
var roleOrder = [...]int{Primary: 0, Contributing: 1, Consequence: 2, Incidental: 3, Note: 4}

// inOrder puts the primary finding first, then goes by role, stage and place.
func inOrder(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(roleOrder[a.Role], roleOrder[b.Role]),
		cmp.Compare(a.Rule.Family, b.Rule.Family),
		cmp.Compare(b.Grade, a.Grade),
		cmp.Compare(a.Evidence[0].Side, b.Evidence[0].Side),
		cmp.Compare(a.Evidence[0].Offset, b.Evidence[0].Offset),
		cmp.Compare(a.Rule.ID, b.Rule.ID),
	)
}
