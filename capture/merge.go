package capture

// nextByTime is Next for Order ByTime: s.open is a heap by packet time. The
// file that gave the last packet moves on only now, because that packet's bytes
// lie in its buffer.
func (s *GroupSource) nextByTime(p *Packet) error {
	if s.ready == nil {
		s.fillHeap()
	} else if len(s.open) > 0 {
		s.advance()
	}
	if len(s.open) == 0 {
		return s.err()
	}
	s.ready = s.open[0]
	*p = s.ready.next
	return nil
}

func (s *GroupSource) fillHeap() {
	all := s.open
	s.open = s.open[:0]
	for _, h := range all {
		if err := s.pull(h); err != nil {
			s.close(h, err)
			continue
		}
		s.open = append(s.open, h)
	}
	for i := len(s.open)/2 - 1; i >= 0; i-- {
		s.down(i)
	}
}

// advance reads the next packet of the file on top and puts it in its place.
func (s *GroupSource) advance() {
	top := s.open[0]
	if err := s.pull(top); err != nil {
		s.close(top, err)
		last := len(s.open) - 1
		s.open[0] = s.open[last]
		s.open = s.open[:last]
	}
	s.down(0)
}

// pull reads the next packet of a file, for which the file may describe interfaces.
func (s *GroupSource) pull(h *head) error {
	err := h.source.Next(&h.next)
	if info := s.infos[h.rank]; len(info.Interfaces) > h.interfaces {
		h.interfaces = len(info.Interfaces)
		s.grown = append(s.grown, info)
	}
	return err
}

func (s *GroupSource) down(i int) {
	for {
		least := i
		for _, child := range [...]int{2*i + 1, 2*i + 2} {
			if child < len(s.open) && s.open[child].before(s.open[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		s.open[i], s.open[least] = s.open[least], s.open[i]
		i = least
	}
}

func (h *head) before(o *head) bool {
	if h.next.Ref.Time != o.next.Ref.Time {
		return h.next.Ref.Time < o.next.Ref.Time
	}
	return h.rank < o.rank
}
