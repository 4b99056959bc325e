package rules

import (
	"testing"

	"github.com/handshark/handshark/analyzer"
)

func TestIf(t *testing.T) {
	odd := fake("odd", Headers, func(r *Rule) { r.If = If(MethodOdd, Status404).And(NotEstablished) })
	for _, tt := range []struct {
		name, request, response string
		want                    int
	}{
		{"one of each group", goodRequest, status("404 Not Found"), 1},
		{"none of the first", goodRequest, status("400 Bad Request"), 0},
		{"none of the second", "POST" + goodRequest[len("GET"):], "HTTP/1.1 101 Switching Protocols", 0},
	} {
		h := exchange(t, tt.request, tt.response)
		if got := len(judge(t, h, odd).Findings); got != tt.want {
			t.Errorf("%s: got %d findings, want %d", tt.name, got, tt.want)
		}
		e, err := NewEngine([]*Rule{odd}, Options{Unscreened: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(e.Judge(h).Findings); got != 1 {
			t.Errorf("%s, not screened: got %d findings, want 1", tt.name, got)
		}
	}
}

// TestPlansAreBounded judges more kinds of handshakes than plans are kept of.
func TestPlansAreBounded(t *testing.T) {
	e, err := NewEngine([]*Rule{fake("r", Headers, func(r *Rule) { r.Needs = 0 })}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := exchange(t, goodRequest, status("404 Not Found"))
	for i := range 3 * plansKept {
		h.Lost = analyzer.Evidence(i)
		if len(e.Judge(h).Findings) != 1 || len(e.plans.of) > plansKept {
			t.Fatalf("kind %d: %d plans kept", i, len(e.plans.of))
		}
	}
}
