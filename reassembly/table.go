package reassembly

import (
	"hash/maphash"
	"math/bits"

	"github.com/handshark/handshark/capture"
)

// key is a five-tuple with the smaller endpoint first, so that both directions
// have the same key.
type key struct {
	a, b  capture.Addr
	ports uint32 // of a, then of b
}

// direction tells which way a segment goes on its key.
type direction uint8

const (
	forth direction = iota // from the smaller endpoint to the larger
	back
)

// keyOf gives the key of s and which way s goes on it.
func keyOf(s *capture.Segment) (key, direction) {
	if before(s.Src, s.Dst) {
		return key{s.Src.Addr, s.Dst.Addr, uint32(s.Src.Port)<<16 | uint32(s.Dst.Port)}, forth
	}
	return key{s.Dst.Addr, s.Src.Addr, uint32(s.Dst.Port)<<16 | uint32(s.Src.Port)}, back
}

// before orders endpoints; equal ones (a socket connected to itself) count as
// in order.
func before(x, y capture.Endpoint) bool {
	switch {
	case x.Addr.Hi != y.Addr.Hi:
		return x.Addr.Hi < y.Addr.Hi
	case x.Addr.Lo != y.Addr.Lo:
		return x.Addr.Lo < y.Addr.Lo
	}
	return x.Port <= y.Port
}

// table finds flows by key: open addressing, linear probing, and the flows
// themselves in slabs without pointers that the garbage collector never scans.
// The seed is random, so that nobody can aim at one slot; nothing is ever
// walked in slot order, so that the seed does not show in the output.
type table struct {
	slots []slot // length a power of two
	used  int
	slabs []*slab
	free  uint32 // head of the list of free flows, linked by next
	size  uint32 // flows handed out, free ones included; flow 0 is never used
	seeds [2]uint64
	sum   uint32 // of what expect saw, so that it is not left out
}

// slab holds flows: what each packet looks at, one cache line, apart from what
// only the first and the last packets do.
type slab struct {
	flows   [slabSize]flow
	numbers [slabSize]numbers
}

// slot is a hash and a flow; flow 0 means empty.
type slot struct{ hash, flow uint32 }

const slabSize = 1 << 10

func newTable() table {
	return table{slots: make([]slot, 1<<10), size: 1, seeds: [2]uint64{randomSeed(), randomSeed()}}
}

func randomSeed() uint64 { return maphash.Bytes(maphash.MakeSeed(), nil) }

func (t *table) flow(i uint32) *flow { return &t.slabs[i/slabSize].flows[i%slabSize] }

func (t *table) numbers(i uint32) *numbers { return &t.slabs[i/slabSize].numbers[i%slabSize] }

// hash takes a seed into each factor: nobody can choose one of zero.
func (t *table) hash(k *key) uint32 {
	if k.a.Is4() && k.b.Is4() {
		return t.hash4(k.a.Lo<<16|uint64(k.ports>>16), k.b.Lo<<16|uint64(k.ports&0xffff))
	}
	h := mix(k.a.Lo^t.seeds[0], k.b.Lo^t.seeds[1])
	if k.a.Hi|k.b.Hi != 0 {
		h ^= mix(k.a.Hi^t.seeds[1], k.b.Hi^h^t.seeds[0])
	}
	h = mix(h^uint64(k.ports), t.seeds[0]^t.seeds[1]>>1)
	return uint32(h ^ h>>32)
}

// hashOf is the hash of s, whose key is k.
func (t *table) hashOf(s *capture.Segment, k *key) uint32 {
	if s.Hash != 0 {
		return s.Hash
	}
	return t.hash(k)
}

// hashFor works the hash of s out.
func (t *table) hashFor(s *capture.Segment) uint32 {
	if !bothIPv4(s) {
		k, _ := keyOf(s)
		return t.hash(&k)
	}
	src, dst := s.Src.Addr.Lo<<16|uint64(s.Src.Port), s.Dst.Addr.Lo<<16|uint64(s.Dst.Port)
	return t.hash4(min(src, dst), max(src, dst))
}

func bothIPv4(s *capture.Segment) bool {
	return s.Src.Addr.Hi|s.Dst.Addr.Hi|(s.Src.Addr.Lo>>32^0xffff)|(s.Dst.Addr.Lo>>32^0xffff) == 0
}

// expect brings the slots of hashes into the cache. Each is far from the others, and to
// wait for all at once takes little more than to wait for one.
func (t *table) expect(hashes []uint32) {
	slots, sum := t.slots, uint32(0)
	for _, h := range hashes {
		sum += slots[int(h)&(len(slots)-1)].flow
	}
	t.sum = sum
}

// hash4 is the hash of two IPv4 endpoints, each as locate makes one number of it.
func (t *table) hash4(x, y uint64) uint32 {
	h := mix(x^t.seeds[0], y^t.seeds[1])
	return uint32(h ^ h>>32)
}

func mix(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}

// locate gives the flow of s and its number, 0 if there is none, and which way s goes on it. For IPv4 an endpoint
// is one number, nothing branches on which one is smaller (that is a coin toss for
// the processor), and a flow is compared as a whole.
func (t *table) locate(s *capture.Segment) (uint32, *flow, direction) {
	if !bothIPv4(s) {
		return t.locateLong(s)
	}
	src, dst := s.Src.Addr.Lo<<16|uint64(s.Src.Port), s.Dst.Addr.Lo<<16|uint64(s.Dst.Port)
	x, y := min(src, dst), max(src, dst)
	hash := s.Hash
	if hash == 0 {
		hash = t.hash4(x, y)
	}
	ports := uint32(x)<<16 | uint32(uint16(y))
	x, y = x>>16, y>>16
	slots := t.slots
	for i := int(hash); ; i++ {
		l := &slots[i&(len(slots)-1)]
		if l.hash == hash && l.flow != 0 {
			f := t.flow(l.flow)
			if (f.a.Lo^x)|(f.b.Lo^y)|uint64(f.ports^ports)|f.a.Hi|f.b.Hi == 0 {
				return l.flow, f, directionOf(src, dst)
			}
		}
		if l.flow == 0 {
			return 0, nil, directionOf(src, dst)
		}
	}
}

// directionOf gives the direction from src to dst.
func directionOf(src, dst uint64) direction {
	if src > dst {
		return back
	}
	return forth
}

// locateLong is locate for any addresses.
func (t *table) locateLong(s *capture.Segment) (uint32, *flow, direction) {
	k, d := keyOf(s)
	i := t.find(&k, t.hashOf(s, &k))
	if i == 0 {
		return 0, nil, d
	}
	return i, t.flow(i), d
}

// find gives the flow of k, or 0.
func (t *table) find(k *key, hash uint32) uint32 {
	mask := uint32(len(t.slots) - 1)
	for i := hash & mask; t.slots[i].flow != 0; i = (i + 1) & mask {
		if t.slots[i].hash == hash && t.flow(t.slots[i].flow).is(k) {
			return t.slots[i].flow
		}
	}
	return 0
}

// add makes a flow for k, which must not be there yet.
func (t *table) add(k *key, hash uint32) uint32 {
	if t.used*8 >= len(t.slots)*5 {
		t.grow()
	}
	i := t.take()
	f := t.flow(i)
	*f = flow{a: k.a, b: k.b, ports: k.ports}
	*t.numbers(i) = numbers{}
	t.put(slot{hash, i})
	t.used++
	return i
}

func (t *table) put(s slot) {
	mask := uint32(len(t.slots) - 1)
	i := s.hash & mask
	for t.slots[i].flow != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.flow != 0 {
			t.put(s)
		}
	}
}

func (t *table) take() uint32 {
	if i := t.free; i != 0 {
		t.free = t.flow(i).next
		return i
	}
	if int(t.size) >= len(t.slabs)*slabSize {
		t.slabs = append(t.slabs, new(slab))
	}
	t.size++
	return t.size - 1
}

// remove forgets flow n. The slots behind it move up, so that no tombstones
// pile up:
//
//	slot   4   5   6   7        a flow may move into the hole only if the hole
//	home   4  (4)  5   7        lies between its home slot and where it is:
//	           ^--hole          6 moves to 5, 7 stays
func (t *table) remove(n uint32) {
	f := t.flow(n)
	k := f.key()
	mask := uint32(len(t.slots) - 1)
	hole := t.hash(&k) & mask
	for t.slots[hole].flow != n {
		hole = (hole + 1) & mask
	}
	for i := (hole + 1) & mask; t.slots[i].flow != 0; i = (i + 1) & mask {
		home := t.slots[i].hash & mask
		if (i-home)&mask >= (i-hole)&mask {
			t.slots[hole] = t.slots[i]
			hole = i
		}
	}
	t.slots[hole] = slot{}
	t.used--
	*f = flow{next: t.free}
	t.free = n
}
