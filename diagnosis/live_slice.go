package diagnosis

import (
	"bufio"
	"fmt"
	"hash/maphash"
	"io"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
)

// Slice writes the packets of handshakes that failed to a pcapng file. It keeps
// the latest packets in memory until it is known which those are; packets that
// were overwritten by then are missing from the file.
type Slice struct {
	out     *bufio.Writer
	writer  *capture.PcapngWriter
	infos   func() []capture.Interface
	added   int // interfaces written
	seed    maphash.Seed
	ring    []byte
	next    int // where the next packet goes
	entries []sliced
	first   int // index of the oldest entry
	count   int
}

// sliced is a packet in the ring.
type sliced struct {
	time     int64
	frame    uint64
	flow     uint64 // digest of the five-tuple; 0 = none
	at, size int
	wire     int
	iface    uint32
	written  bool
}

// sliceEntries bounds the packets in the ring, one per so many of its bytes.
const sliceEntries = 256

// NewSlice writes to w, keeping the last memory bytes of packets.
func NewSlice(w io.Writer, memory int) (*Slice, error) {
	s := &Slice{
		out: bufio.NewWriter(w), seed: maphash.MakeSeed(),
		ring: make([]byte, memory), entries: make([]sliced, max(memory/sliceEntries, 1)),
	}
	var err error
	if s.writer, err = capture.NewPcapngWriter(s.out); err != nil {
		return nil, err
	}
	return s, s.flush()
}

func (s *Slice) flush() error {
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("write slice: %w", err)
	}
	return nil
}

// keep takes a packet.
func (s *Slice) keep(p *capture.Packet) {
	n := len(p.Data)
	if n > len(s.ring) {
		return
	}
	if s.next+n > len(s.ring) {
		s.makeRoom(len(s.ring) - s.next)
		s.next = 0
	}
	s.makeRoom(n)
	copy(s.ring[s.next:], p.Data)
	s.entries[(s.first+s.count)%len(s.entries)] = sliced{
		time: p.Ref.Time, frame: p.Ref.Frame, at: s.next, size: n, wire: p.Wire, iface: p.Interface,
	}
	s.count++
	s.next += n
}

// makeRoom forgets the oldest packets until n bytes at next, and an entry, are free.
func (s *Slice) makeRoom(n int) {
	for s.count > 0 {
		e := &s.entries[s.first]
		if s.count < len(s.entries) && (e.at >= s.next+n || e.at+e.size <= s.next) {
			return
		}
		s.first = (s.first + 1) % len(s.entries)
		s.count--
	}
}

// belongs tells which connection the packet kept last belongs to.
func (s *Slice) belongs(seg *capture.Segment) {
	if s.count == 0 {
		return
	}
	e := &s.entries[(s.first+s.count-1)%len(s.entries)]
	if e.frame == seg.Ref.Frame {
		e.flow = s.digest(seg.Src, seg.Dst)
	}
}

func (s *Slice) digest(a, b capture.Endpoint) uint64 {
	return maphash.Comparable(s.seed, a) ^ maphash.Comparable(s.seed, b) | 1
}

// take writes the packets of a handshake that failed.
func (s *Slice) take(h *analyzer.Handshake) error {
	if !h.Outcome.Failed() || h.WebSocket == analyzer.Unknown {
		return nil
	}
	flow := s.digest(h.Conn.Client, h.Conn.Server)
	comment := fmt.Sprintf("handshake %v: %v", h.ID(), h.Outcome)
	for i := range s.count {
		e := &s.entries[(s.first+i)%len(s.entries)]
		if e.flow != flow || e.written || e.time < h.Conn.First.Time {
			continue
		}
		if err := s.write(e, comment); err != nil {
			return err
		}
		comment = ""
	}
	return s.flush()
}

func (s *Slice) write(e *sliced, comment string) error {
	list := s.infos()
	for ; s.added < len(list); s.added++ {
		if _, err := s.writer.AddInterface(list[s.added]); err != nil {
			return err
		}
	}
	e.written = true
	if comment != "" {
		comment += fmt.Sprintf("; packet %d of the watch", e.frame)
	}
	return s.writer.WritePacket(e.iface, e.time, e.wire, s.ring[e.at:e.at+e.size], comment)
}
