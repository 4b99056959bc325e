package report

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// keptOf keeps a record after n others of its kind.
func keptOf(k *Kinds, h *Handshake, n int) Kept {
	var x Encoded
	var kept Kept
	for i := range n + 1 {
		e := emitter{b: x.octets, notes: x.begin()}
		e.record(h)
		x.end(e.bytes(), e.binary)
		kept.Octets, kept.Form = k.Keep(nil, &x, i)
	}
	kept.Kinds = k
	return kept
}

// TestKeptReadsBack: a record reads back as it was written, and of the second of its
// kind only what varies is kept.
func TestKeptReadsBack(t *testing.T) {
	var k Kinds
	for _, c := range []reportCase{few(), many()} {
		for i, h := range c.handshakes {
			want := string(h.AppendJSON(nil))
			for n := range 3 {
				kept := keptOf(&k, h, n)
				if got := string(kept.AppendJSON(nil)); got != want {
					t.Fatalf("%s, record %d: got\n%s\nwant\n%s", c.name, i, got, want)
				}
				if n > 0 && (kept.Form&ofKind == 0 || 3*len(kept.Octets) > 2*len(want)) {
					t.Errorf("%s, record %d: %d octets of %d are kept", c.name, i, len(kept.Octets), len(want))
				}
			}
		}
	}
}

// TestKindsAreBounded: of more kinds than are kept records are kept whole, and what
// was kept before is as it was.
func TestKindsAreBounded(t *testing.T) {
	var k Kinds
	var all []Kept
	var want []string
	for n := range kindsMost + 10 {
		h := filled[Handshake]()
		h.Outcome = strings.Repeat("x", n+1)
		want, all = append(want, string(h.AppendJSON(nil))), append(all, keptOf(&k, h, 1))
	}
	whole := 0
	for i := range all {
		if all[i].Form&ofKind == 0 {
			whole++
		}
		if got := string(all[i].AppendJSON(nil)); got != want[i] {
			t.Fatalf("record %d: got\n%s\nwant\n%s", i, got, want[i])
		}
	}
	if len(k.all) != kindsMost || whole != 10 {
		t.Errorf("%d kinds, %d records are kept whole", len(k.all), whole)
	}
}

// TestKindsAreCompared: records whose hash is the same are compared.
func TestKindsAreCompared(t *testing.T) {
	var k Kinds
	a, b := filled[Handshake](), filled[Handshake]()
	a.Outcome, b.Outcome = "rejected", "reverted" // what the hash does not see
	keptOf(&k, a, 1)
	kept := keptOf(&k, b, 1)
	if got, want := string(kept.AppendJSON(nil)), string(b.AppendJSON(nil)); got != want || kept.Form&ofKind != 0 {
		t.Errorf("form %d: got\n%.900s\nwant\n%.900s", kept.Form, got, want)
	}
}

// TestRedactionsVary: redactions are numbered in whatever part of a record they stand.
func TestRedactionsVary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		h := filled[Handshake]()
		h.texts(func(x *Text, _ place) {
			if r.IntN(3) == 0 {
				*x = Text(fmt.Sprintf("a%s9%s%016x%s", markStart, markMiddle, r.IntN(5), markEnd))
			}
		})
		var k Kinds
		for n := range 3 {
			var whole, parts Ordinals
			kept := keptOf(&k, h, n)
			record := Record{Kept: kept}
			got, want := string(record.appendJSON(nil, &parts)), string(whole.JSON(nil, h.AppendJSON(nil)))
			if got != want {
				t.Fatalf("got\n%s\nwant\n%s", got, want)
			}
		}
	}
}
