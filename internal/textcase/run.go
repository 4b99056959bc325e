package textcase

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// Observed is what an analysis reported about one handshake.
type Observed struct {
	Client, Server string // endpoints as "192.0.2.1:80", "[2001:db8::1]:80"
	Time           int64  // first packet of the request, or of the connection if there is none; nanoseconds
	Outcome        string
	Cause          string // rule of the root cause; empty = none; "undetermined"
	Actor          string // of the root cause
	Label          string // of its confidence
	Superseded     bool
	Findings       []Finding
	Inconclusive   []string // rules
}

// Finding is one reported finding.
type Finding struct {
	Rule, Severity, Role, Message string
}

// Check compares what was observed in the whole capture with what its case
// expects. It returns one line per mismatch, empty if all is as expected.
func (c *Capture) Check(observed []Observed) []string {
	var out []string
	by, stray := c.assign(observed)
	for _, o := range stray {
		out = append(out, fmt.Sprintf("handshake %s -> %s (%s) belongs to no scenario", o.Client, o.Server, o.Outcome))
	}
	for i := range c.Targets {
		out = append(out, c.checkTarget(&c.Targets[i], by[i])...)
	}
	for i, s := range c.Case.Scenarios {
		if n := c.count(by, i); s.Handshakes >= 0 && n != s.Handshakes {
			out = append(out, fmt.Sprintf("%s: %d handshakes reported; want %d", s.Name, n, s.Handshakes))
		}
	}
	return out
}

// assign gives each observed handshake to the target that it belongs to.
func (c *Capture) assign(observed []Observed) (by map[int][]Observed, stray []Observed) {
	by = map[int][]Observed{}
	for _, o := range observed {
		i := slices.IndexFunc(c.Targets, func(t Target) bool { return t.holds(o) })
		if i < 0 {
			i = slices.IndexFunc(c.Targets, func(t Target) bool { return t.Server == "" && t.Client == host(o.Client) })
		}
		if i < 0 {
			stray = append(stray, o)
			continue
		}
		by[i] = append(by[i], o)
	}
	return by, stray
}

// host gives the address of an endpoint.
func host(endpoint string) string {
	if h, _, err := net.SplitHostPort(endpoint); err == nil {
		return h
	}
	return endpoint
}

func (t *Target) holds(o Observed) bool {
	return t.Client == o.Client && t.Server == o.Server && t.Start <= o.Time && o.Time < t.End
}

func (c *Capture) count(by map[int][]Observed, scenario int) int {
	n := 0
	for i, t := range c.Targets {
		if t.Scenario == scenario {
			n += len(by[i])
		}
	}
	return n
}

func (c *Capture) checkTarget(t *Target, observed []Observed) []string {
	s := c.Case.Scenarios[t.Scenario]
	where := s.Name
	if t.Line > 0 {
		where = fmt.Sprintf("%s (line %d)", s.Name, t.Line)
	}
	if t.Line > 0 && len(observed) != 1 {
		return []string{fmt.Sprintf("%s: %s -> %s: %d handshakes reported; want 1", where, t.Client, t.Server, len(observed))}
	}
	var out []string
	for _, o := range observed {
		for _, m := range append(t.check(o), c.strictness(s, t, o)...) {
			out = append(out, where+": "+m)
		}
	}
	return out
}

// check looks for what the target wants.
func (t *Target) check(o Observed) []string {
	var out []string
	if t.Outcome != "" && o.Outcome != t.Outcome {
		out = append(out, fmt.Sprintf("outcome %s; want %s", o.Outcome, t.Outcome))
	}
	if t.Superseded && !o.Superseded {
		out = append(out, "not superseded by a later attempt; want superseded")
	}
	for _, w := range t.Wants {
		if !slices.ContainsFunc(o.Findings, w.met) {
			out = append(out, fmt.Sprintf("no finding %s; found %s", w, listed(o.Findings)))
		}
	}
	for _, rule := range t.Inconclusive {
		if !slices.Contains(o.Inconclusive, rule) {
			out = append(out, fmt.Sprintf("%s is not inconclusive; inconclusive are %q", rule, o.Inconclusive))
		}
	}
	if t.Cause != nil {
		out = append(out, t.Cause.check(o)...)
	}
	return out
}

func (w Want) met(f Finding) bool {
	return f.Rule == w.Rule && (w.Severity == "" || w.Severity == f.Severity) &&
		(w.Role == "" || w.Role == f.Role) && strings.Contains(f.Message, w.Message)
}

// String gives the expectation as a case writes it.
func (w Want) String() string {
	parts := []string{w.Rule, w.Severity, w.Role}
	if w.Message != "" {
		parts = append(parts, fmt.Sprintf("%q", w.Message))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

func listed(findings []Finding) string {
	if len(findings) == 0 {
		return "none"
	}
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s %s %q", f.Rule, f.Severity, f.Message))
	}
	return strings.Join(out, "; ")
}

func (c *Cause) check(o Observed) []string {
	rule := o.Cause
	if rule == "" {
		rule = "none"
	}
	if rule != c.Rule {
		return []string{fmt.Sprintf("cause %s; want %s; found %s", rule, c.Rule, listed(o.Findings))}
	}
	var out []string
	if c.Actor != "" && o.Actor != c.Actor {
		out = append(out, fmt.Sprintf("cause %s by %s; want %s", rule, o.Actor, c.Actor))
	}
	if slices.Index(labels(), o.Label) < slices.Index(labels(), c.Label) {
		out = append(out, fmt.Sprintf("cause %s with confidence %s; want at least %s", rule, o.Label, c.Label))
	}
	return out
}

// strictness reports findings that nobody wanted: those above info, all where
// the scenario is strict, and the case's own rule where it must stay silent.
func (c *Capture) strictness(s *Scenario, t *Target, o Observed) []string {
	var out []string
	for _, f := range o.Findings {
		switch {
		case s.silent() && f.Rule == c.Case.Name:
			out = append(out, fmt.Sprintf("%s (%q) must stay silent here", f.Rule, f.Message))
		case f.Severity == "info" && !s.Strict, t.wanted(f.Rule):
		default:
			out = append(out, fmt.Sprintf("finding %s %s %q is not wanted", f.Rule, f.Severity, f.Message))
		}
	}
	return out
}

func (t *Target) wanted(rule string) bool {
	return t.Cause != nil && t.Cause.Rule == rule ||
		slices.ContainsFunc(t.Wants, func(w Want) bool { return w.Rule == rule })
}
