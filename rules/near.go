package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

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
