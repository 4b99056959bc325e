package handshark

import (
	"cmp"
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/siblings"
)

// entries holds entries in chunks: a million of them are never copied to grow.
type entries struct {
	chunks [][]entry
	n      int
}

const entriesPerChunk = 1 << 10

// add gives a new entry.
func (x *entries) add() *entry {
	if x.n%entriesPerChunk == 0 {
		x.chunks = append(x.chunks, make([]entry, entriesPerChunk))
	}
	x.n++
	return x.at(x.n - 1)
}

// at gives an entry, in the order in which they were added until sort is called.
func (x *entries) at(i int) *entry {
	return &x.chunks[uint(i)/entriesPerChunk][uint(i)%entriesPerChunk]
}

// Len implements siblings.Attempts.
func (x *entries) Len() int { return x.n }

// At implements siblings.Attempts.
func (x *entries) At(i int) *siblings.Attempt { return &x.at(i).Attempt }

// from gives a copy of the entries from number n on.
func (x *entries) from(n int) entries {
	var rest entries
	for i := n; i < x.n; i++ {
		*rest.add() = *x.at(i)
	}
	return rest
}

// place is where an entry goes.
type place struct {
	start int64
	from  uint32
}

// sort brings the entries into the order of their start, then of their id. They
// are moved: what looks at all of them one after the other is several times faster
// where they lie in that order.
func (x *entries) sort() {
	places := make([]place, x.n)
	for i := range places {
		places[i] = place{x.at(i).Start, uint32(i)}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		return cmp.Or(cmp.Compare(x.at(int(a.from)).id, x.at(int(b.from)).id), cmp.Compare(a.from, b.from))
	})
	for i := range places {
		x.fill(i, places)
	}
}

// fill moves the entry that goes to place i there, the one that goes to the place
// that becomes free, and so on.
func (x *entries) fill(i int, places []place) {
	if int(places[i].from) == i {
		return
	}
	first := *x.at(i)
	to := i
	for {
		from := int(places[to].from)
		places[to].from = uint32(to)
		if from == i {
			*x.at(to) = first
			return
		}
		*x.at(to) = *x.at(from)
		to = from
	}
}

// Bounds of the texts that are held in memory.
const (
	textsHeld     = 1 << 16
	textBytesHeld = 8 << 20
)

// interned holds texts that recur, each once, by number, as far as there is room.
type interned struct {
	texts []string
	of    map[string]uint32
	bytes int
}

// find gives the number of a text that is held.
func (x *interned) find(s []byte) (uint32, bool) {
	n, ok := x.of[string(s)]
	return n, ok
}

// number gives the number of a text; not ok if there is no room for it.
func (x *interned) number(s string) (n uint32, ok bool) {
	if n, ok := x.of[s]; ok {
		return n, true
	}
	if len(x.texts) >= textsHeld || x.bytes+len(s) > textBytesHeld {
		return 0, false
	}
	if x.of == nil {
		x.of = make(map[string]uint32)
	}
	n = uint32(len(x.texts))
	x.texts = append(x.texts, s)
	x.bytes += len(s)
	x.of[s] = n
	return n, true
}

func formatID(n uint64) string { return analyzer.ID(n).String() }
