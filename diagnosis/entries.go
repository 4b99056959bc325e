package diagnosis

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/siblings"
)

// entries holds entries in chunks: a million of them are never copied to grow.
type entries struct {
	chunks [][]entry
	n      int
	id     func(*entry) uint64 // of an entry, worked out when it is asked for
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
// where they lie in that order. both sorts two halves.
func (x *entries) sort(both siblings.Both) {
	places := make([]place, x.n)
	var seen int64
	for i := range places {
		places[i] = place{x.at(i).Start, uint32(i)}
		seen |= places[i].start ^ places[0].start
	}
	middle := x.sortPlaces(places, bits.Len64(uint64(seen)), both)
	x.cross(places, middle)
	both(func() { x.fillAll(places, 0, middle) }, func() { x.fillAll(places, middle, len(places)) })
}

// sortPlaces is sortDigits for all places. It gives where the second half begins.
func (x *entries) sortPlaces(places []place, differ int, both siblings.Both) (middle int) {
	if len(places) <= fewPlaces || differ == 0 {
		x.sortFew(places)
		return len(places)
	}
	var ends [1 << digitBits]uint32
	shift := byDigit(places, &ends, differ)
	half := 1 + slices.IndexFunc(ends[:], func(end uint32) bool { return int(end) >= len(places)/2 })
	middle = int(ends[half-1])
	both(func() { x.sortRuns(places, 0, ends[:half], shift) }, func() { x.sortRuns(places, uint32(middle), ends[half:], shift) })
	return middle
}

// Digits by which places are sorted, and how many places are sorted by comparing.
const (
	digitBits = 8
	fewPlaces = 48
)

// sortDigits sorts places whose starts differ in the last so many bits alone, which
// takes less than comparing them: by one digit, in place, then what has the same
// digit. Times before 1970 are told apart by the first bit, so that the order of
// digits is that of numbers.
func (x *entries) sortDigits(places []place, differ int) {
	if len(places) <= fewPlaces || differ == 0 {
		x.sortFew(places)
		return
	}
	var ends [1 << digitBits]uint32
	shift := byDigit(places, &ends, differ)
	x.sortRuns(places, 0, ends[:], shift)
}

func (x *entries) sortFew(places []place) { slices.SortFunc(places, x.inOrder) }

// sortRuns sorts each run of places that have a digit in common.
func (x *entries) sortRuns(places []place, from uint32, ends []uint32, shift int) {
	for _, end := range ends {
		if end-from > 1 {
			x.sortDigits(places[from:end], shift)
		}
		from = end
	}
}

// byDigit sorts places by the first digit in which they differ, and gives where those of
// each end, and by how many bits those that have it in common may still differ.
func byDigit(places []place, ends *[1 << digitBits]uint32, differ int) (shift int) {
	shift = max(0, differ-digitBits)
	var next [1 << digitBits]uint32
	for i := range places {
		ends[places[i].digit(shift)]++
	}
	sum := uint32(0)
	for d, n := range ends {
		next[d] = sum
		sum += n
		ends[d] = sum
	}
	exchange(places, &next, ends, shift)
	return shift
}

// exchange brings each place to those of its digit, by what is there in its stead.
func exchange(places []place, next, ends *[1 << digitBits]uint32, shift int) {
	for d := range ends {
		for next[d] < ends[d] {
			p := places[next[d]]
			for to := p.digit(shift); int(to) != d; to = p.digit(shift) {
				p, places[next[to]] = places[next[to]], p
				next[to]++
			}
			places[next[d]] = p
			next[d]++
		}
	}
}

func (p *place) digit(shift int) uint8 { return uint8((uint64(p.start) ^ 1<<63) >> shift) }

func (x *entries) inOrder(a, b place) int {
	if a.start != b.start {
		return cmp.Compare(a.start, b.start)
	}
	return cmp.Or(cmp.Compare(x.id(x.at(int(a.from))), x.id(x.at(int(b.from)))), cmp.Compare(a.from, b.from))
}

// cross changes entries that go from one half to the other for one another, so that
// either half can be filled by itself.
func (x *entries) cross(places []place, middle int) {
	j := middle
	for i := range places[:middle] {
		from := places[i].from
		if int(from) < middle {
			continue
		}
		for int(places[j].from) >= middle {
			j++
		}
		a, b := x.at(int(from)), x.at(int(places[j].from))
		*a, *b = *b, *a
		places[i].from, places[j].from = places[j].from, from
	}
}

func (x *entries) fillAll(places []place, from, to int) {
	for i := from; i < to; i++ {
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
