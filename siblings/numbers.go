package siblings

// numbers gives equal values equal numbers, from 0 in order of appearance. It
// takes about 10 bytes more than the value itself for each.
type numbers[T comparable] struct {
	hash  func(T) uint64
	list  []T
	slots []uint32 // open addressing; 1 + number, 0 = free
	last  uint32   // asked for last
}

// of gives the number of v.
func (x *numbers[T]) of(v T) uint32 {
	if int(x.last) < len(x.list) && x.list[x.last] == v {
		return x.last
	}
	if 4*len(x.list) >= 3*len(x.slots) {
		x.grow()
	}
	s := x.slot(v)
	if x.slots[s] == 0 {
		x.list = append(x.list, v)
		x.slots[s] = uint32(len(x.list))
	}
	x.last = x.slots[s] - 1
	return x.last
}

// find gives the number of v if it has one.
func (x *numbers[T]) find(v T) (uint32, bool) {
	if len(x.slots) == 0 {
		return 0, false
	}
	n := x.slots[x.slot(v)]
	return n - 1, n != 0
}

// slot gives the slot of v: its own or a free one.
func (x *numbers[T]) slot(v T) int {
	mask := len(x.slots) - 1
	i := int(x.hash(v)) & mask
	for {
		if n := x.slots[i]; n == 0 || x.list[n-1] == v {
			return i
		}
		i = (i + 1) & mask
	}
}

const fewestSlots = 16

func (x *numbers[T]) grow() {
	x.slots = make([]uint32, max(fewestSlots, 2*len(x.slots)))
	for i, v := range x.list {
		x.slots[x.slot(v)] = uint32(i + 1)
	}
}
