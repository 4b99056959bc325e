package siblings

import (
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
)

// TestAdopt: an attempt that others Digests adopted is what it was, whatever they
// had numbered before.
func TestAdopt(t *testing.T) {
	from := NewDigests()
	from.addr(capture.Addr{Hi: 1})
	h := &analyzer.Handshake{Lookup: &capture.DNSMessage{Name: "ws.example.test"}}
	h.Conn.Client, h.Conn.Server = capture.Endpoint{Addr: capture.Addr{Lo: 2}, Port: 3}, capture.Endpoint{Addr: capture.Addr{Hi: 4}, Port: 5}
	set := rules.RuleSet{7}
	a := from.Attempt(h, &set, 1, nil)
	to := from.Fresh()
	to.addr(capture.Addr{Hi: 9})
	to.fired.of(rules.RuleSet{1})
	to.manners.of(manner{host: 1})
	b := a
	to.Adopt(&b, from)
	if to.Client(&b) != h.Conn.Client || to.Server(&b) != h.Conn.Server || *to.Fired(&b) != set {
		t.Errorf("got %v to %v, fired %v", to.Client(&b), to.Server(&b), *to.Fired(&b))
	}
	if to.manners.list[b.manner] != from.manners.list[a.manner] {
		t.Error("another manner")
	}
}

// TestNumbers: equal values have equal numbers, however many there are.
func TestNumbers(t *testing.T) {
	x := numbers[int]{hash: func(v int) uint64 { return uint64(v % 7) }}
	for round := range 2 {
		for v := range 100 {
			if n := x.of(v); int(n) != v {
				t.Fatalf("round %d: got number %d for %d", round, n, v)
			}
		}
	}
	if n, ok := x.find(42); n != 42 || !ok {
		t.Errorf("got %d, %t", n, ok)
	}
	if _, ok := x.find(100); ok {
		t.Error("found what was never entered")
	}
}
