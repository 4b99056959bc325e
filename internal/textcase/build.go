package textcase

import (
	"fmt"
	"math"
	"net/netip"
)

// Capture is a case made into packets.
type Capture struct {
	Case    *Case
	Variant Variant
	Packets []Packet // in capture order
	Targets []Target // in time order within a scenario
}

// Target is one handshake attempt of a capture with what is expected of it.
type Target struct {
	Scenario     int    // index into Case.Scenarios
	Client       string // endpoint, "198.51.100.1:50000"; the address alone for a name look-up without a connection
	Server       string // endpoint; empty for a name look-up
	Start, End   int64  // the attempt's first packet lies in [Start, End), nanoseconds since the Unix epoch
	Line         int    // of the last expectation in the case file; 0 = there is none
	Wants        []Want
	Cause        *Cause   // nil = not checked
	Outcome      string   // empty = not checked
	Inconclusive []string // rules that must be inconclusive
	Superseded   bool     // a later attempt got over this failure
}

// Build plays the case in the given variant; the zero Variant is the plain
// form. It fails where the case cannot be played, which Parse has ruled out, or
// where the variant does not apply (see [Case.Applies]).
func (c *Case) Build(v Variant) (*Capture, error) {
	events, slots, err := c.play()
	if err != nil {
		return nil, err
	}
	if err := v.applies(events); err != nil {
		return nil, err
	}
	n := v.encoder()
	out := &Capture{Case: c, Variant: v}
	for _, e := range v.change(events) {
		out.Packets = append(out.Packets, n.packet(e))
	}
	if err := oneLink(out.Packets); err != nil {
		return nil, err
	}
	for i, of := range slots {
		for _, s := range of {
			out.Targets = append(out.Targets, s.target(i, n))
		}
	}
	out.bound()
	return out, nil
}

// play plays all scenarios and leaves out what was not captured.
func (c *Case) play() (events []*event, slots [][]*slot, err error) {
	start, ids := baseTime(), 0
	for i, s := range c.Scenarios {
		t, err := s.play(i, start, &ids)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range t.events {
			if !e.hidden {
				events = append(events, e)
			}
		}
		slots = append(slots, t.slots)
		start = t.now + betweenCases
	}
	return events, slots, nil
}

// oneLink keeps to what a pcap file can hold.
func oneLink(packets []Packet) error {
	for _, p := range packets {
		if p.Link != packets[0].Link {
			return fmt.Errorf("link types %d and %d in one case; want the same link= everywhere, as a pcap file has one", packets[0].Link, p.Link)
		}
	}
	return nil
}

func (s *slot) target(scenario int, n *encoder) Target {
	t := Target{
		Scenario: scenario, Start: s.start, Line: s.line, Wants: s.wants, Cause: s.cause,
		Outcome: s.outcome, Inconclusive: s.inconclusive, Superseded: s.superseded,
	}
	if s.conn == nil {
		t.Client = n.mapped(s.client.Addr()).String()
		return t
	}
	t.Client, t.Server = n.endpoint(s.conn.ends[client]), n.endpoint(s.conn.ends[server])
	return t
}

func (n *encoder) endpoint(a netip.AddrPort) string {
	return netip.AddrPortFrom(n.mapped(a.Addr()), a.Port()).String()
}

// bound ends each target where the next one of the same endpoints starts.
func (c *Capture) bound() {
	next := map[[2]string]int64{}
	for i := len(c.Targets) - 1; i >= 0; i-- {
		t := &c.Targets[i]
		key := [2]string{t.Client, t.Server}
		t.End = math.MaxInt64
		if end, ok := next[key]; ok {
			t.End = end
		}
		next[key] = t.Start
	}
}

// validate checks what a case named after a rule promises.
func (c *Capture) validate() error {
	if len(c.Packets) == 0 {
		return &Error{"", 0, "the case has no packets"}
	}
	for i, s := range c.Case.Scenarios {
		if s.own() && !c.speaksOf(i, c.Case.Name) {
			return &Error{"", s.Line, fmt.Sprintf("scenario %s expects nothing of %s; want a line like: want %s", s.Name, c.Case.Name, c.Case.Name)}
		}
		if s.silent() && c.speaksOf(i, c.Case.Name) {
			return &Error{"", s.Line, fmt.Sprintf("scenario %s must stay silent about %s, yet expects it", s.Name, c.Case.Name)}
		}
	}
	return nil
}

func (c *Capture) speaksOf(scenario int, rule string) bool {
	for _, t := range c.Targets {
		if t.Scenario != scenario {
			continue
		}
		if t.Cause != nil && t.Cause.Rule == rule {
			return true
		}
		for _, w := range t.Wants {
			if w.Rule == rule {
				return true
			}
		}
	}
	return false
}
