package rules

import (
	"strings"
	"testing"
)

func TestKeyFields(t *testing.T) {
	for _, name := range keyFields {
		for _, spelled := range []string{name, strings.ToUpper(name), strings.ReplaceAll(name, "-", "_")} {
			if !KeyField(spelled) || !KeyField([]byte(spelled)) {
				t.Errorf("%s carries no credential", spelled)
			}
		}
	}
	for _, name := range []string{"", "x", "Accept", "X-Api-Key2", "xx-api-key", "authorization", "x.api.key"} {
		if KeyField(name) {
			t.Errorf("%s carries a credential", name)
		}
	}
}
