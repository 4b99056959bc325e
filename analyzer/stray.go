package analyzer

import "github.com/handshark/handshark/reassembly"

// strayLimit bounds the octets kept in a stray.
const strayLimit = 64 << 10

// stray keeps client octets behind a request head that are not HTTP until the
// response tells what they are. It holds one run without a hole: what comes
// after a hole, or beyond the limit, says nothing.
type stray struct {
	data  []byte
	track track
	from  uint64 // stream offset of data[0]
	cut   bool   // octets after data are missing
}

func (s *stray) add(at place, data []byte) {
	if len(s.data) == 0 {
		s.from = at.offset
	}
	if s.cut || at.offset != s.from+uint64(len(s.data)) || len(s.data)+len(data) > strayLimit {
		s.gap()
		return
	}
	s.track.add(at)
	s.data = append(s.data, data...)
}

// gap notes that octets are missing.
func (s *stray) gap() { s.cut = s.cut || len(s.data) > 0 }

// each hands the octets on, packet by packet.
func (s *stray) each(from reassembly.Side, feed func(*reassembly.Chunk)) {
	for i, p := range s.track.places {
		end := uint64(len(s.data))
		if i+1 < len(s.track.places) {
			end = s.track.places[i+1].offset - s.from
		}
		feed(&reassembly.Chunk{
			From: from, Offset: p.offset, Data: s.data[p.offset-s.from : end],
			Ref: p.ref, Acked: p.acked, HasAck: p.hasAck,
		})
	}
}

// octets gives about how much memory is held.
func (s *stray) octets() int { return len(s.data) + placeCost*len(s.track.places) }

func (s *stray) empty() {
	if s.data = s.data[:0]; cap(s.data) > PrefixLimit {
		s.data = nil
	}
	s.from, s.cut = 0, false
	s.track.empty()
}
