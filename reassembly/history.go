package reassembly

import "math/bits"

// maxHistory is how many delivered bytes of one side are kept.
const maxHistory = 16 << 10

// history is the tail of what was delivered, without gaps: a retransmission that
// comes later is compared with it.
type history struct {
	buf []byte
	end int64 // offset of the end of buf
}

// conflicts reports whether data at offset start differs from the history where
// they overlap. What the history does not reach counts as equal.
func (y *history) conflicts(start int64, data []byte) bool {
	first := y.end - int64(len(y.buf))
	lo, hi := max(start, first), min(start+int64(len(data)), y.end)
	if lo >= hi {
		return false
	}
	return string(y.buf[lo-first:hi-first]) != string(data[lo-start:hi-start])
}

// remember appends delivered bytes that end at offset end.
func (a *Assembler) remember(y *history, data []byte, end int64) {
	if y.end+int64(len(data)) != end {
		y.buf = y.buf[:0]
	}
	y.end = end
	if len(data) > maxHistory/2 {
		data = data[len(data)-maxHistory/2:]
		y.buf = y.buf[:0]
	}
	if len(y.buf)+len(data) > cap(y.buf) && !a.widen(y, len(data)) {
		y.buf = y.buf[:0]
		return
	}
	y.buf = append(y.buf, data...)
}

// widen makes room for n more bytes, at most maxHistory/2: by a larger buffer, or
// by dropping the older half. It reports false if the limit of all histories is
// reached; then y stays as it is.
func (a *Assembler) widen(y *history, n int) bool {
	if want := len(y.buf) + n; want <= maxHistory {
		size := classSize(want)
		if a.stats.History+size-cap(y.buf) > a.opt.MaxHistory {
			return false
		}
		wide := a.buffers.get(size)[:0]
		a.stats.History += cap(wide) - cap(y.buf)
		if y.buf != nil {
			wide = append(wide, y.buf...)
			a.buffers.put(y.buf)
		}
		y.buf = wide
		return true
	}
	keep := min(len(y.buf), cap(y.buf)-n, maxHistory/2)
	y.buf = append(y.buf[:0], y.buf[len(y.buf)-keep:]...)
	return true
}

// forget gives the memory of y back.
func (a *Assembler) forget(y *history) {
	if y.buf != nil {
		a.empty(y)
	}
}

func (a *Assembler) empty(y *history) {
	a.stats.History -= cap(y.buf)
	a.buffers.put(y.buf)
	*y = history{}
}

// buffers lends byte slices in classes of powers of two, from 64 bytes to 64 KiB.
// Longer ones are made and dropped.
type buffers struct {
	free   [classes][][]byte
	pooled int
}

const (
	smallest  = 6 // log2 of the smallest class
	classes   = 11
	maxPooled = 2 << 20 // bytes kept for later use
)

func classOf(n int) int { return max(bits.Len(uint(n-1))-smallest, 0) }

// classSize gives the capacity that get(n) yields for n up to 64 KiB.
func classSize(n int) int { return 1 << (classOf(n) + smallest) }

// get gives a slice of length n > 0.
func (b *buffers) get(n int) []byte {
	k := classOf(n)
	if k >= classes {
		return make([]byte, n)
	}
	if l := len(b.free[k]); l > 0 {
		buf := b.free[k][l-1]
		b.free[k] = b.free[k][:l-1]
		b.pooled -= cap(buf)
		return buf[:n]
	}
	return make([]byte, n, 1<<(k+smallest))
}

func (b *buffers) put(buf []byte) {
	n := cap(buf)
	if n == 0 || n > 1<<(classes-1+smallest) || b.pooled+n > maxPooled {
		return
	}
	k := classOf(n)
	if 1<<(k+smallest) != n {
		return
	}
	b.free[k] = append(b.free[k], buf[:0])
	b.pooled += n
}
