package live

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/handshark/handshark/capture"
)

const recorded = "../../testdata/pcaps/real/healthy-gorilla.pcap"

// TestMain holds that no test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// packets reads a file the usual way.
func packets(t *testing.T, name string) []capture.Packet {
	t.Helper()
	src, err := capture.Open(name, 0, capture.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var list []capture.Packet
	for p := (capture.Packet{}); src.Next(&p) == nil; {
		p.Data = bytes.Clone(p.Data)
		list = append(list, p)
	}
	return list
}

// next gives the next packet, however long it takes.
func next(s *Source) (capture.Packet, error) {
	for {
		var p capture.Packet
		if err := s.Next(&p); !errors.Is(err, capture.ErrIdle) {
			p.Data = bytes.Clone(p.Data)
			return p, err
		}
	}
}

func same(a, b capture.Packet) bool {
	return a.Ref == b.Ref && a.Wire == b.Wire && a.Link == b.Link && a.Interface == b.Interface && bytes.Equal(a.Data, b.Data)
}

// TestFollow reads a stream that ends: packets and counters are those of the file.
func TestFollow(t *testing.T) {
	file, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Follow("-", capture.OpenOptions{Stdin: bytes.NewReader(file)})
	if err != nil {
		t.Fatal(err)
	}
	want := packets(t, recorded)
	for i := range want {
		p, err := next(s)
		if err != nil || !same(p, want[i]) {
			t.Fatalf("packet %d: %v, %+v; want %+v", i, err, p, want[i])
		}
	}
	for range 2 {
		if _, err := next(s); !errors.Is(err, io.EOF) {
			t.Errorf("at the end: %v; want EOF", err)
		}
	}
	if in := s.Info(); in.Format != "pcap" || in.Packets != uint64(len(want)) || len(in.Interfaces) != 1 || in.First != want[0].Ref.Time {
		t.Errorf("info %+v", in)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestFollowGrows reads a file that is cut inside of a packet and goes on later, and
// closes the source while the reader waits for more.
func TestFollowGrows(t *testing.T) {
	whole, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "growing.pcap")
	if err := os.WriteFile(name, whole[:200], 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Follow(name, capture.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := packets(t, recorded)
	if p, err := next(s); err != nil || !same(p, want[0]) {
		t.Fatalf("first packet: %v, %+v", err, p)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(whole[200:]); err != nil {
		t.Fatal(err)
	}
	for i := range want[1:] {
		if p, err := next(s); err != nil || !same(p, want[1+i]) {
			t.Fatalf("packet %d: %v, %+v", 1+i, err, p)
		}
	}
	var p capture.Packet
	if err := s.Next(&p); !errors.Is(err, capture.ErrIdle) {
		t.Errorf("behind the last packet: %v; want to be idle", err)
	}
	if s.Now() < want[len(want)-1].Ref.Time {
		t.Error("time runs backwards")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestFollowNothing gives what cannot be followed.
func TestFollowNothing(t *testing.T) {
	if _, err := Follow(filepath.Join(t.TempDir(), "none"), capture.OpenOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	s, err := Follow("-", capture.OpenOptions{Stdin: bytes.NewReader([]byte("these are words, not packets"))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := next(s); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("words: %v; want an error", err)
	}
}
