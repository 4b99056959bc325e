package diagnosis_test

import (
	"testing"

	"github.com/handshark/handshark/internal/accuracy"
	"github.com/handshark/handshark/rules/catalogue"
)

// accuracyMark is the least share of faults that must be named as the root cause.
const accuracyMark = 0.99

// TestAccuracy judges a sample of random handshakes, healthy and with one fault
// each; go run ./internal/cmd/accuracy judges many more.
func TestAccuracy(t *testing.T) {
	var known []string
	for _, r := range catalogue.All() {
		known = append(known, r.ID)
	}
	var tally accuracy.Tally
	if err := tally.Sound(7, 600); err != nil {
		t.Fatal(err)
	}
	if err := tally.Faulty(8, 1500, known); err != nil {
		t.Fatal(err)
	}
	if tally.HealthyRight < tally.Healthy || tally.Share() < accuracyMark {
		t.Error(tally.Report(known, 5))
	}
}
