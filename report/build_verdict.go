package report

import (
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

func (b *Builder) addVerdict(rec *Handshake, h *analyzer.Handshake, v *rules.Verdict) {
	pick := &fixPicker{h: h, answered: v.AnsweredBy}
	rec.RootCause = b.rootCauseOf(v, pick)
	b.findings = slices.Grow(b.findings[:0], len(v.Findings)+1) // never nil
	for i := range v.Findings {
		b.findings = append(b.findings, b.findingOf(&v.Findings[i], pick))
	}
	rec.Findings = b.findings[:len(b.findings):len(b.findings)]
	rec.Inconclusive = make([]Inconclusive, 0, len(v.Inconclusive))
	for _, i := range v.Inconclusive {
		rec.Inconclusive = append(rec.Inconclusive, Inconclusive{Rule: i.Rule.ID, Because: i.Because})
	}
	rec.ClientViews = b.clientViews(h, v)
}

// clientViews gives what clients print; of a failure only.
func (b *Builder) clientViews(h *analyzer.Handshake, v *rules.Verdict) []ClientView {
	if v.Cause == nil {
		return []ClientView{}
	}
	b.views = rules.AppendClientViews(b.views[:0], h)
	b.clients = slices.Grow(b.clients[:0], len(b.views)+1) // never nil
	for _, c := range b.views {
		b.clients = append(b.clients, ClientView{Client: c.Client, Version: c.Version, Text: Text(c.Text)})
	}
	return b.clients[:len(b.clients):len(b.clients)]
}

// Undetermined is the rule of a root cause that could not be told.
const Undetermined = "undetermined"

func (b *Builder) rootCauseOf(v *rules.Verdict, pick *fixPicker) *RootCause {
	c := v.Cause
	if c == nil {
		return nil
	}
	rec := &b.cause
	*rec = RootCause{
		Rule: Undetermined, Actor: actorName(c.Actor), Confidence: c.Confidence,
		Label: ConfidenceLabel(c.Confidence), Summary: Text(c.Summary),
		Candidates: make([]Candidate, 0, len(c.Candidates)),
	}
	for _, k := range c.Candidates {
		rec.Candidates = append(rec.Candidates, candidateOf(k))
	}
	if c.RunnerUp != nil {
		k := candidateOf(*c.RunnerUp)
		rec.RunnerUp = &k
	}
	if c.Rule != nil {
		rec.Rule = c.Rule.ID
		rec.Fix, rec.FixFor = pick.fix(c.Rule, c.Actor)
		if own := primaryFix(v); own != "" {
			rec.Fix, rec.FixFor = own, ""
		}
	}
	return rec
}

func candidateOf(c rules.Candidate) Candidate {
	return Candidate{Rule: c.Rule.ID, Confidence: c.Confidence}
}

// primaryFix is the fix that the primary finding brought itself.
func primaryFix(v *rules.Verdict) string {
	for i := range v.Findings {
		if v.Findings[i].Role == rules.Primary {
			return v.Findings[i].Fix
		}
	}
	return ""
}

// ConfidenceLabel names a confidence as the root-cause procedure does.
func ConfidenceLabel(c float64) string {
	switch {
	case c >= 0.90:
		return "certain"
	case c >= 0.75:
		return "high"
	case c >= 0.50:
		return "medium"
	}
	return "low"
}

func (b *Builder) findingOf(f *rules.Finding, pick *fixPicker) Finding {
	rec := Finding{
		Rule: f.Rule.ID, Role: roleName(f.Role), Severity: gradeName(f.Grade), Actor: actorName(f.Actor),
		Message:   Text(f.Message),
		Reference: f.Rule.Reference,
	}
	rec.Fix, rec.FixFor = fixOf(f, pick)
	from := len(b.evidence)
	b.evidence = slices.Grow(b.evidence, len(f.Evidence)+1)
	for i := range f.Evidence {
		e := &f.Evidence[i]
		b.evidence = append(b.evidence, Evidence{
			Side: e.Side.String(), At: b.atOf(e.Refs), Offset: e.Offset, Length: e.Length,
			Field: Text(e.Field), Value: Text(e.Value), Absent: e.Absent,
		})
	}
	rec.Evidence = b.evidence[from:len(b.evidence):len(b.evidence)]
	return rec
}

func actorName(a rules.Actor) string {
	switch a {
	case rules.Client:
		return "client"
	case rules.Server:
		return "server"
	case rules.Intermediary:
		return "intermediary"
	case rules.Network:
		return "network"
	case rules.Capture:
		return "capture"
	}
	return "unknown"
}

func roleName(r rules.Role) string {
	switch r {
	case rules.Primary:
		return "primary"
	case rules.Contributing:
		return "contributing"
	case rules.Consequence:
		return "consequence"
	case rules.Incidental:
		return "incidental"
	}
	return "note"
}

func gradeName(g rules.Grade) string {
	switch g {
	case rules.Error:
		return "error"
	case rules.Warning:
		return "warning"
	}
	return "info"
}
