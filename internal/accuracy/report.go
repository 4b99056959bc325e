package accuracy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Share is the share of faults that were named as the root cause; 1 if there
// were none.
func (t *Tally) Share() float64 {
	if t.Injected == 0 {
		return 1
	}
	return float64(t.Right) / float64(t.Injected)
}

// Report renders the counts: what was reported for what, at most show misses
// with their handshakes, and the faults that no rule of known could name.
func (t *Tally) Report(known []string, show int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "healthy   %d of %d without a finding above info\n", t.HealthyRight, t.Healthy)
	fmt.Fprintf(&b, "root cause %d of %d right (%.2f %%), %d kinds of fault\n", t.Right, t.Injected, 100*t.Share(), len(t.Counts))
	t.confusion(&b)
	t.unknown(&b, known)
	t.misses(&b, show)
	return b.String()
}

func (t *Tally) confusion(b *strings.Builder) {
	for _, injected := range slices.Sorted(maps.Keys(t.Counts)) {
		row := t.Counts[injected]
		if len(row) == 1 && row[injected] > 0 {
			continue
		}
		fmt.Fprintf(b, "\n%-40s", injected)
		for _, reported := range slices.SortedFunc(maps.Keys(row), func(x, y string) int { return row[y] - row[x] }) {
			fmt.Fprintf(b, " %s %d", reported, row[reported])
		}
	}
	b.WriteByte('\n')
}

func (t *Tally) unknown(b *strings.Builder, known []string) {
	var missing []string
	for i := range faults {
		if !slices.Contains(known, faults[i].Rule) {
			missing = append(missing, faults[i].Rule)
		}
	}
	if len(missing) > 0 && len(known) > 1 {
		fmt.Fprintf(b, "\nno such rule yet: %s\n", strings.Join(missing, ", "))
	}
}

// misses prints one miss per pair of fault and verdict.
func (t *Tally) misses(b *strings.Builder, show int) {
	seen := map[[2]string]bool{}
	for _, m := range t.Misses {
		pair := [2]string{m.Rule, m.Reported}
		if seen[pair] || len(seen) == show {
			continue
		}
		seen[pair] = true
		name := m.Rule
		if name == "" {
			name = "healthy"
		}
		fmt.Fprintf(b, "\n---- %s: reported %s\n%s%s", name, m.Reported, m.Detail, m.Case)
	}
}
