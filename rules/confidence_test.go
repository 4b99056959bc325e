package rules

import (
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
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

// TestConfidenceDisputed holds causes down that lie in octets of which there are two
// versions, and no others.
func TestConfidenceDisputed(t *testing.T) {
	for _, tt := range []struct {
		name string
		side reassembly.Side
		late int64 // nanoseconds after the response
		want float64
	}{
		{"of the request", reassembly.Client, -1, 0.45},
		{"of the response", reassembly.Server, -1, 0.85},
		{"after the heads", reassembly.Client, 1, 0.85},
	} {
		h := exchange(t, goodRequest, status("400 Bad Request"))
		half := &h.Conn.Halves[tt.side]
		half.Conflicts, half.Conflict = 1, capture.Ref{Frame: 9, Time: h.Response.Last.Time + tt.late}
		if got := judge(t, h, fake("request-a", Headers, nil)).Cause.Confidence; got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestConfidenceOf500 holds down what a server answered with 500, which is meant for
// faults of its own.
func TestConfidenceOf500(t *testing.T) {
	for code, want := range map[string]float64{"400 Bad Request": 0.85, "500 Internal Server Error": 0.60} {
		h := exchange(t, goodRequest, status(code))
		if got := judge(t, h, fake("request-key-missing", Headers, nil)).Cause.Confidence; got != want {
			t.Errorf("%s: got %v, want %v", code, got, want)
		}
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
