package analyzer

import (
	"github.com/handshark/handshark/analyzer/frame"
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
	if !w.reading {
		w.reading = true
		items, octets := w.skim()
		w.prepare()
		w.readOn(items, octets)
	}
}

// skim reads what waits as far as it is whole short frames without a doubt, as nearly
// all of it is: it does what the readers do, without them and where the octets are. It
// gives what is left.
func (w *watch) skim() ([]unreadItem, []byte) {
	items, octets := w.unread.items, w.unread.octets
	w.odd = false
	for i := range items {
		x := &items[i]
		if x.kind != EventFrame {
			w.event(x.kind, x.from, 0, &x.ref)
		} else if w.follows[x.from&1] {
			if n := w.skimFrames(x, octets[:x.length]); n < int(x.length) {
				x.offset, x.length = x.offset+uint64(n), x.length-uint16(n)
				return items[i:], octets[n:]
			}
		}
		octets = octets[x.length:]
	}
	return nil, nil
}

// skimFrames reads frames that data begins with, and gives the octets they take. Pings
// and Pongs are left to the readers, as is all that is not kept in Session.First.
func (w *watch) skimFrames(x *unreadItem, data []byte) (n int) {
	s := x.from & 1
	first := &w.session.First[s]
	for n < len(data) && len(*first) < FramesKept {
		op := frame.Opcode(data[n] & 0x3F) // what has RSV2 or RSV3 is no opcode that is known
		if op > frame.Binary && op != frame.Close {
			break
		}
		f := extend(first)
		size := f.Short(x.offset+uint64(n), data[n:])
		if size == 0 {
			*first = (*first)[:len(*first)-1]
			break
		}
		f.Ref = x.ref
		f.Unmask()
		w.odd = w.odd || !w.session.usualFrame(s, data[n])
		n += size
		w.session.Frames[s]++
		w.event(EventFrame, s, op, &x.ref)
		if op == frame.Close {
			w.closed(s, &f.Frame, &x.ref)
		}
	}
	return n
}

// readOn reads with the readers.
func (w *watch) readOn(items []unreadItem, octets []byte) {
	for i := range items {
		x := &items[i]
		if x.kind == EventFrame {
			w.octets(x.from, &x.ref, x.offset, octets[:x.length])
		} else {
			w.event(x.kind, x.from, 0, &x.ref)
		}
		octets = octets[x.length:]
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
	if !w.reading {
		w.reading = true
		items, octets := w.skim()
		if len(items) == 0 {
			s.usual = !w.odd
			return // the readers never began
		}
		w.prepare()
		w.readOn(items, octets)
	}
	for _, r := range w.readers {
		if r != nil {
			r.Close() // a frame that is not complete is kept as far as it came
		}
	}
}
