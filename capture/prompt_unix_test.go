//go:build unix

package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestCalledOff reads from pipes into which nobody writes any more: reading ends
// without damage when it is called off.
func TestCalledOff(t *testing.T) {
	inputs := map[string][]byte{"pcap": samplePcap(t, 3), "pcapng": samplePcapng(t, 3)}
	for _, c := range packers {
		inputs[c.name] = c.pack(t, inputs["pcap"])
	}
	for name, data := range inputs {
		for _, cut := range []int{0, 1, 5, 40} {
			off := make(chan struct{})
			r, w := io.Pipe()
			go func() {
				w.Write(data[:len(data)-cut])
				close(off)
			}()
			s, err := NewSource(r, name, 0, OpenOptions{Done: off})
			var p Packet
			for err == nil {
				err = s.Next(&p)
			}
			if !errors.Is(err, ErrCalledOff) || s != nil && len(s.Info().Problems) != 0 {
				t.Errorf("%s cut by %d: %v", name, cut, err)
			}
			if s != nil {
				s.Close()
			}
			r.Close()
		}
	}
}

func TestCalledOffBeforeItBegins(t *testing.T) {
	off := make(chan struct{})
	close(off)
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skipf("no FIFO: %v", err)
	}
	if _, err := Open(name, 0, OpenOptions{Done: off}); !errors.Is(err, ErrCalledOff) {
		t.Errorf("FIFO without a writer: %v", err)
	}
	r, _ := io.Pipe()
	defer r.Close()
	if _, err := Open("-", 0, OpenOptions{Done: off, Stdin: r}); !errors.Is(err, ErrCalledOff) {
		t.Errorf("silent pipe: %v", err)
	}
}

// TestMayBlock: files and memory are read directly.
func TestMayBlock(t *testing.T) {
	f, err := os.Open("prompt.go")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for name, tc := range map[string]struct {
		r    io.Reader
		want bool
	}{
		"file": {f, false}, "memory": {bytes.NewReader(nil), false}, "pipe": {r, true}, "anything": {io.LimitReader(f, 1), true},
	} {
		if got := mayBlock(tc.r); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
