package siblings

import (
	"slices"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

const (
	clientAddr = addr(iota)
	proxyAddr
	serverAddr
)

// digests gives Digests that know a manner and the empty set of
// rules.
func digests() *Digests {
	d := NewDigests()
	d.manners.of(manner{})
	d.fired.of(rules.RuleSet{})
	return d
}

// refused is an attempt n milliseconds into the run.
func refused(n int) Attempt {
	at := int64(n) * 1e6
	return Attempt{
		client: clientAddr, clientPort: uint16(n), server: proxyAddr, serverPort: 80, Start: at, Asked: at, End: at + 1e6,
		Outcome: analyzer.Rejected, Meant: analyzer.Yes, Status: 403, target: 1, path: 1, Cause: -1,
	}
}

// relate compares attempts in which no rule fired.
func relate(all List) []Relation {
	rel := digests().Relate(all, rules.RuleSet{}, InTurn)
	list := make([]Relation, len(all))
	for i := range all {
		list[i] = *rel.Of(i)
		list[i].Legs = slices.Clone(list[i].Legs)
	}
	return list
}

// TestCrowd: a client that asks a hundred thousand times, always with the same
// key, is compared in moderate time and has no legs.
func TestCrowd(t *testing.T) {
	all := make([]Attempt, 100_000)
	for i := range all {
		all[i] = refused(i / 20)
		all[i].hasKey, all[i].key = true, 7
		switch i % 4 {
		case 1:
			all[i].Outcome, all[i].Status = analyzer.Established, 101
		case 2:
			all[i].Status = 502
		case 3:
			all[i].Outcome, all[i].client, all[i].server, all[i].serverPort = analyzer.ConnectFailed, proxyAddr, serverAddr, 9000
		}
	}
	for i, r := range relate(all) {
		if len(r.Legs) > 4*legsSeen {
			t.Fatalf("attempt %d has %d legs", i, len(r.Legs))
		}
	}
}

// TestLegs: the same key on both sides of a proxy joins two connections, the
// same key again from the same client does not.
func TestLegs(t *testing.T) {
	front, behind, again := refused(0), refused(1), refused(2)
	behind.client, behind.clientPort, behind.server, behind.serverPort = proxyAddr, 40000, serverAddr, 9000
	all := []Attempt{front, behind, again}
	for i := range all {
		all[i].hasKey, all[i].key = true, 7
	}
	got := relate(all)
	if len(got[0].Legs) != 1 || got[0].Legs[0] != 1 || got[0].Upstream != 1 {
		t.Errorf("front: %+v", got[0])
	}
	if len(got[1].Legs) != 2 || got[1].Upstream != None {
		t.Errorf("behind: %+v", got[1])
	}
}

// TestGotOver: the first attempt that answers a refusal counts, not a later one.
func TestGotOver(t *testing.T) {
	denied, other, first, second := refused(0), refused(1), refused(2), refused(3)
	denied.Status = 401
	other.target = 2
	for _, a := range []*Attempt{&other, &first, &second} {
		a.Outcome, a.Status, a.secrets = analyzer.Established, 101, 9
	}
	if got := relate(List{denied, other, first, second})[0]; got.GotOver != 2 {
		t.Errorf("got over by %d, want 2", got.GotOver)
	}
}
