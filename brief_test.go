package handshark_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/handshark/handshark"
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
	whole, _ := rows(t, file, handshark.KeepAll)
	sample, brief := rows(t, file, handshark.KeepSample)
	if len(whole) != len(sample) || brief < len(whole)/2 {
		t.Fatalf("got %d records, %d of them brief, want %d, most of them brief", len(sample), brief, len(whole))
	}
	for i := range whole {
		if sample[i] != whole[i] {
			t.Fatalf("record %d: got %+v, want %+v", i, sample[i], whole[i])
		}
	}
}

// row is what a brief record has in common with the whole one.
type row struct {
	id, websocket, client, server, outcome, cause, key string
	status                                             int
}

func rows(t *testing.T, file string, keep handshark.KeepMode) (list []row, brief int) {
	t.Helper()
	o := handshark.Options{Keep: keep}
	_, err := handshark.Analyze(context.Background(), []string{file}, o, func(r *report.Record) error {
		h, err := r.Load()
		if err != nil {
			return err
		}
		one := row{
			id: h.ID, websocket: h.WebSocket, client: h.Client, server: h.Server, outcome: h.Outcome,
			key: report.GroupKey(h), status: statusOf(h),
		}
		if h.RootCause != nil {
			one.cause = h.RootCause.Rule
		}
		if r.Brief {
			brief++
		}
		list = append(list, one)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, brief
}
