package siblings

import (
	"math/rand/v2"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
)

// TestConcern compares made-up attempts, three at a time: where Concern says of one
// that no other has anything to say of it, Relate may find nothing.
func TestConcern(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d := NewDigests()
	var faults rules.RuleSet
	concerned, related := 0, 0
	for range 100_000 {
		all := three(r, d)
		found := d.Relate(all, faults, InTurn)
		for i := range all {
			may := false
			for j := range all {
				may = may || i != j && (SameKey(&all[i], &all[j]) || d.Concern(&all[i], &all[j]))
				if d.Concern(&all[i], &all[j]) != d.Concern(&all[j], &all[i]) {
					t.Fatalf("not symmetric: %+v", all)
				}
			}
			if may {
				concerned++
			}
			if rel := *found.Of(i); !alone(&rel) {
				related++
				if !may {
					t.Fatalf("%d is related, though of no concern: %+v\n%+v", i, all, rel)
				}
			}
		}
	}
	if related < 1000 || concerned > 280_000 {
		t.Errorf("%d related, %d concerned: the attempts show nothing", related, concerned)
	}
}

// three makes attempts in order of their start; now and then one repeats the one
// before it.
func three(r *rand.Rand, d *Digests) List {
	all := List{attempt(r, d), attempt(r, d), attempt(r, d)}
	for i := 1; i < len(all); i++ {
		start := all[i-1].Start + int64(r.IntN(3))
		if r.IntN(3) == 0 {
			all[i] = all[i-1]
			all[i].hasKey = false
		}
		all[i].Start = start
	}
	return all
}

// alone reports whether the other attempt says nothing.
func alone(r *Relation) bool {
	return r.GotOver == None && r.Upstream == None && len(r.Legs) == 0 &&
		!(r.Likely || r.Counter || r.Proof || r.Family || r.Spelled || r.Behind || r.Rewritten || r.Spoiled || r.Between) && r.Repeats == 0
}

// attempt makes an attempt of few values, so that two often agree.
func attempt(r *rand.Rand, d *Digests) Attempt {
	few := func() uint64 { return r.Uint64N(3) }
	at := func() addr { return d.addr(capture.AddrFrom4([]byte{127, 0, 0, byte(r.IntN(3))})) }
	port := func() uint16 { return uint16(80 + few()) }
	outcomes := []analyzer.Outcome{
		analyzer.Established, analyzer.Rejected, analyzer.Redirected, analyzer.ConnectFailed, analyzer.ClosedEarly, analyzer.Incomplete,
	}
	status := []int16{0, 101, 400, 401, 403, 407, 426, 502}
	return Attempt{
		client: at(), clientPort: port(), server: at(), serverPort: port(), Start: int64(few()), End: int64(few() + 2),
		Outcome: outcomes[r.IntN(len(outcomes))], Meant: []analyzer.Certainty{analyzer.Yes, analyzer.Unknown}[r.IntN(2)],
		Status: status[r.IntN(len(status))], hasKey: few() == 0, connect: few() == 0,
		target: few(), path: few(), key: few(), secrets: few(),
		manner: d.manners.of(manner{next: few(), through: few(), version: few(), tokens: few(), host: few()}),
		Cause:  int16(r.IntN(3) - 1), fired: d.fired.of(rules.RuleSet{few()}),
	}
}
