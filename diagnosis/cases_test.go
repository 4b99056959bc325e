package diagnosis_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/internal/textcase"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules/catalogue"
)

// caseFiles lists the text cases.
func caseFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/pcaps/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no text cases found: %v", err)
	}
	return files
}

func readCase(t *testing.T, file string) *textcase.Case {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := textcase.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// observe analyzes a capture file's bytes.
func observe(t *testing.T, data []byte, only ...string) []textcase.Observed {
	t.Helper()
	var seen []textcase.Observed
	o := diagnosis.Options{Only: only, Open: capture.OpenOptions{Stdin: bytes.NewReader(data)}}
	tail, err := diagnosis.Analyze(context.Background(), []string{"-"}, o, func(r *report.Record) error {
		h, err := r.Load()
		if err == nil {
			seen = append(seen, observed(h))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range append(tail.RuleErrors, problems(tail)...) {
		t.Error(e)
	}
	return seen
}

func problems(tail *report.Tail) []string {
	var list []string
	for _, e := range tail.Unusable {
		list = append(list, e.Error())
	}
	return list
}

func observed(h *report.Handshake) textcase.Observed {
	o := textcase.Observed{
		Client: h.Client, Server: h.Server, Time: h.Time.UnixNano(), Outcome: h.Outcome,
		Superseded: h.SupersededBy != nil,
	}
	if h.Request != nil {
		o.Time = h.Request.Time.UnixNano()
	}
	if c := h.RootCause; c != nil {
		o.Cause, o.Actor, o.Label = c.Rule, c.Actor, c.Label
	}
	for _, f := range h.Findings {
		o.Findings = append(o.Findings, textcase.Finding{
			Rule: f.Rule, Severity: f.Severity, Role: f.Role, Message: string(f.Message),
		})
	}
	for _, i := range h.Inconclusive {
		o.Inconclusive = append(o.Inconclusive, i.Rule)
	}
	return o
}

// TestCases runs every text case: each finding must be wanted and each want met.
func TestCases(t *testing.T) {
	for _, file := range caseFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			c, err := readCase(t, file).Build(textcase.Variant{})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range c.Check(observe(t, c.File(), optional(c.Case.Name)...)) {
				t.Error(m)
			}
		})
	}
}

// TestCasesReplayed runs every case cut, doubled, swapped, wrapped, tagged, over
// IPv6 and as pcapng: the findings must be the same. With a piece of a head
// missing, none may come up that was not there.
func TestCasesReplayed(t *testing.T) {
	for _, file := range caseFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			c := readCase(t, file)
			plain, err := c.Build(textcase.Variant{})
			if err != nil {
				t.Fatal(err)
			}
			want := observe(t, plain.File(), optional(c.Name)...)
			for _, v := range variants(c) {
				replay(t, c, v, plain, want)
			}
		})
	}
}

// lostPieces bounds how many pieces of heads are taken away from one case, so
// that long cases do not take all the time there is.
const lostPieces = 24

func variants(c *textcase.Case) []textcase.Variant {
	list := textcase.Variants()
	n := c.HeadPieces()
	step := max(1, n/lostPieces)
	for k := 0; k < n; k += step {
		list = append(list, textcase.Lost(k))
	}
	return slices.DeleteFunc(list, func(v textcase.Variant) bool { return !c.Applies(v) })
}

func replay(t *testing.T, c *textcase.Case, v textcase.Variant, plain *textcase.Capture, want []textcase.Observed) {
	t.Helper()
	built, err := c.Build(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range built.Difference(observe(t, built.File(), optional(c.Name)...), plain, want, family) {
		t.Error(d)
	}
}

// optional asks for the rule of a case where it runs only when it is asked for.
func optional(id string) []string {
	for _, r := range catalogue.All() {
		if r.ID == id && r.Optional {
			return []string{id}
		}
	}
	return nil
}

// family gives the family of a rule.
func family(id string) string {
	for _, r := range catalogue.All() {
		if r.ID == id {
			return r.Family.String()
		}
	}
	return ""
}

// TestEveryRuleHasACase fails for a rule without a text case.
func TestEveryRuleHasACase(t *testing.T) {
	have := map[string]bool{}
	for _, file := range caseFiles(t) {
		have[strings.TrimSuffix(filepath.Base(file), ".txtar")] = true
	}
	for _, r := range catalogue.All() {
		if !have[r.ID] {
			t.Errorf("rule %s has no testdata/pcaps/%s.txtar", r.ID, r.ID)
		}
	}
}
