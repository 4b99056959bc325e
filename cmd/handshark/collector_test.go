package main

import "testing"

func TestLimitFor(t *testing.T) {
	for name, tc := range map[string]struct {
		live uint64
		want int64
	}{
		"nothing":         {0, memoryGoal},
		"little":          {64 << 20, memoryGoal},
		"as much as fits": {120 << 20, memoryGoal},
		"more than fits":  {300 << 20, 400<<20 + spared},
	} {
		if got := limitFor(tc.live); got != tc.want {
			t.Errorf("%s: %d MiB for %d MiB; want %d MiB", name, got>>20, tc.live>>20, tc.want>>20)
		}
	}
}
