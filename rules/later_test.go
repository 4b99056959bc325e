package rules

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
)

func tellRequest(p *Pass) (string, []Evidence) {
	return "told", []Evidence{p.StartLine(p.Request), p.StartLine(p.Response)}
}

// TestLater reports a finding now, later, and later where it is not known in which
// packet it is: the verdicts are the same.
func TestLater(t *testing.T) {
	for _, tt := range []struct {
		name  string
		check func(*Pass)
		told  bool // at once
	}{
		{"now", func(p *Pass) { m, e := tellRequest(p); p.Found(m, e...) }, true},
		{"later", func(p *Pass) { p.Later(Finding{}, tellRequest, p.StartSpot(p.Request), p.StartSpot(p.Response)) }, false},
		{"no packet", func(p *Pass) {
			p.Request.Refs = nil
			p.Later(Finding{}, tellRequest, p.StartSpot(p.Request), p.StartSpot(p.Response))
		}, true},
	} {
		h := exchange(t, goodRequest, status("400 Bad Request"))
		h.Request.Refs, h.Response.Refs = []capture.Ref{ref(4)}, []capture.Ref{ref(6)}
		e, err := NewEngine([]*Rule{fake("a", Headers, func(r *Rule) { r.Check = tt.check })}, Options{Panic: true})
		if err != nil {
			t.Fatal(err)
		}
		v := e.Judge(h)
		if causeID(v.Cause) != "a" || v.Cause.Summary != "" || (v.Findings[0].Message != "") != tt.told {
			t.Errorf("%s: before it is told: cause %s, %q, message %q", tt.name, causeID(v.Cause), v.Cause.Summary, v.Findings[0].Message)
		}
		v.Tell()
		v.Tell()
		f := &v.Findings[0]
		if f.Message != "told" || len(f.Evidence) != 2 || v.Cause.Summary != "Told; the server answered 400." || len(v.RuleErrors) != 0 {
			t.Errorf("%s: got %q with %d pieces of evidence, %q, errors %v", tt.name, f.Message, len(f.Evidence), v.Cause.Summary, v.RuleErrors)
		}
	}
}

// TestLaterIsHeldToIt tells what does not fit what was said.
func TestLaterIsHeldToIt(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		tell       Teller
	}{
		{"nothing", "a: finding without evidence", func(*Pass) (string, []Evidence) { return "m", nil }},
		{"no packet", "a: evidence without a packet", func(*Pass) (string, []Evidence) { return "m", []Evidence{{}} }},
		{"elsewhere", "a: evidence is at", func(p *Pass) (string, []Evidence) { return "m", []Evidence{p.StartLine(p.Response)} }},
		{"panic", "a: panic: no", func(*Pass) (string, []Evidence) { panic("no") }},
	} {
		h := exchange(t, goodRequest, status("400 Bad Request"))
		h.Request.Refs = []capture.Ref{ref(4)}
		r := fake("a", Headers, func(r *Rule) {
			r.Check = func(p *Pass) { p.Later(Finding{}, tt.tell, p.StartSpot(p.Request)) }
		})
		e, err := NewEngine([]*Rule{r}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		v := e.Judge(h)
		v.Tell()
		if len(v.RuleErrors) != 1 || !strings.HasPrefix(v.RuleErrors[0], tt.want) || v.Findings[0].Message == "" {
			t.Errorf("%s: got errors %v, message %q", tt.name, v.RuleErrors, v.Findings[0].Message)
		}
	}
}
