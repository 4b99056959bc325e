package rules

import (
	"bytes"
	"hash/maphash"
)

// memoSlots and memoKey bound what a memo holds: entries, and octets of the key of
// one.
const (
	memoSlots = 64
	memoKey   = 1024
)

// memo remembers what was worked out of octets that recur, such as error pages.
// It compares all of them. What was seen once only is not kept.
type memo[V any] struct {
	seed  maphash.Seed
	slots [memoSlots]struct {
		sum   uint64
		full  bool
		key   []byte
		value V
	}
}

// of gives what work makes of key, which it must depend on and on nothing else.
func (m *memo[V]) of(key []byte, work func() V) V {
	if len(key) > memoKey {
		return work()
	}
	if m.seed == (maphash.Seed{}) {
		m.seed = maphash.MakeSeed()
	}
	sum := maphash.Bytes(m.seed, key)
	s := &m.slots[sum%memoSlots]
	if s.full && s.sum == sum && bytes.Equal(s.key, key) {
		return s.value
	}
	value := work()
	if s.full = s.sum == sum; s.full {
		s.key, s.value = append(s.key[:0], key...), value
	}
	s.sum = sum
	return value
}
