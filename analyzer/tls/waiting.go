package tls

// Waits reports whether protected records are held until their secrets come: see
// [Reader.Decrypt].
func (r *Reader) Waits() bool { return r.dec != nil && r.dec.wait && len(r.dec.queue) > 0 }

// Held gives the octets of records that are held.
func (r *Reader) Held() int {
	if r.dec == nil {
		return 0
	}
	return r.dec.sides[Client].held + r.dec.sides[Server].held
}

// Mute reports whether what the application of a side says is not read any more, or never
// was: a secret is missing, or what could be bridged no longer.
func (r *Reader) Mute(from Side) bool { return r.dec != nil && r.dec.sides[from&1].over }

// Octets gives about how much memory Decrypt holds: records that wait, with room for those
// that have not come whole, and for what is inside of them.
func (r *Reader) Octets() int {
	d := r.dec
	if d == nil {
		return 0
	}
	n := r.Held() + cap(d.plain)
	for s := range d.sides {
		n += cap(d.sides[s].buf) + cap(d.sides[s].msg)
	}
	return n
}
