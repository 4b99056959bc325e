package reassembly

import (
	"slices"
	"testing"

	"github.com/handshark/handshark/capture"
)

// TestEnlist: a flow moves to the end of a list from wherever it stands, also if it
// stands there, and its age counts from then.
func TestEnlist(t *testing.T) {
	for moved, want := range map[uint32][]uint32{1: {2, 3, 1}, 2: {1, 3, 2}, 3: {1, 2, 3}} {
		a := New(counter{}, Options{})
		for i := range uint16(3) {
			a.Segment(&capture.Segment{Src: endpoint(9, 1000+i), Dst: endpoint(1, 80), Flags: capture.SYN, Ref: capture.Ref{Frame: 1}})
		}
		a.flows.flow(moved).last = 7
		a.enlist(moved, opening)
		var got []uint32
		for i := a.lists[opening].head; i != 0; i = a.flows.flow(i).next {
			got = append(got, i)
		}
		if !slices.Equal(got, want) || a.flows.flow(moved).queued != 7 || a.lists[opening].tail != moved {
			t.Errorf("flow %d moved: %v, want %v; queued %d", moved, got, want, a.flows.flow(moved).queued)
		}
	}
}
