package accuracy

import "slices"

// Fault is one thing that goes wrong.
type Fault struct {
	Rule string
	Same []string // rules that name the same fault as well
	Wish Wish     // what the handshake around it must be like
	Do   func(r rng, s *Scene)
}

// wish is the handshake around the fault: no attempt before it that failed, and
// nothing that would put the blame elsewhere.
func (f *Fault) wish() Wish {
	w := f.Wish
	w.NoRetry, w.NoMarkers, w.NoProxy = true, true, true
	return w
}

// faults is the table of all of them.
var faults = slices.Concat(
	requestFaults(), headFaults(), answerFaults(), deflateFaults(), frameFaults(), statusFaults(), wireFaults(),
)
