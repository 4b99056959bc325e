package diagnosis_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/internal/benchgen"
	"github.com/handshark/handshark/report"
)

// TestBriefRecordsSayTheSame: a record of which only the row was kept names the
// same handshake, outcome and cause as the whole one.
func TestBriefRecordsSayTheSame(t *testing.T) {
	file := filepath.Join(t.TempDir(), "many.pcap")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := benchgen.Write(f, benchgen.Options{Kind: benchgen.Handshakes, Bytes: 1 << 20, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	whole, _ := rows(t, file, diagnosis.KeepAll)
	sample, brief := rows(t, file, diagnosis.KeepSample)
	if len(whole) != len(sample) || brief < len(whole)/2 {
		t.Fatalf("got %d records, %d of them brief, want %d, most of them brief", len(sample), brief, len(whole))
	}
	for i := range whole {
		if sample[i] != whole[i] {
			t.Fatalf("record %d: got %+v, want %+v", i, sample[i], whole[i])
		}
	}
}

func withoutQuery(url report.Text) string {
	path, _, _ := strings.Cut(string(url), "?")
	return path
}

// row is what a brief record has in common with the whole one.
type row struct {
	websocket, server, url, outcome, cause, key string
	time                                        report.Time
	frame                                       uint64
	status                                      int
}

func rows(t *testing.T, file string, keep diagnosis.KeepMode) (list []row, brief int) {
	t.Helper()
	o := diagnosis.Options{Keep: keep}
	_, err := diagnosis.Analyze(context.Background(), []string{file}, o, func(r *report.Record) error {
		h, err := r.Load()
		if err != nil {
			return err
		}
		one := row{
			websocket: h.WebSocket, server: h.Server, outcome: h.Outcome, key: report.GroupKey(h),
			url: withoutQuery(h.URL), time: h.Time, frame: h.Frames.First, status: statusOf(h),
		}
		if h.RootCause != nil {
			one.cause = h.RootCause.Rule
		}
		if r.Brief {
			brief++
			h.URL = "who takes it may write to it"
		}
		list = append(list, one)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, brief
}
