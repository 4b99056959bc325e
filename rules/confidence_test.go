package rules

import (
	"testing"

	"github.com/handshark/handshark/analyzer"
)

func TestConfidenceAdjustments(t *testing.T) {
	for _, tt := range []struct {
		name string
		lost analyzer.Evidence
		want float64
	}{
		{"nothing lost", 0, 0.85},
		{"one direction", analyzer.BothSides, 0.65},
		{"mid-stream", analyzer.TCPOpen, 0.75},
		{"both", analyzer.BothSides | analyzer.TCPOpen, 0.55},
	} {
		h := exchange(t, goodRequest, status("400 Bad Request"))
		h.Lost = tt.lost
		if tt.lost&analyzer.TCPOpen != 0 {
			h.Have &^= analyzer.ResponseHead // whole heads need no beginning
		}
		if got := judge(t, h, fake("request-a", Headers, nil)).Cause.Confidence; got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestAdjustBySiblings(t *testing.T) {
	for _, tt := range []struct {
		name  string
		a     Adjustment
		want  float64
		cause string
	}{
		{"counter-example", Adjustment{CounterExample: true}, 0.60, "request-a"},
		{"differential proof", Adjustment{Differential: true}, 0.95, "request-a"},
		{"both", Adjustment{CounterExample: true, Differential: true}, 0.70, "request-a"},
	} {
		v := judge(t, exchange(t, goodRequest, status("400 Bad Request")), fake("request-a", Headers, nil))
		v.Adjust(tt.a)
		if v.Cause.Confidence != tt.want || causeID(v.Cause) != tt.cause {
			t.Errorf("%s: got %s %v, want %s %v", tt.name, causeID(v.Cause), v.Cause.Confidence, tt.cause, tt.want)
		}
	}
}

func TestAdjustMayUndetermine(t *testing.T) {
	v := judge(t, exchange(t, goodRequest, status("404 Not Found")), fake("http-wrong-path", Routing, symptom))
	v.Adjust(Adjustment{CounterExample: true})
	if got, want := causeID(v.Cause), "undetermined"; got != want {
		t.Errorf("cause: got %s, want %s", got, want)
	}
	if len(v.Cause.Candidates) != 1 || v.Findings[0].Role == Primary {
		t.Errorf("got candidates %v, role %v", v.Cause.Candidates, v.Findings[0].Role)
	}
	if got := v.Cause.Candidates[0].Confidence; got != 0.15 {
		t.Errorf("candidate: got %v, want 0.15", got)
	}
	(&Verdict{}).Adjust(Adjustment{CounterExample: true}) // no cause: nothing to do
}

func TestDifferentialNeverLowers(t *testing.T) {
	h := exchange(t, goodRequest, status("400 Bad Request"))
	v := judge(t, h, fake("request-a", Headers, proof(Proved, requestLine)))
	v.Adjust(Adjustment{Differential: true})
	if got, want := v.Cause.Confidence, 0.97; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLabels(t *testing.T) {
	for c, want := range map[float64]string{
		0.95: "certain", 0.90: "certain", 0.89: "high", 0.75: "high", 0.74: "medium",
		0.50: "medium", 0.49: "low", 0.40: "low", 0.39: "undetermined",
	} {
		if got := Label(c); got != want {
			t.Errorf("%v: got %s, want %s", c, got, want)
		}
	}
}
