package textcase

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Want is an expected finding.
type Want struct {
	Rule     string
	Severity string // empty = any
	Role     string // empty = any
	Message  string // part of the message; empty = any
	Line     int    // in the case file
}

// Cause is the expected root cause of a handshake.
type Cause struct {
	Rule  string // "none" = established, "undetermined" = failed without a sure cause
	Actor string // empty = any
	Label string // least confidence: low, medium, high or certain; empty = any
	Line  int
}

// slot is what one handshake attempt is expected to show: a connection until
// its second request, or each request after that.
type slot struct {
	conn         *conn          // nil = a name was looked up, no connection yet
	client       netip.AddrPort // of the look-up
	start        int64
	line         int // of the last expectation; 0 = there is none
	wants        []Want
	cause        *Cause
	outcome      string
	inconclusive []string
	superseded   bool
}

func (t *timeline) newSlot(c *conn) {
	c.slot = &slot{conn: c, start: t.now}
	t.slots = append(t.slots, c.slot)
}

func (t *timeline) nameSlot(a netip.AddrPort) {
	if len(t.slots) == 0 {
		t.slots = append(t.slots, &slot{client: a, start: t.now})
	}
}

// request begins a new attempt, but for the first request of the connection:
// the attempt of that one began with the connection.
func (t *timeline) request(c *conn) {
	if c.asked {
		t.newSlot(c)
	}
	c.asked = true
}

func (t *timeline) expecting(line int) (*slot, error) {
	var s *slot
	switch {
	case t.cur != nil:
		s = t.cur.slot
	case len(t.slots) > 0:
		s = t.slots[0]
	default:
		return nil, errors.New("expectation before any packet; it belongs below the handshake that it speaks of")
	}
	s.line = line
	return s, nil
}

// expectation is a directive that adds to the current slot.
func expectation(s *Scenario, add func(*slot, int) error) func(*timeline) error {
	n := len(s.steps)
	return func(t *timeline) error {
		line := s.steps[n].line
		target, err := t.expecting(line)
		if err != nil {
			return err
		}
		return add(target, line)
	}
}

func severities() []string { return []string{"info", "warning", "error"} }

func roles() []string {
	return []string{"primary", "contributing", "consequence", "incidental", "note"}
}

func actors() []string { return []string{"client", "server", "intermediary", "network", "capture"} }

// labels are in rising order.
func labels() []string { return []string{"low", "medium", "high", "certain"} }

func outcomes() []string {
	return []string{
		"established", "closed-early", "aborted", "rejected", "redirected", "no-response", "reset",
		"closed", "tls-failed", "connect-failed", "malformed", "incomplete",
	}
}

func ruleWord(args []word) (string, error) {
	if len(args) == 0 || args[0].quoted || !kebab.MatchString(args[0].String()) {
		return "", errors.New("want a rule id, like request-key-missing")
	}
	return args[0].String(), nil
}

func parseWant(s *Scenario, args []word) (func(*timeline) error, error) {
	rule, err := ruleWord(args)
	if err != nil {
		return nil, err
	}
	w := Want{Rule: rule}
	for _, a := range args[1:] {
		switch {
		case a.quoted && w.Message == "" && a.text != "":
			w.Message = a.text
		case slices.Contains(severities(), a.text) && w.Severity == "":
			w.Severity = a.text
		case slices.Contains(roles(), a.text) && w.Role == "":
			w.Role = a.text
		default:
			return nil, fmt.Errorf(`%q; want RULE [info|warning|error] [%s] ["message part"]`, a, strings.Join(roles(), "|"))
		}
	}
	return expectation(s, func(t *slot, line int) error {
		w.Line = line
		t.wants = append(t.wants, w)
		return nil
	}), nil
}

func parseCause(s *Scenario, args []word) (func(*timeline) error, error) {
	rule, err := ruleWord(args)
	if err != nil {
		return nil, err
	}
	c := Cause{Rule: rule}
	for _, a := range args[1:] {
		switch {
		case slices.Contains(actors(), a.text) && c.Actor == "":
			c.Actor = a.text
		case slices.Contains(labels(), a.text) && c.Label == "":
			c.Label = a.text
		default:
			return nil, fmt.Errorf("%q; want RULE|none|undetermined [%s] [%s]", a, strings.Join(actors(), "|"), strings.Join(labels(), "|"))
		}
	}
	return expectation(s, func(t *slot, line int) error {
		if t.cause != nil {
			return fmt.Errorf("cause: this handshake has one already, at line %d", t.cause.Line)
		}
		mine := c
		mine.Line, t.cause = line, &mine
		return nil
	}), nil
}

func parseOutcome(s *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) != 1 || !slices.Contains(outcomes(), args[0].text) {
		return nil, fmt.Errorf("want one of %s", strings.Join(outcomes(), ", "))
	}
	o := args[0].text
	return expectation(s, func(t *slot, _ int) error {
		if t.outcome != "" {
			return errors.New("outcome: this handshake has one already")
		}
		t.outcome = o
		return nil
	}), nil
}

func parseInconclusive(s *Scenario, args []word) (func(*timeline) error, error) {
	rule, err := ruleWord(args)
	if err == nil && len(args) > 1 {
		err = errors.New("want one rule id")
	}
	return expectation(s, func(t *slot, _ int) error {
		t.inconclusive = append(t.inconclusive, rule)
		return nil
	}), err
}

func parseSuperseded(s *Scenario, args []word) (func(*timeline) error, error) {
	return parseNone(args, expectation(s, func(t *slot, _ int) error { t.superseded = true; return nil }))
}

func parseHandshakes(s *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) != 1 {
		return nil, errors.New("want the number of handshakes of the scenario")
	}
	n, err := number(args[0].text, 0, 10000)
	s.Handshakes = n
	return func(*timeline) error { return nil }, err
}

func parseStrict(s *Scenario, args []word) (func(*timeline) error, error) {
	s.Strict = true
	return parseNone(args, func(*timeline) error { return nil })
}
