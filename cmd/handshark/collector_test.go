package main

import "testing"

func TestLimitFor(t *testing.T) {
	for name, tc := range map[string]struct {
		live, want int64
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

func TestGarbageFor(t *testing.T) {
	for name, tc := range map[string]struct {
		live  int64
		write written
		want  int64
	}{
		"little":                    {3 << 20, anything, room},
		"as much as is in use":      {30 << 20, anything, 30 << 20},
		"rows":                      {10 << 20, rows, 54 << 20},
		"rows, half of the heap":    {33 << 20, rows, 33 << 20},
		"rows, more":                {70 << 20, rows, 70 << 20},
		"records":                   {10 << 20, records, recordsRoom},
		"records, nearly too many":  {40 << 20, records, 14 << 20},
		"records, a fifth is more":  {50 << 20, records, 50 << 20 * recordsGarbage / 100},
		"records, more than wanted": {90 << 20, records, 90 << 20 * recordsGarbage / 100},
	} {
		if got := garbageFor(tc.live, tc.write); got != tc.want {
			t.Errorf("%s: %d bytes for %d MiB; want %d", name, got, tc.live>>20, tc.want)
		}
	}
}
