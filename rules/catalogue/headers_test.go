package catalogue

import (
	"testing"

	"github.com/handshark/handshark/rules"
)

// TestExplain400AreCauses: what silences response-400-unexplained must be able to
// be the cause itself, else nothing is left to name.
func TestExplain400AreCauses(t *testing.T) {
	cause := map[string]rules.CauseKind{}
	for _, r := range All() {
		cause[r.ID] = r.Cause
	}
	for _, id := range explain400 {
		if cause[id] != rules.IsCause {
			t.Errorf("%s silences response-400-unexplained and cannot be a cause", id)
		}
	}
}
