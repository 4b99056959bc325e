package live

// reader collects packets into batches for a Source. A batch is handed on at once
// when the Source waits for it; while the Source is busy the batch grows.
type reader struct {
	s       *Source
	input   int
	current *batch
	spare   chan *batch
}

// sparesKept is how many batches of one reader go round.
const sparesKept = 3

func newReader(s *Source, input int) *reader {
	return &reader{s: s, input: input, spare: make(chan *batch, sparesKept)}
}

// batch gives the batch that is being filled.
func (r *reader) batch() *batch {
	if r.current == nil {
		select {
		case r.current = <-r.spare:
		default:
			r.current = &batch{input: r.input, back: r.spare}
		}
	}
	return r.current
}

// add takes a packet. It reports false when the Source was closed.
func (r *reader) add(p packet, data []byte) bool {
	b := r.batch()
	p.start = len(b.data)
	b.data = append(b.data, data...)
	p.end = len(b.data)
	b.packets = append(b.packets, p)
	if len(b.data) >= batchBytes || len(b.packets) >= batchPackets {
		return r.flush()
	}
	select {
	case r.s.batches <- b:
		r.current = nil
	default:
	}
	return true
}

// flush hands the batch on, waiting for the Source if need be.
func (r *reader) flush() bool {
	b := r.current
	if b == nil {
		return !r.stopped()
	}
	r.current = nil
	select {
	case r.s.batches <- b:
		return true
	case <-r.s.stop:
		return false
	}
}

// tell hands on what happened, after the packets before it.
func (r *reader) tell(what report) bool {
	if !r.flush() {
		return false
	}
	r.batch().report = &what
	return r.flush()
}

func (r *reader) stopped() bool {
	select {
	case <-r.s.stop:
		return true
	default:
		return false
	}
}
