package report

import (
	"hash/maphash"
	"math/bits"
)

// digestTable has the numbers of digests. It is not a map because every secret of a report
// is looked up in it, mostly one that is not there yet: to look and to enter touch one
// place in memory here.
//
// A digest is as good as a hash by itself, but a capture may bring marks that were made to
// come to the same place: by is random, so that none knows which do.
type digestTable struct {
	slots []digestSlot // a power of two; where the place of a digest is taken it is the next
	count uint32
	shift uint8 // a product's high bits are the place
	by    uint64
}

// digestSlot holds a digest with its number; 0 = the slot is free.
type digestSlot struct {
	digest uint64
	number uint32
}

// leastDigests is how many slots there are at first.
const leastDigests = 1 << 8

// of gives the number of a digest, 0 if it has none.
func (t *digestTable) of(digest uint64) uint32 {
	if t.count == 0 {
		return 0
	}
	return t.slot(digest).number
}

// slot gives where a digest is, or where it has its place.
func (t *digestTable) slot(digest uint64) *digestSlot {
	for i := digest * t.by >> (t.shift & 63); ; i++ {
		s := &t.slots[i&uint64(len(t.slots)-1)]
		if s.number == 0 || s.digest == digest {
			return s
		}
	}
}

// enter gives a digest that has none the number n.
func (t *digestTable) enter(digest uint64, n uint32) {
	if uint64(t.count)*3 >= uint64(len(t.slots))*2 {
		t.grow()
	}
	*t.slot(digest) = digestSlot{digest, n}
	t.count++
}

// grow doubles the table.
func (t *digestTable) grow() {
	old := t.slots
	if t.by == 0 {
		t.by = maphash.Comparable(maphash.MakeSeed(), 0) | 1
	}
	t.slots = make([]digestSlot, max(leastDigests, 2*len(old)))
	t.shift = uint8(64 - bits.TrailingZeros(uint(len(t.slots))))
	for i := range old {
		if old[i].number > 0 {
			*t.slot(old[i].digest) = old[i]
		}
	}
}
