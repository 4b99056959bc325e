package diagnosis_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
)

// TestIncompleteGroups: handshakes that could not be judged are folded by what the
// capture lacks of them, however many come before.
func TestIncompleteGroups(t *testing.T) {
	data := newTalk(t, func(k *talk, _ int) bool {
		for n := range 150 {
			f := k.flow(n)
			if n < 100 { // cut off by the end of the capture
				f.open().asks(upgrade("/chat", ""))
				continue
			}
			f.segment(true, syn, f.client, 0, nil) // only the client's side was captured
			f.client++
			f.server++
			f.asks(upgrade("/chat", ""))
			f.segment(true, ack, f.client, f.server+500, nil)
		}
		return false
	}).all()
	out := string(written(t, data, diagnosis.Options{Keep: diagnosis.KeepSample}))
	rows, found := 0, false
	for line := range strings.Lines(out) {
		if strings.Contains(line, "incomplete  ") {
			rows++
			found = found || strings.HasPrefix(line, "50 ") && strings.Contains(line, "meta-one-direction-only")
		}
	}
	if rows != 2 || !found || !strings.Contains(out, "\nIncomplete\n") || !strings.Contains(out, "no octets of the server were captured") {
		t.Errorf("%d rows, or no reason:\n%s", rows, out)
	}
	o := diagnosis.Options{Keep: diagnosis.KeepSample, Workers: 2, Open: capture.OpenOptions{}}
	if again := written(t, data, o); !bytes.Equal(again, []byte(out)) {
		t.Errorf("another with two workers: %s", firstDifference([]byte(out), again))
	}
}
