package reassembly

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A SYN with another number, data that goes on in the old epoch, and then the
// answer to the SYN after all.
func TestRivalAnsweredLate(t *testing.T) {
	r := play(t, Options{}, hello+`c:S:9000 c:A:101,501="GE" c:A:103,501="T" s:SA:7000,9001 c:A:9001,7001="PUT"`)
	want := []string{`0 c "GE" 5`, `0 c "T" 6`, "0 reused", `1 c "PUT" 8`, "1 end"}
	if diff := cmp.Diff(want, r.calls()); diff != "" {
		t.Error(diff)
	}
}
