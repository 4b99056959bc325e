package reassembly

import "time"

// clock turns the times of packets into a time that never goes back.
//
// Packets of one capture are a little out of order, and a clock may be set
// while capturing. A small step back leaves the time where it is; a large one
// moves the scale, so that what follows counts on from here: nothing expires
// because a year was missing, and nothing waits for it to come again.
type clock struct {
	now    int64  // nanoseconds; never decreases
	shift  int64  // added to a packet's time
	origin int64  // now at the first packet
	second uint32 // whole seconds since the first packet, for the idle limits; saturates after 136 years
	next   int64  // now at which second changes; 0 before the first packet
	set    bool
}

// maxStepBack is the largest step back that counts as packets out of order.
const maxStepBack = int64(time.Minute)

// observe takes the time of a packet: nearly always a little after the one before.
func (k *clock) observe(t int64) {
	if !k.forward(t) {
		k.adjust(t)
	}
}

// forward is observe for a time within the second at hand. It reports whether t is.
func (k *clock) forward(t int64) bool {
	v := t + k.shift
	if v < k.now || v >= k.next {
		return false
	}
	k.now = v
	return true
}

// adjust is observe for any time.
func (k *clock) adjust(t int64) {
	if !k.set {
		k.set, k.now, k.origin, k.next = true, t, t, t+int64(time.Second)
		return
	}
	v := t + k.shift
	switch {
	case v > k.now:
		k.now = v
		if v >= k.next {
			k.turn()
		}
	case k.now-v > maxStepBack:
		k.shift += k.now - v
	}
}

// turn counts the seconds anew. A division at each packet would show.
func (k *clock) turn() {
	s := (k.now - k.origin) / int64(time.Second)
	k.second = uint32(min(max(s, 0), 1<<32-1))
	k.next = k.origin + (s+1)*int64(time.Second)
}
