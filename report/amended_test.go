package report

import (
	"testing"
)

// TestAmendedIsAllThatChanges: a record with another verdict reads like one that was decoded,
// changed and encoded again.
func TestAmendedIsAllThatChanges(t *testing.T) {
	var k Kinds
	var room []byte
	forger := filled[Handshake]()
	forger.URL, forger.AnsweredBy = `,"root_cause":`, `","inconclusive":[],"superseded_by":null,"request":`
	for i, h := range append(few().handshakes, filled[Handshake](), &Handshake{}, forger) {
		for n := range 3 {
			kept := keptOf(&k, h, n)
			a, back, err := kept.Verdict(room)
			if room = back; err != nil {
				t.Fatalf("record %d: %v", i, err)
			}
			other, err := (&Record{Kept: kept}).Load()
			if err != nil {
				t.Fatal(err)
			}
			id := "0123456789ab"
			other.SupersededBy, a.SupersededBy = &id, &id
			for _, list := range [][]Finding{other.Findings, a.Findings} {
				for i := range list {
					list[i].Severity, list[i].Message = "info", list[i].Message+" \xff"
				}
			}
			for _, c := range []*RootCause{other.RootCause, a.RootCause} {
				if c != nil {
					c.Confidence, c.Summary = 0.5, "\x1b[2J"
				}
			}
			kept.Amended = a
			if got, want := string(kept.AppendJSON(nil)), string(other.AppendJSON(nil)); got != want {
				t.Errorf("record %d: got\n%.900s\nwant\n%.900s", i, got, want)
			}
			var one, two Ordinals
			whole, parts := Record{Handshake: other}, Record{Kept: kept}
			if got, want := string(parts.appendJSON(nil, &one)), string(whole.appendJSON(nil, &two)); got != want {
				t.Errorf("record %d, numbered: got\n%.900s\nwant\n%.900s", i, got, want)
			}
		}
	}
}

// TestConfidenceIsAllThatChanges: so does a record of which the confidence alone is another.
func TestConfidenceIsAllThatChanges(t *testing.T) {
	var k Kinds
	forger := filled[Handshake]()
	forger.URL, forger.RootCause.Summary = `,"root_cause":{"confidence":1`, `"confidence":1,"label":"x","summary":"`
	changed := 0
	for i, h := range append(few().handshakes, filled[Handshake](), forger) {
		for n := range 3 {
			kept := keptOf(&k, h, n)
			other, err := (&Record{Kept: kept}).Load()
			if err != nil {
				t.Fatal(err)
			}
			if other.RootCause == nil {
				continue
			}
			kept.Confidence = 0.45 + float64(n)/5
			other.RootCause.Confidence, other.RootCause.Label = kept.Confidence, ConfidenceLabel(kept.Confidence)
			if got, want := string(kept.AppendJSON(nil)), string(other.AppendJSON(nil)); got != want {
				t.Errorf("record %d: got\n%.900s\nwant\n%.900s", i, got, want)
			}
			var one, two Ordinals
			whole, parts := Record{Handshake: other}, Record{Kept: kept}
			if got, want := string(parts.appendJSON(nil, &one)), string(whole.appendJSON(nil, &two)); got != want {
				t.Errorf("record %d, numbered: got\n%.900s\nwant\n%.900s", i, got, want)
			}
			changed++
		}
	}
	if changed < 6 {
		t.Errorf("%d records: that shows nothing", changed)
	}
}

// TestVerdictOfNothing: what is no record is an error.
func TestVerdictOfNothing(t *testing.T) {
	for _, octets := range []string{"", "{}", `{"root_cause":`, `{,"root_cause":1,"inconclusive":[]}`, `,"inconclusive":"root_cause":`} {
		kept := Kept{Octets: []byte(octets)}
		if a, _, err := kept.Verdict(nil); err == nil {
			t.Errorf("%s: %+v", octets, a)
		}
	}
}
