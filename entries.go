package handshark

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/handshark/handshark/siblings"
)

// entries holds entries without ever moving one, and their order.
type entries struct {
	chunks [][]entry
	n      int
	order  []uint32
}

const entriesPerChunk = 1 << 10

// add gives a new entry.
func (x *entries) add() *entry {
	if x.n%entriesPerChunk == 0 {
		x.chunks = append(x.chunks, make([]entry, entriesPerChunk))
	}
	x.n++
	return x.get(uint32(x.n - 1))
}

// get gives the entry that was added as number i.
func (x *entries) get(i uint32) *entry { return &x.chunks[i/entriesPerChunk][i%entriesPerChunk] }

// Len implements siblings.Attempts.
func (x *entries) Len() int { return x.n }

// At implements siblings.Attempts.
func (x *entries) At(i int) *siblings.Attempt { return &x.at(i).Attempt }

// at gives the entry at a place of the order: the one in which they were added
// until sort is called.
func (x *entries) at(i int) *entry {
	if x.order == nil {
		return x.get(uint32(i))
	}
	return x.get(x.order[i])
}

// from gives a copy of the entries from number n on.
func (x *entries) from(n int) entries {
	var rest entries
	for i := n; i < x.n; i++ {
		*rest.add() = *x.get(uint32(i))
	}
	return rest
}

// sort orders the entries by start, then by id.
func (x *entries) sort() {
	type key struct {
		start int64
		i     uint32
	}
	keys := make([]key, x.n)
	for i := range keys {
		keys[i] = key{x.get(uint32(i)).Start, uint32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(x.get(a.i).id, x.get(b.i).id), cmp.Compare(a.i, b.i))
	})
	x.order = make([]uint32, x.n)
	for i, k := range keys {
		x.order[i] = k.i
	}
}

// interned holds texts that recur, each once, by number.
type interned struct {
	texts []string
	of    map[string]uint32
}

// number gives the number of a text.
func (x *interned) number(s string) uint32 {
	if n, ok := x.of[s]; ok {
		return n
	}
	if x.of == nil {
		x.of = make(map[string]uint32)
	}
	n := uint32(len(x.texts))
	x.texts = append(x.texts, s)
	x.of[s] = n
	return n
}

// idDigits is the length of Handshake.ID.
const idDigits = 12

// parseID turns the id of a handshake into a number of the same order.
func parseID(id string) uint64 {
	n, _ := strconv.ParseUint(id, 16, 64) // the analyzer made it
	return n
}

func formatID(n uint64) string { return fmt.Sprintf("%0*x", idDigits, n) }
