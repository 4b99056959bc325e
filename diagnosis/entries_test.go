package diagnosis

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestSortEntries: sorted entries are in order of start and id, and all there.
func TestSortEntries(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 2 * 6 * 6 {
		n := []int{0, 1, 2, 3, entriesPerChunk, 3*entriesPerChunk + 7}[round/2%6]
		start := []func() int64{
			func() int64 { return int64(r.IntN(n)) }, // near one another
			func() int64 { return int64(r.Uint64()) },
			func() int64 { return int64(r.Uint64()) >> r.IntN(64) },
			func() int64 { return int64(r.IntN(3)) - 1 },
			func() int64 { return 7 },
			func() int64 { return 1<<60 + int64(r.IntN(2))<<50 + int64(r.IntN(2)) },
		}[round/12]
		var x entries
		for i := range n {
			e := x.add()
			e.Start, e.id = start(), uint64(r.IntN(3))
			e.frame = uint64(i)
		}
		x.id = func(e *entry) uint64 { return e.id }
		x.sort((&Options{Workers: 1 + round%2}).both())
		seen := make([]bool, n)
		for i := range n {
			e := x.at(i)
			if seen[e.frame] {
				t.Fatalf("%d entries: %d is there twice", n, e.frame)
			}
			seen[e.frame] = true
			if i == 0 {
				continue
			}
			before := x.at(i - 1)
			if slices.Compare([]int64{before.Start, int64(before.id), int64(before.frame)}, []int64{e.Start, int64(e.id), int64(e.frame)}) >= 0 {
				t.Fatalf("%d entries: %d out of order", n, i)
			}
		}
	}
}

// TestInterned: texts get one number each until there is no room.
func TestInterned(t *testing.T) {
	var x interned
	a, _ := x.number("a")
	if again, ok := x.number("a"); again != a || !ok {
		t.Errorf("got %d, %t", again, ok)
	}
	if _, ok := x.number(strings.Repeat("x", textBytesHeld)); ok {
		t.Error("a text for which there is no room got a number")
	}
	if n, ok := x.find([]byte("a")); n != a || !ok {
		t.Errorf("got %d, %t", n, ok)
	}
}

func TestFormatID(t *testing.T) {
	for id, want := range map[uint64]string{0: "000000000000", 0x0123456789ab: "0123456789ab", 0xffffffffffff: "ffffffffffff"} {
		if got := formatID(id); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
