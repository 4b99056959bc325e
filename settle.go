package handshark

import (
	"math"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/siblings"
)

// record gives the record of an entry in its final form, not decoded where
// nothing needs it.
func (l *ledger) record(e *entry, rel *siblings.Relation) (*report.Record, error) {
	if e.record < 0 {
		h := l.brief(e)
		l.amend(h, e, rel, nil)
		return &report.Record{Handshake: h, Brief: true}, nil
	}
	rec, err := l.spool.at(int(e.record))
	if err != nil || untouched(rel) {
		return rec, err
	}
	h, err := rec.Load()
	if err != nil {
		return nil, err
	}
	up, err := l.upstream(rel)
	if err != nil {
		return nil, err
	}
	l.amend(h, e, rel, up)
	return &report.Record{Handshake: h}, nil
}

// untouched reports whether the other handshakes have nothing to say.
func untouched(rel *siblings.Relation) bool {
	return rel.GotOver == siblings.None && !rel.Likely && len(rel.Legs) == 0 && !rel.Counter && !rel.Proof
}

// brief makes the record of an entry of which only the row was kept.
func (l *ledger) brief(e *entry) *report.Handshake {
	h := &report.Handshake{
		ID: formatID(e.id), WebSocket: report.CertaintyName(e.Meant), Client: e.Client.String(), Server: e.Server.String(),
		Capture: int(e.capture), Time: report.TimeOf(e.Start),
		Frames:  report.FrameRange{First: e.frame, Last: e.frame},
		Outcome: e.Outcome.String(),
	}
	if e.record < 0 {
		h.URL = report.Text(l.urls.texts[e.url])
	}
	if e.Status != 0 {
		h.Response = &report.Response{Status: int(e.Status)}
	}
	if e.Outcome.Failed() {
		h.RootCause = &report.RootCause{Rule: report.Undetermined}
		if e.Cause >= 0 {
			h.RootCause.Rule = l.engine.At(int(e.Cause)).ID
			h.RootCause.Confidence = float64(e.percent) / 100
		}
	}
	return h
}

// upstream loads the record of the leg behind the proxy that answered.
func (l *ledger) upstream(rel *siblings.Relation) (*report.Handshake, error) {
	if rel.Upstream == siblings.None || l.entries.at(rel.Upstream).record < 0 {
		return nil, nil
	}
	rec, err := l.spool.at(int(l.entries.at(rel.Upstream).record))
	if err != nil {
		return nil, err
	}
	return rec.Copy()
}

// amend writes into a record what the other handshakes of the run say of it.
func (l *ledger) amend(h *report.Handshake, e *entry, rel *siblings.Relation, up *report.Handshake) {
	for _, j := range rel.Legs {
		if leg := l.entries.at(j); !leg.hidden {
			h.Legs = append(h.Legs, formatID(leg.id))
		}
	}
	if rel.Likely && e.Meant == analyzer.Unknown {
		h.WebSocket = report.CertaintyName(analyzer.Likely)
	}
	if !e.Outcome.Failed() {
		return
	}
	l.blameUpstream(h, e, up)
	l.weigh(h, rel)
	if rel.Family {
		l.family(h)
	}
	if rel.GotOver != siblings.None {
		id := formatID(l.entries.at(rel.GotOver).id)
		h.SupersededBy = &id
		h.Soften()
	}
}

// Changes of confidence that other attempts bring (root-cause procedure).
const (
	counterExample = -0.25
	differential   = +0.10
	mostConfident  = 0.97
	leastConfident = 0.40
	upstreamProved = 0.95
)

// weigh changes the confidence of a cause by accepted attempts with or without
// the fault.
func (l *ledger) weigh(h *report.Handshake, rel *siblings.Relation) {
	c := h.RootCause
	if c == nil || c.Rule == report.Undetermined {
		return
	}
	if rel.Counter {
		c.Confidence += counterExample
	}
	if rel.Proof && c.Confidence < mostConfident {
		c.Confidence = min(c.Confidence+differential, mostConfident)
	}
	c.Confidence = math.Round(c.Confidence*100) / 100
	if c.Confidence < leastConfident {
		c.Candidates = append([]report.Candidate{{Rule: c.Rule, Confidence: c.Confidence}}, c.Candidates...)
		c.Rule, c.Fix = report.Undetermined, ""
	}
	c.Label = report.ConfidenceLabel(c.Confidence)
}

// blameUpstream lets a cause found on the upstream leg win over a cause that
// only restates the status that the proxy made of it.
func (l *ledger) blameUpstream(h *report.Handshake, e *entry, up *report.Handshake) {
	if up == nil || up.RootCause == nil || up.RootCause.Rule == report.Undetermined || len(up.Findings) == 0 {
		return
	}
	if e.Cause >= 0 && l.engine.At(int(e.Cause)).Cause == rules.IsCause {
		return
	}
	cause, found := *up.RootCause, up.Findings[0]
	found.Role = "primary"
	cause.Confidence, cause.Label = upstreamProved, report.ConfidenceLabel(upstreamProved)
	cause.Summary = "on the connection behind the proxy (" + report.Text(up.Client+" → "+up.Server) + "): " + cause.Summary
	cause.RunnerUp, cause.Candidates = nil, []report.Candidate{}
	for i := range h.Findings {
		if h.Findings[i].Role == "primary" {
			h.Findings[i].Role = "consequence"
		}
	}
	h.RootCause = &cause
	h.Findings = append([]report.Finding{found}, h.Findings...)
}

// localhostFamily is the rule about a loopback family on which nobody listens:
// only the later attempt shows it.
const localhostFamily = "tcp-localhost-family"

// family names the cause of a refused loopback address when the other family
// accepted.
func (l *ledger) family(h *report.Handshake) {
	i, ok := l.engine.Index(localhostFamily)
	if !ok || h.RootCause == nil {
		return
	}
	r := l.engine.At(i)
	h.RootCause.Rule, h.RootCause.Summary = r.ID, report.Text(r.Title)
	h.RootCause.Actor = "client"
	if len(r.Fixes) > 0 {
		h.RootCause.Fix = r.Fixes[0].Snippet
	}
}

// timeOf gives a capture time.
func timeOf(ns int64) *report.Time {
	if ns == 0 {
		return nil
	}
	t := report.Time{Time: time.Unix(0, ns).UTC()}
	return &t
}
