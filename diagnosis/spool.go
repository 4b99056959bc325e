package diagnosis

import (
	"fmt"
	"os"

	"github.com/handshark/handshark/report"
)

// spoolMemory is how many bytes of records stay in memory before they go to a
// temporary file, spoolPiece how many go there at once from then on.
const (
	spoolMemory = 4 << 20
	spoolPiece  = 512 << 10
)

// looseKept is how many records a table's spool keeps as they are.
const looseKept = 512

// mark says where something ends that was kept, and in what manner.
type mark int64

const mannerBits = 2 // of report.Manner

func (m mark) end() int64            { return int64(m >> mannerBits) }
func (m mark) manner() report.Manner { return report.Manner(m & (1<<mannerBits - 1)) }

// spool keeps records until the run ends, the first ones as they are, others
// encoded.
type spool struct {
	loose   int // how many are kept as they are
	records []*report.Handshake

	buf   []byte // what is not in the file
	base  int64  // file offset of buf[0]
	ends  []mark
	file  *os.File
	err   error
	back  readBack
	kinds report.Kinds  // of those encoded
	rec   report.Record // handed out last of them
	solid bool          // no temporary file could be made: everything stays in buf
}

// holds reports whether there is room to keep one more record as it is.
func (s *spool) holds() bool { return len(s.records) < s.loose }

// hold keeps a record as it is and gives its form and number.
func (s *spool) hold(rec *report.Handshake) (form, uint32) {
	s.records = append(s.records, rec)
	return inMemory, uint32(len(s.records) - 1)
}

// put keeps record i of x, and gives its form and number.
func (s *spool) put(x *report.Encoded, i int) (form, uint32) {
	buf, f := s.kinds.Keep(s.buf, x, i)
	s.buf = buf
	return inSpool, s.end(f)
}

// keep keeps a text and gives its number.
func (s *spool) keep(text []byte) uint32 {
	s.buf = append(s.buf, text...)
	return s.end(0)
}

// end ends what was appended to buf and gives its number.
func (s *spool) end(m report.Manner) uint32 {
	s.ends = append(s.ends, mark(s.base+int64(len(s.buf)))<<mannerBits|mark(m))
	if n := len(s.buf); n >= spoolMemory && !s.solid || s.file != nil && n >= spoolPiece {
		s.spill()
	}
	return uint32(len(s.ends) - 1)
}

// spill moves what is in memory to the file.
func (s *spool) spill() {
	if s.file == nil {
		f, err := os.CreateTemp("", "handshark-*.spool")
		if err != nil {
			s.solid = true
			return
		}
		_ = os.Remove(f.Name()) // gone with the process, whatever becomes of it
		s.file = f
	}
	if _, err := s.file.Write(s.buf); err != nil && s.err == nil {
		s.err = fmt.Errorf("keep records aside: %w", err)
	}
	s.base += int64(len(s.buf))
	if s.buf = s.buf[:0]; cap(s.buf) > 2*spoolPiece {
		s.buf = make([]byte, 0, spoolPiece+spoolPiece/4) // the rest was for what had not gone to the file
	}
}

// at gives a record; it is valid until the next call.
func (s *spool) at(f form, n uint32) (*report.Record, error) {
	if f == inMemory {
		return &report.Record{Handshake: s.records[n]}, nil
	}
	raw, err := s.raw(n)
	s.rec = report.Record{Kept: report.Kept{Octets: raw, Manner: s.ends[n].manner(), Kinds: &s.kinds}}
	return &s.rec, err
}

// raw gives what was kept; it is valid until the next call.
func (s *spool) raw(i uint32) ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	start, end := int64(0), s.ends[i].end()
	if i > 0 {
		start = s.ends[i-1].end()
	}
	if start >= s.base {
		return s.buf[start-s.base : end-s.base], nil
	}
	raw, err := s.back.read(s.file, start, int(end-start))
	if err != nil {
		return nil, fmt.Errorf("read record back: %w", err)
	}
	return raw, nil
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}
