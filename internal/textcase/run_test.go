package textcase

import (
	"strings"
	"testing"
)

const runCase = `-- fires --
> Sec-WebSocket-Version: 25
< HTTP/1.1 426 Upgrade Required
want x error "seen 25"
cause x client high
outcome rejected
superseded

>
<
cause none
inconclusive y
handshakes 2
-- near-miss --
>
`

// observedOf gives what a right analysis would say of runCase.
func observedOf(t *testing.T, c *Capture) []Observed {
	t.Helper()
	if len(c.Targets) != 3 {
		t.Fatalf("got %d targets; want 3", len(c.Targets))
	}
	out := make([]Observed, 3)
	for i, target := range c.Targets {
		out[i] = Observed{Client: target.Client, Server: target.Server, Time: target.Start + 1, Outcome: "established"}
	}
	out[0].Outcome, out[0].Cause, out[0].Actor, out[0].Label, out[0].Superseded = "rejected", "x", "client", "certain", true
	out[0].Findings = []Finding{{Rule: "x", Severity: "error", Message: "has seen 25, not 13"}}
	out[1].Inconclusive = []string{"y"}
	out[2].Findings = []Finding{{Rule: "note", Severity: "info"}}
	return out
}

func build(t *testing.T, text string, v Variant) *Capture {
	t.Helper()
	c, err := Parse("x.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.Build(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCheck(t *testing.T) {
	c := build(t, runCase, Variant{})
	if got := c.Check(observedOf(t, c)); len(got) > 0 {
		t.Errorf("got %q; want no mismatch", got)
	}
	for _, tt := range []struct {
		name   string
		change func(o []Observed) []Observed
		want   string
	}{
		{"outcome", func(o []Observed) []Observed { o[0].Outcome = "closed"; return o }, "fires (line 7): outcome closed; want rejected"},
		{"cause", func(o []Observed) []Observed { o[0].Cause = "z"; return o }, "cause z; want x"},
		{"no cause", func(o []Observed) []Observed { o[0].Cause = ""; return o }, "cause none; want x"},
		{"some cause", func(o []Observed) []Observed { o[1].Cause = "z"; return o }, "cause z; want none"},
		{"actor", func(o []Observed) []Observed { o[0].Actor = "server"; return o }, "cause x by server; want client"},
		{"label", func(o []Observed) []Observed { o[0].Label = "medium"; return o }, "confidence medium; want at least high"},
		{"superseded", func(o []Observed) []Observed { o[0].Superseded = false; return o }, "not superseded"},
		{"severity", func(o []Observed) []Observed { o[0].Findings[0].Severity = "info"; return o }, `no finding x error "seen 25"`},
		{"message", func(o []Observed) []Observed { o[0].Findings[0].Message = "odd"; return o }, `no finding x error "seen 25"`},
		{"unwanted", func(o []Observed) []Observed { o[1].Findings = []Finding{{Rule: "z", Severity: "warning"}}; return o }, "finding z warning \"\" is not wanted"},
		{"own rule", func(o []Observed) []Observed { o[2].Findings = []Finding{{Rule: "x", Severity: "info"}}; return o }, "near-miss: x (\"\") must stay silent"},
		{"inconclusive", func(o []Observed) []Observed { o[1].Inconclusive = nil; return o }, "y is not inconclusive"},
		{"missing", func(o []Observed) []Observed { return o[1:] }, "0 handshakes reported; want 1"},
		{"twice", func(o []Observed) []Observed { return append(o, o[1]) }, "fires: 3 handshakes reported; want 2"},
		{"stray", func(o []Observed) []Observed { o[2].Client = "192.0.2.99:1"; return o }, "belongs to no scenario"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(c.Check(tt.change(observedOf(t, c))), "\n")
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %q; want a mismatch with %q", got, tt.want)
			}
		})
	}
}

func TestStrict(t *testing.T) {
	c := build(t, "-- a --\n>\nstrict\n", Variant{})
	o := Observed{Client: c.Targets[0].Client, Server: c.Targets[0].Server, Time: c.Targets[0].Start, Findings: []Finding{{Rule: "z", Severity: "info"}}}
	if got := c.Check([]Observed{o}); len(got) != 1 {
		t.Errorf("got %q; want the info finding", got)
	}
}

func TestDifference(t *testing.T) {
	family := func(rule string) string { return map[string]string{"x": "version", "tcp": "transport"}[rule] }
	before := build(t, runCase, Variant{})
	for _, v := range []Variant{Variants()[0], Lost(1)} {
		after := build(t, runCase, v)
		o := observedOf(t, after)
		o[1].Findings = []Finding{{Rule: "tcp", Severity: "warning"}}
		if got := after.Difference(o, before, observedOf(t, before), family); len(got) > 0 {
			t.Errorf("%s: got %q; want no difference", v.Name, got)
		}
		o[1].Findings = []Finding{{Rule: "z", Severity: "warning"}}
		if got := after.Difference(o, before, observedOf(t, before), family); len(got) != 1 {
			t.Errorf("%s: got %q; want the finding that came up", v.Name, got)
		}
		o[1].Findings, o[0].Findings = nil, nil
		gone := after.Difference(o, before, observedOf(t, before), family)
		if isLost := v.kind == lost; isLost != (len(gone) == 0) {
			t.Errorf("%s: got %q for a finding that is gone", v.Name, gone)
		}
	}
}

// TestTargets checks which attempt an expectation speaks of.
func TestTargets(t *testing.T) {
	const text = `-- a --
dns ws.example.test A nxdomain
cause a
open name=front
>| PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n
>
cause b
open name=back client=server server=origin:8080
>> GET /health HTTP/1.1

>
cause d
on front
<
want e
`
	c := build(t, text, Variant{})
	want := []string{
		"198.51.100.1 >  a",
		"198.51.100.1:50000 > 192.0.2.2:80 b",
		"192.0.2.2:50001 > 203.0.113.1:8080 -",
		"192.0.2.2:50001 > 203.0.113.1:8080 d",
	}
	if len(c.Targets) != len(want) {
		t.Fatalf("got %d targets; want %d", len(c.Targets), len(want))
	}
	for i, target := range c.Targets {
		cause := "-"
		if target.Cause != nil {
			cause = target.Cause.Rule
		}
		if got := target.Client + " > " + target.Server + " " + cause; got != want[i] {
			t.Errorf("target %d: got %s; want %s", i, got, want[i])
		}
	}
	if len(c.Targets[1].Wants) != 1 {
		t.Errorf("got %d wants on the front leg; want 1", len(c.Targets[1].Wants))
	}
	if c.Targets[2].End != c.Targets[3].Start {
		t.Error("the first request does not end where the second starts")
	}
}
