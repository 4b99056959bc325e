package handshark

import (
	"fmt"
	"os"

	"github.com/handshark/handshark/report"
)

// spoolMemory is how many bytes of records stay in memory before they go to a
// temporary file.
const spoolMemory = 4 << 20

// looseKept is how many records a table's spool keeps as they are.
const looseKept = 512

// spool keeps records until the run ends, the first ones as they are, others
// encoded.
type spool struct {
	loose   int // how many are kept as they are
	records []*report.Handshake

	buf   []byte // records that are not in the file
	base  int64  // file offset of buf[0]
	ends  []int64
	file  *os.File
	err   error
	room  []byte // for reading back
	solid bool   // no temporary file could be made: everything stays in buf
}

// put keeps a record and gives its index.
func (s *spool) put(rec *report.Handshake) int {
	if len(s.records) < s.loose {
		s.records = append(s.records, rec)
		return len(s.records) - 1
	}
	s.buf = rec.AppendJSON(s.buf)
	s.ends = append(s.ends, s.base+int64(len(s.buf)))
	if len(s.buf) >= spoolMemory && !s.solid {
		s.spill()
	}
	return len(s.records) + len(s.ends) - 1
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
	s.buf = s.buf[:0]
}

// at gives a record; it is valid until the next call.
func (s *spool) at(i int) (*report.Record, error) {
	if i < len(s.records) {
		return &report.Record{Handshake: s.records[i]}, nil
	}
	raw, err := s.encoded(i - len(s.records))
	return &report.Record{Raw: raw}, err
}

func (s *spool) encoded(i int) ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	start, end := int64(0), s.ends[i]
	if i > 0 {
		start = s.ends[i-1]
	}
	if start >= s.base {
		return s.buf[start-s.base : end-s.base], nil
	}
	if n := int(end - start); cap(s.room) < n {
		s.room = make([]byte, n+n/2)
	}
	room := s.room[:end-start]
	if _, err := s.file.ReadAt(room, start); err != nil {
		return nil, fmt.Errorf("read record back: %w", err)
	}
	return room, nil
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}
