package accuracy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/internal/textcase"
	"github.com/handshark/handshark/report"
)

// batchSize is how many scenes share a capture: what one text case holds.
const batchSize = 200

// Miss is a handshake whose verdict is not the one that was due.
type Miss struct {
	Rule     string // fault that was put in; empty = none
	Reported string // root cause, or what is wrong with a healthy one
	Detail   string // outcome, findings and frames
	Case     string // the handshake as a text case
}

// Tally is what a run counted.
type Tally struct {
	Healthy, HealthyRight int
	Injected, Right       int
	Counts                map[string]map[string]int // injected rule: reported rule: how often
	Misses                []Miss
}

// scene is a scene with the fault that is in it.
type scene struct {
	*Scene
	fault *Fault
}

// Sound judges n healthy handshakes: each must be established, or be one that
// the client got over, and have no finding above info.
func (t *Tally) Sound(seed uint64, n int) error {
	return t.batches(seed, n, func(r rng, _ int) scene { return scene{Scene: healthy(r, Wish{})} })
}

// Faulty judges n handshakes with one fault each, the faults in turn. A fault
// whose rule is not in the catalogue is left out.
func (t *Tally) Faulty(seed uint64, n int, known []string) error {
	var list []*Fault
	for i := range faults {
		if slices.Contains(known, faults[i].Rule) {
			list = append(list, &faults[i])
		}
	}
	if len(list) == 0 {
		return nil
	}
	return t.batches(seed, n, func(r rng, i int) scene {
		f := list[i%len(list)]
		s := healthy(r, f.wish())
		s.Early = nil
		f.Do(r, s)
		return scene{s, f}
	})
}

func (t *Tally) batches(seed uint64, n int, next func(rng, int) scene) error {
	if t.Counts == nil {
		t.Counts = map[string]map[string]int{}
	}
	r := newRNG(seed)
	for done := 0; done < n; done += batchSize {
		var batch []scene
		for i := range min(batchSize, n-done) {
			batch = append(batch, next(r, done+i))
		}
		if err := t.batch(r, batch); err != nil {
			return fmt.Errorf("scenes %d to %d: %w", done, done+len(batch), err)
		}
	}
	return nil
}

// batch plays scenes into one capture, in a variant of how it was taken.
func (t *Tally) batch(r rng, batch []scene) error {
	var b strings.Builder
	link := ""
	if batch[0].fault == nil {
		link = pick(r, "", "", "", " link=raw", " link=sll", " link=sll2", " link=null")
	}
	for i, s := range batch {
		text := openLine.ReplaceAllString(s.text(), "${0}"+link)
		fmt.Fprintf(&b, "-- s%d --\n%s", i, text)
	}
	c, err := textcase.Parse("accuracy.txtar", []byte(b.String()))
	if err != nil {
		return fmt.Errorf("%w\n%s", err, near(b.String(), err))
	}
	built, err := c.Build(variant(r, c))
	if err != nil {
		return err
	}
	seen, err := analyze(built.File())
	if err != nil {
		return err
	}
	by := byScenario(built, seen)
	for i, s := range batch {
		t.count(s, by[i])
	}
	return nil
}

// openLine is a statement that opens a connection.
var openLine = regexp.MustCompile(`(?m)^open\b.*$`)

// near gives the lines about the one that a mistake is in.
func near(text string, err error) string {
	var e *textcase.Error
	if !errors.As(err, &e) {
		return ""
	}
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, e.Line-30):min(len(all), e.Line+3)], "\n")
}

// variant picks how the batch was captured; those that change what happened to
// TCP are for the text cases.
func variant(r rng, c *textcase.Case) textcase.Variant {
	all := []textcase.Variant{{}, {}, {}}
	for _, v := range textcase.Variants() {
		if slices.Contains([]string{"sequence-wrap", "syn-ack-first", "vlan", "pcapng"}, v.Name) && c.Applies(v) {
			all = append(all, v)
		}
	}
	return pick(r, all...)
}

func analyze(file []byte) ([]*report.Handshake, error) {
	var seen []*report.Handshake
	o := handshark.Options{Open: capture.OpenOptions{Stdin: bytes.NewReader(file)}}
	_, err := handshark.Analyze(context.Background(), []string{"-"}, o, func(r *report.Record) error {
		h, err := r.Load()
		if err == nil {
			kept := *h
			seen = append(seen, &kept)
		}
		return err
	})
	return seen, err
}

// byScenario sorts records by scenario, which each have a client address, in the
// order of time.
func byScenario(c *textcase.Capture, seen []*report.Handshake) [][]*report.Handshake {
	of := map[string]int{}
	for _, t := range c.Targets {
		of[host(t.Client)] = t.Scenario
	}
	by := make([][]*report.Handshake, len(c.Case.Scenarios))
	for _, h := range seen {
		if i, ok := of[host(h.Client)]; ok {
			by[i] = append(by[i], h)
		}
	}
	return by
}

func host(endpoint string) string {
	if h, _, err := net.SplitHostPort(endpoint); err == nil {
		return h
	}
	return endpoint
}

func (t *Tally) count(s scene, seen []*report.Handshake) {
	if s.fault == nil {
		t.countHealthy(s, seen)
		return
	}
	t.Injected++
	last := judged(seen)
	reported := causeOf(last)
	if t.Counts[s.fault.Rule] == nil {
		t.Counts[s.fault.Rule] = map[string]int{}
	}
	t.Counts[s.fault.Rule][reported]++
	if reported == s.fault.Rule || slices.Contains(s.fault.Same, reported) {
		t.Right++
		return
	}
	t.Misses = append(t.Misses, Miss{s.fault.Rule, reported, describe(last), s.text()})
}

// judged is the attempt of a scene that counts: the last that nothing got over.
func judged(seen []*report.Handshake) *report.Handshake {
	for i := len(seen) - 1; i >= 0; i-- {
		if seen[i].SupersededBy == nil && seen[i].Outcome != "established" {
			return seen[i]
		}
	}
	if len(seen) > 0 {
		return seen[len(seen)-1]
	}
	return nil
}

func causeOf(h *report.Handshake) string {
	switch {
	case h == nil:
		return "(no handshake)"
	case h.RootCause == nil:
		return "(" + h.Outcome + ")"
	}
	return h.RootCause.Rule
}

func (t *Tally) countHealthy(s scene, seen []*report.Handshake) {
	t.Healthy++
	wrong, of := "", (*report.Handshake)(nil)
	if len(seen) == 0 {
		wrong = "(no handshake)"
	}
	for _, h := range seen {
		if w := faultOf(h); w != "" {
			wrong, of = w, h
		}
	}
	if wrong == "" {
		t.HealthyRight++
		return
	}
	t.Misses = append(t.Misses, Miss{"", wrong, describe(of), s.text()})
}

// faultOf is what is wrong with the verdict on a healthy handshake.
func faultOf(h *report.Handshake) string {
	if h.SupersededBy != nil {
		return ""
	}
	if h.Outcome != "established" {
		return "(" + h.Outcome + ")"
	}
	for _, f := range h.Findings {
		if f.Severity != "info" {
			return f.Rule
		}
	}
	return ""
}

// describe tells a verdict on a few lines.
func describe(h *report.Handshake) string {
	if h == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s -> %s, frames %d to %d, %s, ended by %s\n", h.Client, h.Server, h.Frames.First, h.Frames.Last, h.Outcome, h.EndedBy)
	if c := h.RootCause; c != nil {
		fmt.Fprintf(&b, "cause %s (%s, %.2f): %s %v\n", c.Rule, c.Actor, c.Confidence, c.Summary, c.Candidates)
	}
	for _, f := range h.Findings {
		fmt.Fprintf(&b, "  %s %s %s: %s %v\n", f.Role, f.Severity, f.Rule, f.Message, frames(f))
	}
	for _, i := range h.Inconclusive {
		fmt.Fprintf(&b, "  inconclusive %s: %s\n", i.Rule, i.Because)
	}
	return b.String()
}

func frames(f report.Finding) (list []uint64) {
	for _, e := range f.Evidence {
		for _, at := range e.At {
			list = append(list, at.Frame)
		}
	}
	return list
}
