package capture

// Files that were preallocated or padded end in octets that are zero, each sixteen of which
// are a record without time and octets. Followed by another record they are packets.

// paddingLeast is the fewest zero octets that are no record header that was cut: as many as
// a time has.
const paddingLeast = 8

// zeros takes records in which all is zero, if they come next: as packets, or as padding
// that ends the file. It reports whether there were any.
func (f *pcapFile) zeros() bool {
	at, n := f.w.offset(), uint64(0)
	for f.w.need(f.header) && allZero(f.w.unread()[:f.header]) {
		if n++; n%checkZeros == 0 && f.halted() {
			f.finish("")
			return true
		}
		f.w.skip(f.header)
	}
	if n == 0 || !f.w.need(f.header) && f.padded(at) {
		return n > 0
	}
	f.empty = n
	return true
}

// checkZeros is how many such records are taken between two looks whether anybody still
// wants them: a sparse file may have terabytes of them.
const checkZeros = 1 << 16

// halted reports whether reading was called off, which then is why the data end.
func (f *file) halted() bool {
	select {
	case <-f.off:
		f.w.err = ErrCalledOff
		return true
	default:
		return false
	}
}

// padded ends the reading where nothing but zero octets stands between at and the end of
// the file, and reports whether it did.
func (f *pcapFile) padded(at int64) bool {
	rest := f.w.unread()
	size := f.w.offset() + int64(len(rest)) - at
	if size < paddingLeast || f.calledOff() || !allZero(rest) {
		return false
	}
	f.after(at, "%d zero octets to the end of the file: padding, not packets", size)
	f.w.skip(len(rest))
	f.finish("")
	return true
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// yieldEmpty gives the first of the empty packets that come next.
func (f *pcapFile) yieldEmpty(p *Packet) {
	f.empty--
	f.info.Frames++
	*p = Packet{Ref: Ref{Capture: f.info.Index, Frame: f.info.Frames}, Link: f.link}
	f.count(p)
	f.span(0)
}
