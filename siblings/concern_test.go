package siblings

import (
	"math/rand/v2"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
)

// TestConcern compares pairs of made-up attempts: where Concern says that there is
// nothing to find, Relate may find nothing.
func TestConcern(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d := NewDigests()
	var faults rules.RuleSet
	concerned, related := 0, 0
	for range 300_000 {
		pair := List{attempt(r, d), attempt(r, d)}
		pair[1].Start += pair[0].Start
		found := d.Relate(pair, faults)
		may := SameKey(&pair[0], &pair[1]) || d.Concern(&pair[0], &pair[1])
		if d.Concern(&pair[0], &pair[1]) != d.Concern(&pair[1], &pair[0]) {
			t.Fatalf("not symmetric: %+v", pair)
		}
		if may {
			concerned++
		}
		if related0, related1 := *found.Of(0), *found.Of(1); !alone(&related0) || !alone(&related1) {
			related++
			if !may {
				t.Fatalf("related, though of no concern: %+v\n%+v\n%+v", pair, related0, related1)
			}
		}
	}
	if related < 1000 || concerned > 250_000 {
		t.Errorf("%d related, %d concerned: the pairs show nothing", related, concerned)
	}
}

// alone reports whether the other attempt says nothing.
func alone(r *Relation) bool {
	return r.GotOver == None && r.Upstream == None && len(r.Legs) == 0 &&
		!(r.Likely || r.Counter || r.Proof || r.Family || r.Spelled || r.Behind || r.Rewritten || r.Spoiled) && r.Repeats == 0
}

// attempt makes an attempt of few values, so that two often agree.
func attempt(r *rand.Rand, d *Digests) Attempt {
	few := func() uint64 { return r.Uint64N(3) }
	at := func() uint32 { return d.addrs.of(capture.AddrFrom4([]byte{127, 0, 0, byte(r.IntN(3))})) }
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
