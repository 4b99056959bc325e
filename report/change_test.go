package report

import (
	"testing"
)

// TestChangeIsAllThatChanges: a record with a change reads like one that was decoded,
// changed and encoded again.
func TestChangeIsAllThatChanges(t *testing.T) {
	var k Kinds
	forger := filled[Handshake]()
	forger.URL, forger.AnsweredBy = `,"root_cause":`, `","inconclusive":[],"superseded_by":null,"request":`
	forger.RootCause.Summary, forger.Findings[0].Message = `"confidence":1,"label":"x","summary":"`, `"severity":"error",`
	bare := &Handshake{}
	changed := 0
	for i, h := range append(few().handshakes, filled[Handshake](), forger, bare) {
		for n := range 3 {
			for _, change := range []Change{{Confidence: 0.45 + float64(n)/5}, {SupersededBy: "0123456789ab"}, {0.97, "0123456789ab"}} {
				if h.RootCause == nil {
					change.Confidence = 0
				}
				kept := keptOf(&k, h, n)
				other, err := (&Record{Kept: kept}).Load()
				if err != nil {
					t.Fatal(err)
				}
				change.onto(other)
				kept.Change = change
				if got, want := string(kept.AppendJSON(nil)), string(other.AppendJSON(nil)); got != want {
					t.Errorf("record %d, %+v: got\n%.900s\nwant\n%.900s", i, change, got, want)
				}
				var one, two Ordinals
				whole, parts := Record{Handshake: other}, Record{Kept: kept}
				if got, want := string(parts.appendJSON(nil, &one)), string(whole.appendJSON(nil, &two)); got != want {
					t.Errorf("record %d, %+v, numbered: got\n%.900s\nwant\n%.900s", i, change, got, want)
				}
				changed++
			}
		}
	}
	if changed < 20 {
		t.Errorf("%d changes: that shows nothing", changed)
	}
}

// onto changes a record that was decoded.
func (c *Change) onto(h *Handshake) {
	if c.Confidence > 0 {
		h.RootCause.Confidence, h.RootCause.Label = c.Confidence, ConfidenceLabel(c.Confidence)
	}
	if c.SupersededBy != "" {
		h.SupersededBy = &c.SupersededBy
		h.Soften()
	}
}

// TestChangeOfNothing: what is no record is no reason to panic.
func TestChangeOfNothing(t *testing.T) {
	for _, octets := range []string{"", "{}", `{"root_cause":`, `,"inconclusive":"root_cause":`, `"findings":[{"severity":`} {
		kept := Kept{Octets: []byte(octets), Change: Change{0.5, "0123456789ab"}}
		_ = kept.AppendJSON(nil)
	}
}
