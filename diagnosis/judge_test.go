package diagnosis

import (
	"bytes"
	"context"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/internal/benchgen"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

// eachHandshake calls f with every handshake of a generated capture.
func eachHandshake(t *testing.T, e *rules.Engine, f func(*analyzer.Handshake)) {
	var data bytes.Buffer
	if err := benchgen.Write(&data, benchgen.Options{Kind: benchgen.Handshakes, Bytes: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	r := newRun(context.Background(), e, 1, Options{Workers: 1, Open: capture.OpenOptions{Stdin: &data}})
	defer r.ledger.close()
	judgeEach(t, r, "-", f)
}

// judgeEach reads a capture, and calls f with each handshake before it is judged.
func judgeEach(t *testing.T, r *run, name string, f func(*analyzer.Handshake)) {
	t.Helper()
	p := newPipeline(r)
	p.doubt = f
	src, err := capture.OpenGroup(capture.Plan([]string{name}, 0, r.o.Open)[0], r.o.Open)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if err := p.read(src, p); err != nil {
		t.Fatal(err)
	}
	p.finish()
}

// TestJudgingHardlyAllocates judges ordinary handshakes, healthy and refused ones:
// what their verdicts take has been there for those before.
func TestJudgingHardlyAllocates(t *testing.T) {
	e, err := rules.NewEngine(catalogue.All(), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var judged, none int
	eachHandshake(t, e, func(h *analyzer.Handshake) {
		judged++
		if testing.AllocsPerRun(3, func() { e.Judge(h) }) == 0 {
			none++
		}
	})
	const want = 0.9 // the rest have a cookie or a key that asks for a closer look
	if judged < 100 || float64(none) < want*float64(judged) {
		t.Errorf("%d of %d handshakes were judged without an allocation, want %v", none, judged, want)
	}
}
