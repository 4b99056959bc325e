package reassembly

import (
	"slices"

	"github.com/handshark/handshark/capture"
)

// recent remembers the last packets of a conversation, to tell the second copy
// of a packet (captured on two interfaces, before and after a router, inside and
// outside of a tunnel, by a mirror port) from a retransmission. A sender does
// not repeat itself within a millisecond, and a packet does not take a tenth of
// a second from one capture point to the next.
type recent struct {
	packets [8]fingerprint
	at      uint8
}

// fingerprint is 20 bytes.
type fingerprint struct {
	seq, ack uint32
	length   uint32 // wire length, flags in the upper 8 bits
	time     uint32 // microseconds
	window   uint16
	via      uint16 // interface, path and side, folded
}

const (
	copySame  = 1_000   // microseconds between copies on one interface
	copyOther = 100_000 // microseconds between copies on different ones
)

func fingerprintOf(s *capture.Segment, side Side) fingerprint {
	return fingerprint{
		seq: s.Seq, ack: s.Ack,
		length: lengthOf(s),
		time:   uint32(s.Ref.Time / 1000),
		window: s.Window,
		via:    viaOf(s.Interface, s.Path)<<1 | uint16(side),
	}
}

func lengthOf(s *capture.Segment) uint32 { return uint32(s.Wire)&0xffffff | uint32(s.Flags)<<24 }

func viaOf(iface uint32, path capture.PathID) uint16 {
	return uint16(iface)*0x4e35 ^ uint16(path)*0x2b5b
}

// add remembers a packet in place of the oldest.
func (r *recent) add(seq, ack, length uint32, time int64, window, via uint16) {
	p := &r.packets[r.at%8]
	p.seq, p.ack, p.length, p.time, p.window, p.via = seq, ack, length, uint32(time/1000), window, via
	r.at++
}

// holds reports whether p is a copy of a packet that r remembers. On one and the
// same interface a pure ACK is none: a burst of duplicate ACKs looks alike.
func (r *recent) holds(p *fingerprint, pureACK bool) bool {
	for i := range r.packets {
		q := &r.packets[i]
		if q.seq != p.seq || q.ack != p.ack || q.length != p.length || q.window != p.window || (q.via^p.via)&1 != 0 {
			continue
		}
		apart := min(p.time-q.time, q.time-p.time) // modulo 2^32
		if q.via != p.via && apart <= copyOther || q.via == p.via && !pureACK && apart <= copySame {
			return true
		}
	}
	return false
}

// maxSeenOn bounds Conversation.Interfaces and Conversation.Paths.
const maxSeenOn = 8

// seenOn notes where a packet was captured.
func (c *conn) seenOn(s *capture.Segment) {
	if s.Interface != c.Interface && len(c.Interfaces) < maxSeenOn && !slices.Contains(c.Interfaces, s.Interface) {
		c.Interfaces = append(c.Interfaces, s.Interface)
	}
	if s.Path != c.Path && len(c.Paths) < maxSeenOn && !slices.Contains(c.Paths, s.Path) {
		c.Paths = append(c.Paths, s.Path)
	}
}
