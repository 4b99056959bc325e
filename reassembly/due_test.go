package reassembly

import (
	"testing"

	"github.com/handshark/handshark/capture"
)

// TestTooManyLinger: of conversations about to close, the oldest go before their time
// if there are too many.
func TestTooManyLinger(t *testing.T) {
	a := New(counter{}, Options{})
	for i := range uint16(maxLingers + 100) {
		s := capture.Segment{Src: endpoint(9, i+1), Dst: endpoint(1, 80), Ref: capture.Ref{Frame: uint64(i) + 1, Time: epoch}}
		for _, f := range [...]capture.Flags{capture.SYN, capture.RST} {
			s.Flags = f
			a.Segment(&s)
			s.Seq++
		}
		if n := a.lingers.length; n > maxLingers+1 {
			t.Fatalf("%d linger after connection %d", n, i)
		}
	}
	if a.lingers.length < maxLingers {
		t.Errorf("%d linger, want %d", a.lingers.length, maxLingers)
	}
}
