package capture

import (
	"errors"
	"io"
)

// groupBuffers bounds the read buffers of the files that are merged, in bytes.
const groupBuffers = 32 << 20

// GroupSource yields the packets of a Group. It is a Source; as the files of a
// group have an Info each, use Infos.
type GroupSource struct {
	order   Order
	waiting []File // not opened yet
	o       OpenOptions
	open    []*head // being read; in sequence there is one
	ready   *head   // gave the last packet
	infos   []*Info
	asked   int     // files that Growing need not give again
	grown   []*Info // have more interfaces than when Growing was last called; ByTime only
	failed  []error
}

// head is an open file and its next packet.
type head struct {
	source     Source
	next       Packet
	rank       int // place of the file in the group
	interfaces int // that it had when it was last asked for a packet
}

// OpenGroup opens the files of a group: the first one if they are read in
// sequence, else all. It fails, with an *OpenError or several joined, if none
// can be opened; files that fail later are skipped, and the last Next says so.
func OpenGroup(g Group, o OpenOptions) (*GroupSource, error) {
	s := &GroupSource{order: g.Order, waiting: g.Files, o: o}
	if g.Order == ByTime {
		if s.o.Buffer == 0 {
			s.o.Buffer = min(defaultBuffer, max(groupBuffers/max(len(g.Files), 1), minBuffer))
		}
		s.openAll()
	} else {
		s.openNext()
	}
	if len(s.open) == 0 {
		return nil, s.err()
	}
	return s, nil
}

// openNext opens the next file that can be opened.
func (s *GroupSource) openNext() bool {
	for len(s.waiting) > 0 {
		f := s.waiting[0]
		s.waiting = s.waiting[1:]
		source, err := Open(f.Name, f.Index, s.o)
		s.o.used = nil
		if err != nil {
			s.failed = append(s.failed, err)
			continue
		}
		s.open = append(s.open, &head{source: source, rank: len(s.infos)})
		s.infos = append(s.infos, source.Info())
		return true
	}
	return false
}

func (s *GroupSource) openAll() {
	for s.openNext() {
	}
}

// Next implements Source. A file that cannot be read to its end does not end
// the group: the others are read, then Next returns what went wrong (each an
// *OpenError or *ReadError; several are joined) in place of io.EOF.
func (s *GroupSource) Next(p *Packet) error {
	if s.order == ByTime {
		return s.nextByTime(p)
	}
	for len(s.open) > 0 || s.openNext() {
		err := s.open[0].source.Next(p)
		if err == nil {
			s.ready = s.open[0]
			return nil
		}
		s.close(s.open[0], err)
		s.open = s.open[:0]
	}
	return s.err()
}

// close closes a file that is read. Its buffer serves the next one.
func (s *GroupSource) close(h *head, err error) {
	if err != io.EOF {
		s.failed = append(s.failed, err)
	} else if r, ok := h.source.(interface{ release() []byte }); ok && s.order != ByTime {
		s.o.used = r.release()
	}
	h.source.Close()
}

// err is what Next returns when all files are read.
func (s *GroupSource) err() error {
	switch len(s.failed) {
	case 0:
		return io.EOF
	case 1:
		return s.failed[0]
	}
	return errors.Join(s.failed...)
}

// Info implements Source: it describes the file of the last packet.
func (s *GroupSource) Info() *Info {
	switch {
	case s.ready != nil:
		return s.ready.source.Info()
	case len(s.infos) > 0:
		return s.infos[0]
	}
	return &Info{}
}

// Infos describes the files that were opened so far, in reading order. Each is
// complete when the file is read. The caller must not change them.
func (s *GroupSource) Infos() []*Info { return s.infos }

// Growing gives the files that may have more interfaces than when it was last called:
// few of many. The list is valid until the next call of Next or Segments.
func (s *GroupSource) Growing() []*Info {
	if s.order == ByTime {
		list := s.grown
		s.grown = s.grown[:0]
		return list
	}
	from := s.asked
	s.asked = max(len(s.infos)-1, 0) // the last one is being read
	return s.infos[from:]
}

// Close implements Source.
func (s *GroupSource) Close() error {
	var errs []error
	for _, h := range s.open {
		errs = append(errs, h.source.Close())
	}
	s.open, s.waiting = nil, nil
	return errors.Join(errs...)
}
