package rules

import "math/bits"

// RuleSetSize is how many rules a RuleSet can tell apart.
const RuleSetSize = 6 * 64

// RuleSet is a set of rules by their index in the catalogue: compact enough to
// keep for every handshake of a capture.
type RuleSet [RuleSetSize / 64]uint64

// Add puts rule i into the set.
func (s *RuleSet) Add(i int) { s[i/64] |= 1 << (i % 64) }

// Has reports whether rule i is in the set.
func (s *RuleSet) Has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

// Len is the number of rules in the set.
func (s *RuleSet) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}
