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
		"a third more":    {129 << 20, 172<<20 + spared},
		"at the edge":     {170 << 20, memoryEdge},
		"more than fits":  {320 << 20, 360<<20 + spared},
	} {
		if got := limitFor(tc.live); got != tc.want {
			t.Errorf("%s: %d MiB for %d MiB; want %d MiB", name, got>>20, tc.live>>20, tc.want>>20)
		}
	}
}
