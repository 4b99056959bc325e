package catalogue

import (
	"testing"

	"github.com/handshark/handshark/rules"
)

func TestCatalogueIsValid(t *testing.T) {
	if err := rules.Validate(All()); err != nil {
		t.Error(err)
	}
	if _, err := rules.NewEngine(All(), rules.Options{}); err != nil {
		t.Error(err)
	}
}

func TestCatalogueIsInOrderOfFamilies(t *testing.T) {
	last := rules.Meta
	for _, r := range All() {
		if r.Family < last {
			t.Errorf("rule %s: family %v listed after %v", r.ID, r.Family, last)
		}
		last = r.Family
	}
}
