package diagnosis

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

// fillSpool puts more into a spool than it keeps in memory.
func fillSpool(s *spool) []string {
	var list []string
	for n := range 3 * spoolMemory / spoolPiece {
		list = append(list, strings.Repeat(string(rune('a'+n%26)), spoolPiece))
		s.keep([]byte(list[n]))
	}
	return list
}

// TestSpoolNowhere: where no temporary file can be made, records stay in memory.
func TestSpoolNowhere(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/none")
	var s spool
	defer s.close()
	for n, want := range fillSpool(&s) {
		if got, err := s.raw(uint32(n)); err != nil || string(got) != want {
			t.Fatalf("record %d: %.9q, %v", n, got, err)
		}
	}
}

// TestSpoolFull: where the disk is full, that is said, and no record is made up.
func TestSpoolFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no /dev/full")
	}
	s := spool{file: full}
	defer s.close()
	for n := range fillSpool(&s) {
		if got, err := s.raw(uint32(n)); !errors.Is(err, syscall.ENOSPC) || got != nil {
			t.Fatalf("record %d: %.9q, %v", n, got, err)
		}
	}
}
