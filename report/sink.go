package report

import "io"

// sink is where a Writer appends records to. Where what is beneath lends its own memory,
// as bufio.Writer does, they are not copied there.
type sink struct {
	w     io.Writer
	lends lender // nil: w lends none
	own   []byte // reused
}

type lender interface{ AvailableBuffer() []byte }

func sinkFor(w io.Writer) sink {
	lends, _ := w.(lender)
	return sink{w: w, lends: lends}
}

// room gives memory to append to; write takes what came of it.
func (s *sink) room() []byte {
	if s.lends != nil {
		return s.lends.AvailableBuffer()
	}
	return s.own[:0]
}

func (s *sink) write(b []byte) error {
	if s.lends == nil {
		s.own = b
	}
	_, err := s.w.Write(b)
	return err
}
