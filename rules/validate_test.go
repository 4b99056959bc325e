package rules

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
)

func TestValidate(t *testing.T) {
	if err := Validate([]*Rule{fake("a", Headers, nil), fake("b-2", Syntax, nil)}); err != nil {
		t.Fatalf("good rules: %v", err)
	}
	for want, change := range map[string]func(*Rule){
		"id is not kebab-case":                     func(r *Rule) { r.ID = "Upper-Case" },
		"id is not kebab-case\n":                   func(r *Rule) { r.ID = "a--b" },
		"no title":                                 func(r *Rule) { r.Title = "" },
		"title longer than 70 letters":             func(r *Rule) { r.Title = strings.Repeat("ä", 71) },
		"title ends in a full stop":                func(r *Rule) { r.Title = "A title." },
		"no reference":                             func(r *Rule) { r.Reference = "" },
		"no check":                                 func(r *Rule) { r.Check = nil },
		"no situation":                             func(r *Rule) { r.When = 0 },
		"no level":                                 func(r *Rule) { r.Level = 0 },
		"unknown family":                           func(r *Rule) { r.Family = 99 },
		"doc: why is not a full sentence":          func(r *Rule) { r.Doc.Why = "no stop" },
		"doc: seen is not a full sentence":         func(r *Rule) { r.Doc.Seen = "" },
		"an example after without one before":      func(r *Rule) { r.Doc.After = "> GET" },
		"suppresses unknown rule zzz":              func(r *Rule) { r.Suppresses = []string{"zzz"} },
		"suppresses itself: r > r":                 func(r *Rule) { r.Suppresses = []string{"r"} },
		"suppresses itself: r > s > r":             func(r *Rule) { r.Suppresses = []string{"s"} },
		"can be a root cause, but is silent":       func(r *Rule) { r.Severity.Failed = Silent },
		"never reported":                           func(r *Rule) { r.Severity = Severity{} },
		"meta and hygiene rules are never a root":  func(r *Rule) { r.Family = Hygiene },
		"fix 1: no product or no snippet":          func(r *Rule) { r.Fixes = []Fix{{Product: "nginx", Snippet: " \n"}} },
		"collects nothing":                         func(r *Rule) { r.Collects = true },
		"ending without a kind, or with an empty ": func(r *Rule) { r.Endings = []Match{{analyzer.EndingStatus, 5, 4}} },
		"id used twice":                            func(r *Rule) { r.ID = "s" },
	} {
		other := fake("s", Headers, func(r *Rule) { r.Suppresses = []string{"r"} })
		if !strings.Contains(want, "r > s") {
			other.Suppresses = nil
		}
		err := Validate([]*Rule{fake("r", Headers, change), other})
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestTableNamesOnlyFamiliesThatCanBeCauses(t *testing.T) {
	for _, row := range Table() {
		if row.Name == "" || len(row.Ends) == 0 || len(row.Stages) == 0 {
			t.Errorf("row %q is empty", row.Name)
		}
		for _, s := range row.Stages {
			if s.Family == Meta || s.Family == Hygiene || s.Family == Timing {
				t.Errorf("row %q blames %v", row.Name, s.Family)
			}
		}
	}
}

// TestEveryEndingHasARow walks all statuses, close codes and kinds.
func TestEveryEndingHasARow(t *testing.T) {
	for kind := analyzer.EndingNoTCP; kind <= analyzer.EndingNotHTTP; kind++ {
		e := analyzer.Ending{Kind: kind, Status: 400, Code: 1002}
		if row, _ := rowOf(e); row == nil {
			t.Errorf("kind %d has no row", kind)
		}
	}
	for n := range 1000 {
		if row, _ := rowOf(analyzer.Ending{Kind: analyzer.EndingStatus, Status: n}); row == nil {
			t.Errorf("status %d has no row", n)
		}
	}
	for n := range 5000 {
		if row, _ := rowOf(analyzer.Ending{Kind: analyzer.EndingClose, Code: uint16(n)}); row == nil {
			t.Errorf("close code %d has no row", n)
		}
	}
	for status, want := range map[int]string{
		400: "status 400", 302: "status 3xx", 410: "status 404, 410 or 421", 525: "status 502, 504 or 52x",
		200: "status 2xx", 464: "another status", 431: "status 413, 414 or 431",
	} {
		if got, _ := rowOf(analyzer.Ending{Kind: analyzer.EndingStatus, Status: status}); got.Name != want {
			t.Errorf("status %d: got row %q, want %q", status, got.Name, want)
		}
	}
}
