package diagnosis_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// TestInterruptedPipe calls off the analysis of a pipe into which nobody writes
// any more: what was found is yielded, and nothing counts as damaged.
func TestInterruptedPipe(t *testing.T) {
	data := pcapOf(t, say(t, func(k *talk) {
		refusal(k, 1, "/found")
		refusal(k, 2, "/later")
	}))
	cut := len(data) - 700
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	go func() {
		// When the last of these was taken, the first was used up.
		for _, part := range [][]byte{data[:cut], data[cut : cut+50], data[cut+50 : cut+100]} {
			if _, err := w.Write(part); err != nil {
				t.Error(err)
			}
		}
		cancel()
	}()
	defer r.Close()
	var found []string
	tail, err := diagnosis.Analyze(ctx, []string{"-"}, diagnosis.Options{Open: capture.OpenOptions{Stdin: r}}, func(r *report.Record) error {
		h, err := r.Load()
		if err == nil && h.Outcome == "rejected" {
			found = append(found, string(h.URL))
		}
		return err
	})
	if !errors.Is(err, context.Canceled) || len(found) != 1 || found[0] != "ws://example.test/found" {
		t.Errorf("found %q, %v", found, err)
	}
	damage := (analyzed{tail: tail}).damage()
	if len(damage) != 1 || !strings.HasSuffix(damage[0], "interrupted: what follows was not read") {
		t.Errorf("damage %q; want that the run was interrupted, and nothing of the packet that it cut", damage)
	}
}
