package diagnosis

import (
	"bytes"
	"context"
	"testing"

	"github.com/handshark/handshark/report"
)

// TestKeptRecordsSayTheSame: what the others say of a handshake is written into a record
// that was encoded as it is into one that was not, and counted alike.
func TestKeptRecordsSayTheSame(t *testing.T) {
	amended := 0
	for _, file := range capturesBelow(t, "../testdata/pcaps") {
		whole, summary, _ := jsonOf(t, file, KeepSample)
		kept, counted, n := jsonOf(t, file, KeepAll)
		amended += n
		if summary != counted {
			t.Errorf("%s: counted\n%s\nwant\n%s", file, counted, summary)
		}
		for i := range kept {
			if i < len(whole) && whole[i] != "" && kept[i] != whole[i] {
				t.Errorf("%s, record %d: got\n%s\nwant\n%s", file, i, kept[i], whole[i])
			}
		}
	}
	if amended < 5 {
		t.Errorf("%d records were amended: that shows nothing", amended)
	}
}

// jsonOf gives the records of a capture, "" for those of which only the row was kept, the
// summary, and how many records were changed as they were kept.
func jsonOf(t *testing.T, file string, keep KeepMode) (list []string, summary string, amended int) {
	t.Helper()
	tail, err := Analyze(context.Background(), []string{file}, Options{Keep: keep, Workers: 1}, func(r *report.Record) error {
		if r.Kept.Change != (report.Change{}) {
			amended++
		}
		if r.Brief {
			list = append(list, "")
			return nil
		}
		h, err := r.Load()
		if err != nil {
			return err
		}
		list = append(list, string(new(report.Ordinals).JSON(nil, h.AppendJSON(nil))))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, string(tailJSON(t, tail)), amended
}

func tailJSON(t *testing.T, tail *report.Tail) []byte {
	t.Helper()
	var out bytes.Buffer
	w := report.NewNDJSON(&out, report.Tool{})
	if err := w.Close(tail); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
