package report

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// numbersOf gives all that a table has.
func numbersOf(t *digestTable) map[uint64]uint32 {
	all := map[uint64]uint32{}
	for _, s := range t.slots {
		if s.number > 0 {
			all[s.digest] = s.number
		}
	}
	return all
}

// TestDigestTable compares the table with a map, also of digests that differ in few bits.
func TestDigestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draws := map[string]func() uint64{
		"random": r.Uint64,
		"low":    func() uint64 { return r.Uint64N(5000) },
		"high":   func() uint64 { return r.Uint64N(5000) << 51 },
	}
	for name, draw := range draws {
		t.Run(name, func(t *testing.T) {
			var table digestTable
			want := map[uint64]uint32{}
			for range 20_000 {
				d := draw()
				if got := table.of(d); got != want[d] {
					t.Fatalf("%x: %d, want %d", d, got, want[d])
				}
				if want[d] == 0 {
					want[d] = uint32(len(want) + 1)
					table.enter(d, want[d])
				}
			}
			if !maps.Equal(numbersOf(&table), want) || int(table.count) != len(want) {
				t.Errorf("%d digests, want %d", table.count, len(want))
			}
		})
	}
}
