package capture

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// TestReadAhead holds a file that is read ahead to the same file read as it is needed:
// packets, problems, and where they are.
func TestReadAhead(t *testing.T) {
	for name, tc := range map[string]struct {
		size  func(r *rand.Rand, i int) int // of packet i
		cut   int                           // octets that the end of the file lacks
		ahead bool                          // to the end
	}{
		"usual":               {func(r *rand.Rand, _ int) int { return 40 + r.IntN(1460) }, 0, true},
		"as large as it gets": {func(r *rand.Rand, _ int) int { return partRoom - 64 + r.IntN(32) }, 0, true},
		"cut":                 {func(r *rand.Rand, _ int) int { return 40 + r.IntN(1460) }, 17, true},
		"some are too large":  {large, 0, false},
	} {
		for _, ng := range []bool{false, true} {
			var packets [][]byte
			r := rand.New(rand.NewPCG(1, 2))
			for total := 0; total < worthwhile+3*partBuffer; {
				p := bytes.Repeat([]byte{byte(len(packets))}, tc.size(r, len(packets)))
				packets, total = append(packets, p), total+len(p)
			}
			data := written(t, packets, ng)
			checkReadAhead(t, name, data[:len(data)-tc.cut], tc.ahead)
		}
	}
}

// large is the size of packets of which some do not fit in front of a part.
func large(r *rand.Rand, _ int) int {
	if r.IntN(100) == 0 {
		return 3 * partRoom
	}
	return 300
}

func checkReadAhead(t *testing.T, name string, data []byte, ahead bool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.pcap")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(file, 0, OpenOptions{Turn: func(used []byte) []byte { return make([]byte, len(used)) }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []Packet // in buffers that are not given again: they stay as they are
	var p Packet
	for err = s.Next(&p); err == nil; err = s.Next(&p) {
		got = append(got, p)
	}
	plain := mustOpen(t, data)
	want, wantErr := readAll(plain)
	if err.Error() != wantErr.Error() || len(got) != len(want) {
		t.Fatalf("%s: %d packets, then %v; want %d, then %v", name, len(got), err, len(want), wantErr)
	}
	for i := range want {
		g := &got[i]
		if got := (seen{g.Ref.Frame, g.Ref.Time, g.Interface, g.Link, g.Wire, string(g.Data)}); got != want[i] {
			t.Fatalf("%s: packet %d differs", name, i+1)
		}
	}
	a, b := *s.Info(), *plain.Info()
	if a.Name = b.Name; !reflect.DeepEqual(a, b) {
		t.Errorf("%s: %+v; want %+v", name, a, b)
	}
	if got := windowOf(s).ahead != nil; got != ahead {
		t.Errorf("%s: read ahead to the end: %v; want %v", name, got, ahead)
	}
}

// TestReadAheadClosed closes a file while parts of it are being read.
func TestReadAheadClosed(t *testing.T) {
	var packets [][]byte
	for range worthwhile / 1000 {
		packets = append(packets, make([]byte, 1000))
	}
	file := filepath.Join(t.TempDir(), "a.pcap")
	if err := os.WriteFile(file, written(t, packets, false), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(file, 0, OpenOptions{Turn: func(used []byte) []byte { return used }})
	if err != nil {
		t.Fatal(err)
	}
	var p Packet
	for range partBuffer / 1000 {
		if err := s.Next(&p); err != nil {
			t.Fatal(err)
		}
	}
	if w := windowOf(s); len(w.ahead.next) != partsAhead {
		t.Fatalf("%d parts are being read; want %d", len(w.ahead.next), partsAhead)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
