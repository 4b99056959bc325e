package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stretch is a capture with a packet every step nanoseconds from first to last.
func stretch(t testing.TB, first, last, step int64) []byte {
	t.Helper()
	var b bytes.Buffer
	w, _ := NewPcapWriter(&b, 1, true, 0)
	for at := first; at <= last; at += step {
		if err := w.WritePacket(epoch+at, 0, []byte{byte(at / step)}); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestPlan(t *testing.T) {
	const s = second
	span := func(first, last int64) []byte { return stretch(t, first, last, s/2) }
	for _, c := range []struct {
		name  string
		mode  JoinMode
		files []string
		spans [][]byte
		want  []Group
	}{
		{"one", JoinAuto, []string{"a"}, [][]byte{span(0, s)}, []Group{{Files: []File{{"a", 0}}}}},
		{"pieces in the order of time", JoinAuto, []string{"a", "b", "c"}, [][]byte{span(20*s, 30*s), span(0, 9*s), span(10*s, 19*s)},
			[]Group{{Files: []File{{"b", 1}, {"c", 2}, {"a", 0}}}}},
		{"pieces that overlap a little", JoinAuto, []string{"a1", "a2"}, [][]byte{span(0, 60*s), span(59*s, 120*s)},
			[]Group{{Files: []File{{"a1", 0}, {"a2", 1}}}}},
		{"vantage points", JoinAuto, []string{"client", "server"}, [][]byte{span(0, 60*s), span(10*s, 50*s)},
			[]Group{{Files: []File{{"client", 0}}}, {Files: []File{{"server", 1}}}}},
		{"short vantage points", JoinAuto, []string{"client", "server"}, [][]byte{span(0, s), span(s/2, 3*s/2)},
			[]Group{{Files: []File{{"client", 0}}}, {Files: []File{{"server", 1}}}}},
		{"the same start", JoinAuto, []string{"client", "server"}, [][]byte{span(0, 0), span(0, 0)},
			[]Group{{Files: []File{{"client", 0}}}, {Files: []File{{"server", 1}}}}},
		{"ring buffers of two hosts", JoinAuto, []string{"a1", "b1", "a2", "b2"},
			[][]byte{span(0, 10*s), span(s, 11*s), span(10*s, 20*s), span(11*s, 20*s)},
			[]Group{{Files: []File{{"a1", 0}, {"a2", 2}}}, {Files: []File{{"b1", 1}, {"b2", 3}}}}},
		{"no packets", JoinAuto, []string{"a", "empty", "b"}, [][]byte{span(0, s), span(1, 0), span(9*s, 9*s)},
			[]Group{{Files: []File{{"a", 0}, {"b", 2}}}, {Files: []File{{"empty", 1}}}}},
		{"not a capture", JoinAuto, []string{"a", "x"}, [][]byte{span(0, s), []byte("x")},
			[]Group{{Files: []File{{"a", 0}}}, {Files: []File{{"x", 1}}}}},
		{"all", JoinAll, []string{"a", "b", "-"}, [][]byte{span(0, s), span(0, s), nil},
			[]Group{{Files: []File{{"a", 0}, {"b", 1}}, Order: ByTime}, {Files: []File{{"-", 2}}}}},
		{"none", JoinNone, []string{"a", "b"}, [][]byte{span(0, s), span(10*s, 10*s)},
			[]Group{{Files: []File{{"a", 0}}}, {Files: []File{{"b", 1}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string][]byte{}
			for i, name := range c.files {
				if name != "-" {
					files[name] = c.spans[i]
				}
			}
			tree(t, files)
			if d := cmp.Diff(c.want, Plan(c.files, c.mode, OpenOptions{})); d != "" {
				t.Error(d)
			}
		})
	}
}

// The tail of a large file tells its last time; a damaged one is read.
func TestMeasureByTail(t *testing.T) {
	var pcap, ng bytes.Buffer
	w, _ := NewPcapWriter(&pcap, 1, true, 0)
	n, _ := NewPcapngWriter(&ng)
	n.AddInterface(Interface{Link: 1})
	const count = 3000
	for i := range count {
		data := bytes.Repeat([]byte{byte(i)}, 1000)
		w.WritePacket(epoch+int64(i), 0, data)
		n.WritePacket(0, epoch+int64(i), 0, data, "")
	}
	for name, b := range map[string][]byte{"pcap": pcap.Bytes(), "pcapng": ng.Bytes()} {
		tree(t, map[string][]byte{"whole": b, "cut": b[:len(b)-1]})
		want := piece{File{"whole", 0}, epoch, epoch + count - 1}
		s, _ := Open("whole", 0, OpenOptions{})
		s.Next(&Packet{})
		if last, ok := tailTime("whole", s); !ok || last != want.last {
			t.Errorf("%s: tail: got %d %v, want %d", name, last, ok, want.last)
		}
		s.Close()
		if got, ok := measure(File{"whole", 0}, OpenOptions{}); !ok || got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
		if got, _ := measure(File{"cut", 0}, OpenOptions{}); got.last != want.last-1 {
			t.Errorf("%s: cut: got %d, want %d", name, got.last, want.last-1)
		}
	}
}

func readGroup(t *testing.T, g Group) (refs []Ref, infos []*Info, err error) {
	t.Helper()
	s, err := OpenGroup(g, OpenOptions{})
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	var p Packet
	for {
		if err := s.Next(&p); err != nil {
			return refs, s.Infos(), err
		}
		if s.Info().Index != p.Ref.Capture {
			t.Errorf("Info is of capture %d, the packet of %d", s.Info().Index, p.Ref.Capture)
		}
		p.Ref.Time -= epoch
		refs = append(refs, p.Ref)
	}
}

func TestGroupMerges(t *testing.T) {
	tree(t, map[string][]byte{"a": stretch(t, 10, 40, 10), "b": stretch(t, 10, 30, 20), "c": stretch(t, 5, 45, 40)})
	g := Group{Files: []File{{"a", 7}, {"b", 8}, {"c", 9}}, Order: ByTime}
	got, infos, err := readGroup(t, g)
	want := []Ref{{9, 1, 5}, {7, 1, 10}, {8, 1, 10}, {7, 2, 20}, {7, 3, 30}, {8, 2, 30}, {7, 4, 40}, {9, 2, 45}}
	if d := cmp.Diff(want, got); d != "" || err != io.EOF || len(infos) != 3 {
		t.Error(d, err, len(infos))
	}
	g.Order = InSequence
	got, _, err = readGroup(t, g)
	slices.SortStableFunc(want, func(a, b Ref) int { return int(a.Capture) - int(b.Capture) })
	if d := cmp.Diff(want, got); d != "" || err != io.EOF {
		t.Error(d, err)
	}
}

// A file that cannot be read does not hide the others.
func TestGroupSurvivesBadFiles(t *testing.T) {
	damaged := append(stretch(t, 10, 20, 10), bytes.Repeat([]byte{0xee}, 2<<20)...)
	tree(t, map[string][]byte{"a": damaged, "b": []byte("text"), "c": stretch(t, 30, 30, 10)})
	for _, order := range []Order{InSequence, ByTime} {
		got, infos, err := readGroup(t, Group{Files: []File{{"a", 0}, {"b", 1}, {"c", 2}}, Order: order})
		if len(got) != 3 || len(infos) != 2 {
			t.Errorf("got %d packets of %d files, want 3 of 2", len(got), len(infos))
		}
		_, isRead := errors.AsType[*ReadError](err)
		_, isOpen := errors.AsType[*OpenError](err)
		if !isRead || !isOpen {
			t.Errorf("got %v, want both failures", err)
		}
	}
	if _, err := OpenGroup(Group{Files: []File{{"b", 1}}}, OpenOptions{}); err == nil {
		t.Error("got no error of a group without a capture")
	}
}

// late is a capture whose second interface turns up behind its first packet.
func late(t *testing.T, first int64) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewPcapngWriter(&b)
	for id := range uint32(2) {
		_, addErr := w.AddInterface(Interface{Link: 1})
		err = errors.Join(err, addErr, w.WritePacket(id, epoch+first+int64(id)*second, 1, []byte{1}, ""))
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Whoever asks after each packet which files have more interfaces learns of all of
// them, and is not given all files each time.
func TestGroupGrowing(t *testing.T) {
	const files = 50
	list := map[string][]byte{}
	var g Group
	for i := range files {
		name := strconv.Itoa(i)
		list[name] = late(t, int64(i)*second)
		g.Files = append(g.Files, File{name, uint32(i)})
	}
	tree(t, list)
	for _, g.Order = range []Order{InSequence, ByTime} {
		s, err := OpenGroup(g, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		known, given := map[uint32]int{}, 0
		for p := new(Packet); s.Next(p) == nil; {
			for _, i := range s.Growing() {
				known[i.Index] = len(i.Interfaces)
				given++
			}
			if p.Interface >= uint32(known[p.Ref.Capture]) {
				t.Fatalf("order %d: interface %d of file %d was not told of", g.Order, p.Interface, p.Ref.Capture)
			}
		}
		s.Close()
		if given > 3*files {
			t.Errorf("order %d: %d files were given, of %d with two interfaces each", g.Order, given, files)
		}
	}
}

// TestGroupBuffers: files that are read one after the other share a buffer, and none is
// kept for a file that was read.
func TestGroupBuffers(t *testing.T) {
	const files = 100
	file := filepath.Join(t.TempDir(), "a.pcap")
	if err := os.WriteFile(file, stretch(t, 0, 2, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, turned := range []bool{false, true} {
		g := Group{Order: InSequence}
		for i := range files {
			g.Files = append(g.Files, File{Name: file, Index: uint32(i)})
		}
		var o OpenOptions
		if turned {
			spare := make([]byte, partBuffer)
			o.Turn = func(used []byte) []byte { used, spare = spare, used; return used }
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s, err := OpenGroup(g, o)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var p Packet
		for err = s.Next(&p); err == nil; err = s.Next(&p) {
			n++
		}
		runtime.ReadMemStats(&after)
		if err != io.EOF || n != 3*files {
			t.Errorf("%d packets, %v", n, err)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 10*partBuffer {
			t.Errorf("turned %t: %d octets were allocated for %d files", turned, made, files)
		}
	}
}
