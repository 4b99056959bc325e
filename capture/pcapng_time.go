package capture

import (
	"math"
	"math/bits"
)

// resolution converts the time stamps of a pcapng interface to nanoseconds,
// exactly (rounded down where the unit is finer than a nanosecond).
type resolution struct {
	mul    uint64 // nanoseconds per unit, before div and shift
	div    uint64 // power of ten
	shift  uint8  // power of two
	offset int64  // if_tsoffset in nanoseconds
}

// newResolution makes the resolution of an if_tsresol octet: the units per
// second as a power of ten, or of two when the highest bit is set.
func newResolution(octet uint8) resolution {
	if octet&0x80 != 0 {
		return resolution{mul: 1e9, div: 1, shift: octet & 0x7f}
	}
	r := resolution{mul: 1e9, div: 1}
	for range octet {
		switch {
		case r.mul > 1:
			r.mul /= 10
		case r.div <= math.MaxUint64/10:
			r.div *= 10
		default:
			return resolution{div: 1} // finer than a 64-bit count can tell
		}
	}
	return r
}

// setOffset takes if_tsoffset, in seconds.
func (r *resolution) setOffset(seconds int64) {
	const most = math.MaxInt64 / 1_000_000_000
	r.offset = min(max(seconds, -most), most) * 1e9
}

// time gives nanoseconds since the Unix epoch, held at the ends of the range.
func (r *resolution) time(units uint64) int64 {
	hi, lo := bits.Mul64(units, r.mul)
	if s := uint(r.shift); s != 0 {
		lo = hi<<(64-s) | lo>>s // Go shifts by 64 and more give 0
		if s > 64 {
			lo = hi >> (s - 64)
		}
		hi >>= s
	}
	if hi != 0 {
		lo = math.MaxUint64
	}
	if r.div > 1 {
		lo /= r.div
	}
	return saturate(lo, r.offset)
}

// saturate adds an offset to a time and holds it at the ends of the range
// instead of wrapping round.
func saturate(ns uint64, offset int64) int64 {
	base := int64(min(ns, math.MaxInt64))
	sum := base + offset
	if offset > 0 && sum < 0 {
		return math.MaxInt64
	}
	return sum
}
