package reassembly

import (
	"math/rand"
	"testing"

	"github.com/handshark/handshark/capture"
)

// TestLocate: the quick look at a segment finds what its key finds, both ways, and is
// not misled by a flow with the same hash.
func TestLocate(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	tb := newTable()
	addr := func() capture.Addr {
		if r.Intn(3) == 0 {
			return capture.Addr{Hi: uint64(r.Intn(2)), Lo: uint64(r.Intn(2))<<48 | 0xffff<<32 | uint64(r.Intn(3))}
		}
		return capture.AddrFrom4([]byte{10, 0, 0, byte(r.Intn(3))})
	}
	for range 5000 {
		s := capture.Segment{
			Src: capture.Endpoint{Addr: addr(), Port: uint16(r.Intn(3))},
			Dst: capture.Endpoint{Addr: addr(), Port: uint16(r.Intn(3))},
		}
		k, d := keyOf(&s)
		want := tb.find(&k, tb.hash(&k))
		if got, _, way := tb.locate(&s); got != want || way != d {
			t.Fatalf("%v: flow %d way %d, want %d and %d", k, got, way, want, d)
		}
		if want == 0 {
			want = tb.add(&k, tb.hash(&k))
		}
		if got, f, _ := tb.locate(&s); got != want || f != tb.flow(want) {
			t.Fatalf("%v: flow %d, want %d", k, got, want)
		}
	}
	s := capture.Segment{Src: endpoint(9, 50000), Dst: endpoint(1, 80)}
	k, _ := keyOf(&s)
	for name, other := range map[string]func(*key){
		"a": func(k *key) { k.a.Lo++ }, "b": func(k *key) { k.b.Lo++ }, "ports": func(k *key) { k.ports++ },
		"first not IPv4": func(k *key) { k.a.Hi++ }, "second not IPv4": func(k *key) { k.b.Hi++ },
	} {
		tb, alike := newTable(), k
		other(&alike)
		tb.add(&alike, tb.hash(&k))
		if i, _, _ := tb.locate(&s); i != 0 {
			t.Errorf("%s differs: found flow %d", name, i)
		}
	}
}

// TestHashAhead: what is worked out ahead is what a flow is looked up and removed by, in
// both directions and for all kinds of addresses.
func TestHashAhead(t *testing.T) {
	a := New(counter{}, Options{})
	v4, v6 := func(n uint64) capture.Addr { return capture.Addr{Lo: 0xffff_0a00_0000 | n} }, func(n uint64) capture.Addr { return capture.Addr{Hi: 0x2001 << 48, Lo: n} }
	for i, pair := range [][2]capture.Addr{{v4(1), v4(2)}, {v4(2), v4(1)}, {v4(1), v4(1)}, {v6(1), v6(2)}, {v4(1), v6(1)}, {{Lo: 1}, {Lo: 1}}} {
		s := capture.Segment{Src: capture.Endpoint{Addr: pair[0], Port: 40000}, Dst: capture.Endpoint{Addr: pair[1], Port: 80}}
		k, _ := keyOf(&s)
		back := capture.Segment{Src: s.Dst, Dst: s.Src}
		if got, want := a.Hash(&s), a.flows.hash(&k); got != want || a.Hash(&back) != want {
			t.Errorf("pair %d: hashes %x and %x, want %x", i, got, a.Hash(&back), want)
		}
		ahead := s
		ahead.Hash = a.Hash(&s)
		n := a.flows.add(&k, a.flows.hashOf(&ahead, &k))
		for _, x := range []*capture.Segment{&s, &ahead, &back} {
			if got, _, _ := a.flows.locate(x); got != n {
				t.Errorf("pair %d: flow %d, want %d", i, got, n)
			}
		}
		a.Expect([]uint32{ahead.Hash, ^ahead.Hash, 0})
		a.flows.remove(n)
	}
}
