package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// spillAbove is how much a spill holds in memory, in bytes.
const spillAbove = 8 << 20

// spill keeps text that is written later, in a temporary file when it is large.
// The zero value is empty.
type spill struct {
	mem  bytes.Buffer
	file *os.File
}

func (s *spill) Write(p []byte) (int, error) {
	if s.mem.Len()+len(p) > spillAbove {
		if err := s.toFile(); err != nil {
			return 0, err
		}
	}
	return s.mem.Write(p)
}

// toFile moves what is in memory behind what is in the file.
func (s *spill) toFile() error {
	if s.file == nil {
		f, err := os.CreateTemp("", "handshark-*")
		if err != nil {
			return fmt.Errorf("report: spill: %w", err)
		}
		s.file = f
	}
	if _, err := s.mem.WriteTo(s.file); err != nil {
		return fmt.Errorf("report: spill: %w", err)
	}
	return nil
}

func (s *spill) copyTo(w io.Writer) error {
	if s.file != nil {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("report: read spill: %w", err)
		}
		if _, err := io.Copy(w, s.file); err != nil {
			return err
		}
	}
	_, err := s.mem.WriteTo(w)
	return err
}

// discard removes the file.
func (s *spill) discard() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
		s.file = nil
	}
}
