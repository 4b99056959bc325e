package diagnosis_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/internal/benchgen"
	"github.com/handshark/handshark/internal/memload"
	"github.com/handshark/handshark/report"
)

// held is the live memory in bytes that what is held of connections may take:
// the bounds of the stages add up to it.
const held = 140 << 20

// TestMemoryLoads analyzes what `make memory` does, a hundredth of it, and looks
// at the live memory: it may not grow with a stream, and only by what an open
// connection may take where connections stay open. What is given up is told.
func TestMemoryLoads(t *testing.T) {
	if testing.Short() {
		t.Skip("reads several hundred megabytes")
	}
	const scale, fixed, each = 100, 40 << 20, 4 << 10
	for _, l := range append(memload.Loads(), memload.Open()...) {
		t.Run(l.Name, func(t *testing.T) {
			size := l.Size / scale
			limit := uint64(fixed)
			switch {
			case l.Holds:
				limit = held
			case !l.Bytes:
				limit += uint64(size) * each
			}
			tail, peak := analyzeLoad(t, l, size)
			if peak > limit {
				t.Errorf("%d MiB live; want at most %d", peak>>20, limit>>20)
			}
			if n := tail.Captures[0].Evicted; (n > 0) != l.Sheds {
				t.Errorf("%d connections given up", n)
			}
		})
	}
}

// analyzeLoad analyzes a load of a size and gives the peak of live memory.
func analyzeLoad(t *testing.T, l memload.Load, size int64) (*report.Tail, uint64) {
	t.Helper()
	r, w := io.Pipe()
	go func() { w.CloseWithError(l.Write(w, size)) }()
	defer r.Close()
	peak := uint64(0)
	o := diagnosis.Options{Keep: diagnosis.KeepSample, Open: capture.OpenOptions{Stdin: r}, Progress: sampler(&peak)}
	tail, err := diagnosis.Analyze(t.Context(), []string{"-"}, o, func(*report.Record) error { return nil })
	if err != nil || len(tail.RuleErrors) > 0 || len(tail.Captures[0].Problems) > 0 {
		t.Fatal(err, tail.RuleErrors, tail.Captures)
	}
	return tail, peak
}

// TestPipelineIsGivenUp holds that what followed the connections of a capture is gone when
// its records are yielded: what is known of the file refers to nothing of it.
func TestPipelineIsGivenUp(t *testing.T) {
	var data bytes.Buffer
	if err := benchgen.Write(&data, benchgen.Options{Kind: benchgen.Handshakes, Bytes: 8 << 20}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "handshakes.pcap")
	if err := os.WriteFile(file, data.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	data = bytes.Buffer{}
	before, live := liveBytes(), uint64(0)
	o := diagnosis.Options{Workers: 2}
	_, err := diagnosis.Analyze(t.Context(), []string{file}, o, func(*report.Record) error {
		if live == 0 {
			live = liveBytes()
		}
		return nil
	})
	const most = 8 << 20 // the pipeline is 10 MiB
	if err != nil || live-before > most {
		t.Errorf("%d KiB live while records are yielded, %d before; error %v", live>>10, before>>10, err)
	}
}

// liveBytes gives the bytes in use after a collection.
func liveBytes() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // of what the first one finalized
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
