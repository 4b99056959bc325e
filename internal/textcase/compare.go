package textcase

import (
	"fmt"
	"slices"
	"strings"
)

// Difference compares what was observed of a variant of a case with what was
// observed of its plain form, attempt by attempt: outcome, root cause, rules and
// severities of findings. What the variant exempts, by rule or by family of the
// rule, is left out. It returns one line per difference.
func (c *Capture) Difference(observed []Observed, plainForm *Capture, plainObserved []Observed, family func(rule string) string) []string {
	exempt := func(rule string) bool {
		return slices.Contains(c.Variant.Exempt, rule) || slices.Contains(c.Variant.Exempt, family(rule))
	}
	after, stray := c.assign(observed)
	before, _ := plainForm.assign(plainObserved)
	var out []string
	for _, o := range stray {
		out = append(out, fmt.Sprintf("handshake %s -> %s belongs to no scenario", o.Client, o.Server))
	}
	for i, t := range c.Targets {
		where := fmt.Sprintf("%s: %s: %s -> %s", c.Variant.Name, c.Case.Scenarios[t.Scenario].Name, t.Client, t.Server)
		compare := sameOrDifferent
		if c.Variant.kind == lost {
			compare = noneCameUp
		}
		for _, d := range compare(before[i], after[i], exempt) {
			out = append(out, where+": "+d)
		}
	}
	return out
}

func sameOrDifferent(before, after []Observed, exempt func(string) bool) []string {
	if len(before) != len(after) {
		return []string{fmt.Sprintf("%d handshakes; want %d as in the plain form", len(after), len(before))}
	}
	var out []string
	for i := range before {
		got, want := after[i].summary(exempt), before[i].summary(exempt)
		if exempt(before[i].Cause) {
			got, want = after[i].rules(exempt), before[i].rules(exempt)
		}
		if got != want {
			out = append(out, fmt.Sprintf("got %s; want %s as in the plain form", got, want))
		}
	}
	return out
}

// summary is outcome, cause and rules in one comparable text.
func (o Observed) summary(exempt func(string) bool) string {
	return fmt.Sprintf("%s, cause %q by %s, superseded %t, %s", o.Outcome, o.Cause, o.Actor, o.Superseded, o.rules(exempt))
}

func (o Observed) rules(exempt func(string) bool) string {
	var rules []string
	for _, f := range o.Findings {
		if !exempt(f.Rule) {
			rules = append(rules, f.Rule+" "+f.Severity)
		}
	}
	slices.Sort(rules)
	return "findings [" + strings.Join(rules, ", ") + "]"
}

// noneCameUp allows findings to go, not to come, when octets are missing.
func noneCameUp(before, after []Observed, exempt func(string) bool) []string {
	known := map[string]bool{"": true, "undetermined": true}
	for _, o := range before {
		known[o.Cause] = true
		for _, f := range o.Findings {
			known[f.Rule] = true
		}
	}
	var out []string
	for _, o := range after {
		if !known[o.Cause] && !exempt(o.Cause) {
			out = append(out, fmt.Sprintf("cause %s came up where octets are missing", o.Cause))
		}
		for _, f := range o.Findings {
			if !known[f.Rule] && !exempt(f.Rule) {
				out = append(out, fmt.Sprintf("finding %s %q came up where octets are missing", f.Rule, f.Message))
			}
		}
	}
	return out
}
