package diagnosis_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/internal/benchgen"
	"github.com/handshark/handshark/report"
)

// TestWorkers runs every capture there is with several numbers of workers: the
// report must be the same, octet by octet.
func TestWorkers(t *testing.T) {
	for _, pattern := range []string{"../testdata/pcaps/*.pcap*", "../testdata/pcaps/real/*.pcap*"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no captures in %s (%v)", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sameForAnyWorkers(t, file, data)
		}
	}
}

// TestWorkersMany does the same with some thousand handshakes, of which many are
// under way at once.
func TestWorkersMany(t *testing.T) {
	for _, kind := range []benchgen.Kind{benchgen.Handshakes, benchgen.Mixed} {
		var b bytes.Buffer
		if err := benchgen.Write(&b, benchgen.Options{Kind: kind, Bytes: 4 << 20, Seed: 7}); err != nil {
			t.Fatal(err)
		}
		sameForAnyWorkers(t, kind.String(), b.Bytes())
	}
}

// TestWorkersSeveralFiles does it with files that are merged by time: each has a
// read buffer of its own.
func TestWorkersSeveralFiles(t *testing.T) {
	files := []string{t.TempDir() + "/a.pcap", t.TempDir() + "/b.pcapng", t.TempDir() + "/c.pcap"}
	for i, file := range files {
		var b bytes.Buffer
		o := benchgen.Options{Kind: benchgen.Kind(i), Bytes: 1 << 20, Seed: uint64(i + 1), Pcapng: i == 1}
		if err := errors.Join(benchgen.Write(&b, o), os.WriteFile(file, b.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	o := diagnosis.Options{Join: capture.JoinAll, Workers: 1, Open: capture.OpenOptions{Buffer: 1 << 14}}
	want := reported(t, files, o)
	for _, n := range []int{2, 5} {
		if o.Workers = n; !bytes.Equal(reported(t, files, o), want) {
			t.Errorf("%d workers and 1 differ: %s", n, firstDifference(want, reported(t, files, o)))
		}
	}
}

// TestWorkersInterfaces does it with captures in which a second interface turns up
// behind the packets: one without a name is called by its number from then on.
func TestWorkersInterfaces(t *testing.T) {
	files, err := filepath.Glob("../testdata/pcaps/request-*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures (%v)", err)
	}
	for _, file := range files {
		sameForAnyWorkers(t, file, secondInterface(t, file, 0))
	}
}

// TestWorkersRing does it with many such files that are joined.
func TestWorkersRing(t *testing.T) {
	sources, err := filepath.Glob("../testdata/pcaps/request-*.pcap")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no captures (%v)", err)
	}
	var files []string
	dir := t.TempDir()
	for i, source := range sources {
		files = append(files, fmt.Sprintf("%s/ring_%04d.pcapng", dir, i))
		if err := os.WriteFile(files[i], secondInterface(t, source, time.Duration(i)*time.Hour), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if g := capture.Plan(files, capture.JoinAuto, capture.OpenOptions{}); len(g) != 1 {
		t.Fatalf("%d groups, want one", len(g))
	}
	for _, join := range []capture.JoinMode{capture.JoinAuto, capture.JoinAll, capture.JoinNone} {
		o := diagnosis.Options{Join: join, Workers: 1}
		want := reported(t, files, o)
		for _, n := range []int{2, 5} {
			if o.Workers = n; !bytes.Equal(reported(t, files, o), want) {
				t.Errorf("join %d: %d workers and 1 differ: %s", join, n, firstDifference(want, reported(t, files, o)))
			}
		}
	}
}

// secondInterface gives a capture as pcapng, recorded so much later, with its last
// packet once more, later still and on another interface.
func secondInterface(t *testing.T, file string, after time.Duration) []byte {
	t.Helper()
	src, err := capture.Open(file, 0, capture.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var out bytes.Buffer
	w, err := capture.NewPcapngWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	id := uint32(0)
	write := func(later int64) {
		if err := w.WritePacket(id, p.Ref.Time+int64(after)+later, p.Wire, p.Data, ""); err != nil {
			t.Fatal(err)
		}
	}
	add := func() {
		if id, err = w.AddInterface(capture.Interface{Link: src.Info().Interfaces[0].Link}); err != nil {
			t.Fatal(err)
		}
	}
	var last capture.Packet
	for add(); src.Next(&p) == nil; {
		write(0)
		last, last.Data = p, bytes.Clone(p.Data)
	}
	p = last
	add()
	write(1e9)
	return out.Bytes()
}

func sameForAnyWorkers(t *testing.T, name string, data []byte) {
	t.Helper()
	for _, keep := range []diagnosis.KeepMode{diagnosis.KeepAll, diagnosis.KeepSample} {
		want := written(t, data, diagnosis.Options{Workers: 1, Keep: keep})
		for _, n := range []int{2, 3, 6} {
			if got := written(t, data, diagnosis.Options{Workers: n, Keep: keep}); !bytes.Equal(got, want) {
				t.Errorf("%s, keep %d: %d workers and 1 differ: %s", name, keep, n, firstDifference(want, got))
			}
		}
	}
}

// written gives all that a run says.
func written(t *testing.T, data []byte, o diagnosis.Options) []byte {
	t.Helper()
	o.Open = capture.OpenOptions{Stdin: bytes.NewReader(data), Buffer: 1 << 14}
	return reported(t, []string{"-"}, o)
}

func reported(t *testing.T, files []string, o diagnosis.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	w := report.NewNDJSON(&out, report.Tool{})
	if o.Keep == diagnosis.KeepSample {
		w = report.NewTable(&out, report.TableOptions{Width: 100})
	}
	if n, ok := w.(report.Numberer); ok && o.Workers%2 == 0 {
		o.Ahead = n.Number
	}
	tail, err := diagnosis.Analyze(t.Context(), files, o, func(r *report.Record) error { return w.Handshake(*r) })
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(tail); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// firstDifference gives the first lines that differ.
func firstDifference(want, got []byte) string {
	w, g := bytes.Split(want, []byte{'\n'}), bytes.Split(got, []byte{'\n'})
	for i := range min(len(w), len(g)) {
		if !bytes.Equal(w[i], g[i]) {
			from := 0
			for from < min(len(w[i]), len(g[i])) && w[i][from] == g[i][from] {
				from++
			}
			return fmt.Sprintf("line %d, column %d: %.80q and %.80q", i+1, from+1, w[i][from:], g[i][from:])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(w), len(g))
}

// TestWorkersEmitFails: an error of emit ends the run, whoever is at work then.
func TestWorkersEmitFails(t *testing.T) {
	var b bytes.Buffer
	if err := benchgen.Write(&b, benchgen.Options{Kind: benchgen.Handshakes, Bytes: 1 << 20, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	for _, n := range []int{1, 2, 6} {
		for _, after := range []int{1, 100, 300} {
			o := diagnosis.Options{Workers: n, Open: capture.OpenOptions{Stdin: bytes.NewReader(b.Bytes())}}
			got := 0
			_, err := diagnosis.Analyze(t.Context(), []string{"-"}, o, func(*report.Record) error {
				if got++; got >= after {
					return full
				}
				return nil
			})
			if !errors.Is(err, full) || got != after {
				t.Errorf("%d workers: %v after %d handshakes, want %v after %d", n, err, got, full, after)
			}
		}
	}
}

// TestManySections reads a capture in which each packet has a section, and so an
// interface, of its own: to name them may not cost the more the more there are.
func TestManySections(t *testing.T) {
	const sections, most = 20_000, 400 << 20 // octets allocated in all
	list := readPackets(t, recordings(t)[0])
	one := func(n int) []byte {
		w := &blocks{order: binary.LittleEndian}
		w.section()
		w.description(list[0].link, micro())
		w.enhanced(0, list[n%len(list)], micro())
		return w.b
	}
	var data []byte
	for n := range sections {
		data = append(data, one(n)...)
	}
	for _, workers := range []int{1, 2} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		written(t, data, diagnosis.Options{Workers: workers})
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > most {
			t.Errorf("%d workers: %d MiB allocated; want at most %d", workers, n>>20, most>>20)
		}
	}
}

// TestWorkersBounded: however many are asked for, there are not so many.
func TestWorkersBounded(t *testing.T) {
	most, o := 0, diagnosis.Options{Workers: 20_000}
	o.Progress = func(_, _ uint64) { most = max(most, runtime.NumGoroutine()) }
	o.Open.Stdin = newTalk(t, func(k *talk, i int) bool {
		refusal(k, i, "/")
		return i < 1000
	})
	reported(t, []string{"-"}, o)
	if most == 0 || most > 300 {
		t.Errorf("%d goroutines", most)
	}
}
