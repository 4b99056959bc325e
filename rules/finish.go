package rules

import (
	"cmp"
	"slices"
)

// finish makes the verdict of what the rules reported.
func (r *runner) finish() *Verdict {
	v := &r.verdict
	*v = Verdict{Findings: r.findings, Unjudged: r.plan.unknown, Fired: r.set, RuleErrors: r.errors, Asker: r.who, run: r}
	if r.h.Outcome.Failed() {
		v.Cause = r.trial.cause(r)
	}
	sortFindings(v.Findings)
	return v
}

// sortFindings sorts findings. Mostly there are two or three: they are not moved to be
// compared.
func sortFindings(list []Finding) {
	const few = 8
	if len(list) > few {
		slices.SortStableFunc(list, func(a, b Finding) int { return inOrder(&a, &b) })
		return
	}
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && inOrder(&list[j], &list[j-1]) < 0; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

// roleOrder is the order of findings in a verdict, by role.
var roleOrder = [...]int{Primary: 0, Contributing: 1, Consequence: 2, Incidental: 3, Note: 4}

// inOrder puts the primary finding first, then goes by role, stage and place.
func inOrder(a, b *Finding) int {
	return cmp.Or(
		cmp.Compare(roleOrder[a.Role], roleOrder[b.Role]),
		cmp.Compare(a.Rule.Family, b.Rule.Family),
		cmp.Compare(b.Grade, a.Grade),
		cmp.Compare(a.at.side, b.at.side),
		cmp.Compare(a.at.offset, b.at.offset),
		cmp.Compare(a.Rule.ID, b.Rule.ID),
	)
}
