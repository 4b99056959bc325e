//go:build unix

package capture

import (
	"io"
	"os"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A FIFO is neither opened nor joined when planning.
func TestPlanLeavesFIFO(t *testing.T) {
	tree(t, map[string][]byte{"a": samplePcap(t, 1)})
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Skip("no FIFO here:", err)
	}
	want := []Group{{Files: []File{{"pipe", 0}}}, {Files: []File{{"a", 1}}}}
	if d := cmp.Diff(want, Plan([]string{"pipe", "a"}, JoinAll, OpenOptions{})); d != "" {
		t.Error(d)
	}
	if files, errs := Expand(t.Context(), []string{"pipe"}); len(files) != 1 || len(errs) != 0 {
		t.Errorf("got %v, %v", files, errs)
	}
}

// Packets come out of a FIFO while its writer still holds it open.
func TestOpenFIFO(t *testing.T) {
	tree(t, nil)
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Skip("no FIFO here:", err)
	}
	content := samplePcap(t, 2)
	read := make(chan struct{})
	go func() {
		w, err := os.OpenFile("pipe", os.O_WRONLY, 0)
		if err != nil {
			return
		}
		w.Write(content)
		<-read
		w.Close()
	}()
	s, err := Open("pipe", 0, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 {
		if err := s.Next(&Packet{}); err != nil {
			t.Fatal(err)
		}
	}
	close(read)
	if err := s.Next(&Packet{}); err != io.EOF {
		t.Errorf("got %v, want EOF", err)
	}
}
