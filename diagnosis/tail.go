package diagnosis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
)

// summary counts what was yielded.
type summary struct {
	report.Summary
	causes           map[string]int
	errors, warnings int
}

func newSummary() *summary { return &summary{causes: map[string]int{}} }

// count takes a record. Attempts that never showed what they were for are
// counted apart, and so are failures that the client got over.
// tally counts a record n times; -1 takes it back.
func (s *summary) tally(h *report.Handshake, n int) {
	if h.WebSocket == "unknown" {
		s.Unknown += n
		return
	}
	s.Handshakes += n
	switch {
	case h.Outcome == analyzer.Established.String():
		s.Established += n
		s.grades(h, n)
	case h.Outcome == analyzer.Incomplete.String():
		s.Incomplete += n
	case h.SupersededBy != nil:
		s.Superseded += n
	default:
		s.Failed += n
		if h.RootCause != nil {
			s.cause(h.RootCause.Rule, n)
		}
	}
}

func (s *summary) cause(rule string, n int) {
	if s.causes[rule] += n; s.causes[rule] == 0 {
		delete(s.causes, rule)
	}
}

func (s *summary) grades(h *report.Handshake, n int) {
	for i := range h.Findings {
		switch h.Findings[i].Severity {
		case "error":
			s.errors += n
		case "warning":
			s.warnings += n
		}
	}
}

// tail gives what stands behind the handshakes.
func (r *run) tail(s *summary) *report.Tail {
	t := &report.Tail{Summary: s.Summary, Errors: s.errors, Warnings: s.warnings, RuleErrors: r.ledger.failed, NotSelected: r.ledger.notSelected()}
	t.Summary.ByCause = byCause(s.causes)
	t.Summary.NotJudged = r.notJudged()
	t.Captures = []report.Capture{}
	for i := range r.parts {
		p := &r.parts[i]
		t.Captures = append(t.Captures, p.captures()...)
		if p.err != nil && r.ctx.Err() == nil {
			t.Unusable = append(t.Unusable, p.err)
		}
		t.HTTP += p.stats.HTTP
		t.FilteredOut += p.filteredOut()
		t.Undecoded = append(t.Undecoded, counts(p.decoded.Undecoded)...)
		t.Other = append(t.Other, counts(p.decoded.Other)...)
	}
	r.tellLate(t.Captures)
	slices.SortStableFunc(t.Captures, func(a, b report.Capture) int { return cmp.Compare(a.Index, b.Index) })
	return t
}

// filteredOut counts the packets that were read and not decoded.
func (p *part) filteredOut() uint64 {
	read := uint64(0)
	for _, info := range p.infos {
		read += info.Packets
	}
	return read - min(read, p.decoded.Packets)
}

// notSelected counts the handshakes that the selection left out.
func (l *ledger) notSelected() int {
	n := 0
	for i := range l.entries.Len() {
		if l.entries.at(i).form == hidden {
			n++
		}
	}
	return n
}

func counts(list []capture.Count) []report.Count {
	out := make([]report.Count, len(list))
	for i, c := range list {
		out[i] = report.Count{Name: c.Name, Count: c.N}
	}
	return out
}

func byCause(causes map[string]int) []report.CauseCount {
	list := make([]report.CauseCount, 0, len(causes))
	for id, n := range causes {
		list = append(list, report.CauseCount{Rule: id, Count: n})
	}
	slices.SortFunc(list, func(a, b report.CauseCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Rule, b.Rule))
	})
	return list
}

// captures describes the captures of a group. What is only known of the group
// as a whole (evictions, undecoded packets) stands with its first one.
func (p *part) captures() []report.Capture {
	var list []report.Capture
	for i, info := range p.infos {
		c := describe(info)
		c.Conversations = p.stats.ByCapture[info.Index]
		if i == 0 {
			c.Problems = append(c.Problems, p.calledOff()...)
			c.Evicted = p.evicted
			for _, u := range p.decoded.Undecoded {
				c.UndecodedPackets += u.N
			}
		}
		list = append(list, c)
	}
	if p.infos == nil {
		for _, f := range p.group.Files {
			list = append(list, unread(f, p.err))
		}
	}
	return list
}

// calledOff tells of a capture that was not read to its end because the run was
// interrupted: its report looks like a whole one otherwise.
func (p *part) calledOff() []report.Problem {
	if !errors.Is(p.err, context.Canceled) && !errors.Is(p.err, capture.ErrCalledOff) {
		return nil
	}
	frame := uint64(0)
	for _, info := range p.infos {
		frame = max(frame, info.Frames)
	}
	return []report.Problem{{Frame: frame, After: true, Message: "interrupted: what follows was not read"}}
}

func describe(info *capture.Info) report.Capture {
	c := report.Capture{
		Index: int(info.Index), File: report.Text(info.Name), Format: info.Format, LinkTypes: linkTypes(info),
		Packets: info.Packets, Bytes: info.Bytes, TruncatedPackets: info.Cut, InterfaceDrops: info.Drops,
		Problems: []report.Problem{},
	}
	if info.Packets > 0 {
		c.First, c.Last = timeOf(info.First), timeOf(info.Last)
	}
	for _, pr := range info.Problems {
		c.Problems = append(c.Problems, problem(pr))
	}
	return c
}

func problem(p capture.Problem) report.Problem {
	out := report.Problem{Frame: p.Frame, After: p.After, Message: report.Text(p.Message)}
	if p.Offset >= 0 {
		out.Offset = &p.Offset
	}
	return out
}

func unread(f capture.File, err error) report.Capture {
	return report.Capture{
		Index: int(f.Index), File: report.Text(f.Name), LinkTypes: []string{},
		Problems: []report.Problem{{Message: report.Text(reasonOf(f, err))}},
	}
}

// reasonOf says why a file could not be opened, without its name.
func reasonOf(f capture.File, err error) string {
	var open *capture.OpenError
	if errors.As(err, &open) && open.Name == f.Name {
		return open.Reason
	}
	return err.Error()
}

func linkTypes(info *capture.Info) []string {
	list := []string{}
	for _, i := range info.Interfaces {
		if name := i.Link.String(); !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// notJudged counts the conversations about which nothing can be said.
func (r *run) notJudged() []report.NotJudged {
	list := []report.NotJudged{}
	var first analyzer.Stats
	for i := range r.parts {
		for why, n := range r.parts[i].stats.NotJudged {
			t := &first.NotJudged[why]
			t.Conversations += n.Conversations
			t.Servers = append(t.Servers, n.Servers...)
		}
	}
	for why, n := range first.NotJudged {
		if n.Conversations > 0 {
			list = append(list, report.NotJudged{
				Because: analyzer.Unjudged(why).String(), Conversations: n.Conversations, Servers: serverNames(n.Servers),
			})
		}
	}
	return list
}

func serverNames(servers []analyzer.Server) []string {
	list := []string{}
	for _, s := range servers[:min(len(servers), 10)] {
		name := s.Endpoint.String()
		if s.Name != "" {
			name = fmt.Sprintf("%s (%s)", s.Name, name)
		}
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}
