package analyzer

import (
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// unread is what a session consists of as long as nobody has looked at it. Most
// sessions end before their outcome depends on what is in their frames: those are read
// by whoever decides the handshake, which need not be the goroutine that follows
// connections.
type unread struct {
	octets []byte
	items  []unreadItem
}

// unreadItem is a run of octets from one packet, or a FIN or RST.
type unreadItem struct {
	ref    capture.Ref
	offset uint64 // stream offset
	length uint16
	from   reassembly.Side
	kind   EventKind // EventFrame stands for octets
}

// Bounds of what waits to be read, within watchCost.
const (
	unreadOctets = 512
	unreadItems  = 12
)

// keep keeps something for later, if there is room.
func (u *unread) keep(kind EventKind, from reassembly.Side, ref *capture.Ref, offset uint64, data []byte) bool {
	if len(u.items) >= unreadItems || len(u.octets)+len(data) > unreadOctets {
		return false
	}
	x := extend(&u.items)
	x.ref, x.offset, x.length, x.from, x.kind = *ref, offset, uint16(len(data)), from, kind
	u.octets = append(u.octets, data...)
	return true
}

// postpone keeps something for later, as long as all that came before is kept.
func (w *watch) postpone(kind EventKind, from reassembly.Side, ref *capture.Ref, offset uint64, data []byte) bool {
	if w.reading {
		return false
	}
	if w.unread.keep(kind, from, ref, offset, data) {
		return true
	}
	w.read()
	return false
}

// read reads what waits; from then on nothing does.
func (w *watch) read() {
	if w.reading {
		return
	}
	w.reading = true
	w.prepare()
	octets := w.unread.octets
	for i := range w.unread.items {
		x := &w.unread.items[i]
		data := octets[:x.length]
		octets = octets[x.length:]
		if x.kind == EventFrame {
			w.octets(x.from, &x.ref, x.offset, data)
		} else {
			w.event(x.kind, x.from, 0, &x.ref)
		}
	}
}

// settle reads a session that is over to its end. It is called before anything but
// Watched and Last is looked at.
func (s *Session) settle() {
	if s == nil || s.unread == nil {
		return
	}
	w := s.unread
	s.unread = nil
	w.read()
	for _, r := range w.readers {
		if r != nil {
			r.Close() // a frame that is not complete is kept as far as it came
		}
	}
}
