package rules

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// Teller gives message and evidence of a finding that was reported by
// [Pass.Later]. It sees the handshake as the rule's Check did, and must give what
// that would have reported.
type Teller func(p *Pass) (message string, evidence []Evidence)

// Spot says where a piece of evidence is, without the evidence.
type Spot struct {
	Side   reassembly.Side
	Offset uint64
	Ref    capture.Ref // first packet; unknown = ask the evidence itself
}

// FieldSpot is the spot of Field.
func (p *Pass) FieldSpot(m *analyzer.Message, i int) Spot { return spot(m, m.Field(i).Line.Start) }

// StartSpot is the spot of StartLine.
func (p *Pass) StartSpot(m *analyzer.Message) Spot { return spot(m, m.Line.Start) }

func spot(m *analyzer.Message, start uint32) Spot {
	s := Spot{Side: m.From, Offset: m.Offset + uint64(start)}
	if len(m.Refs) == 1 { // the whole head
		s.Ref = m.Refs[0]
	}
	return s
}

// Later reports a finding whose message and evidence cost more than to know that
// it is there: tell gives them if the verdict is told. Most verdicts are not: a
// table of many handshakes shows few of them whole.
//
// at has the spot of the first piece of evidence first, and one for each side and
// for the earliest packet: the root cause goes by them.
func (p *Pass) Later(f Finding, tell Teller, at ...Spot) {
	for i := range at {
		if !at[i].Ref.Known() {
			f.Message, f.Evidence = tell(p)
			p.Report(f)
			return
		}
	}
	f.tell, f.at = tell, whereOf(at)
	p.run.take(p.rule, &f)
}

// where is what the root-cause procedure has to know of evidence.
type where struct {
	side   reassembly.Side // of the first piece
	sides  uint8           // all, as bits
	offset uint64          // of the first piece
	time   int64           // of the earliest packet that a piece begins with
}

func (w *where) touches(s reassembly.Side) bool { return w.sides>>s&1 != 0 }

func whereOf(at []Spot) where {
	w := where{side: at[0].Side, offset: at[0].Offset, time: at[0].Ref.Time}
	for i := range at {
		w.sides |= 1 << at[i].Side
		w.time = min(w.time, at[i].Ref.Time)
	}
	return w
}

// whereIs takes the same of evidence, each piece of which has a packet.
func whereIs(list []Evidence) where {
	w := where{side: list[0].Side, offset: list[0].Offset, time: list[0].Refs[0].Time}
	for i := range list {
		w.sides |= 1 << list[i].Side
		w.time = min(w.time, list[i].Refs[0].Time)
	}
	return w
}

// Tell works out what is left of the verdict: messages, evidence, the summary of
// the cause, who answered, and why rules are inconclusive. It has to be called
// while the handshake is as it was judged, and before the engine that gave the
// verdict judges another one. Calling it again does nothing.
func (v *Verdict) Tell() {
	r := v.run
	if r == nil {
		return
	}
	v.run = nil
	for i := range v.Findings {
		if f := &v.Findings[i]; f.tell != nil {
			r.tell(f)
		}
	}
	v.AnsweredBy = r.answeredBy()
	v.Inconclusive = r.inconclusive()
	if v.Cause != nil {
		v.Cause.Summary = r.summary(v)
	}
	v.RuleErrors = r.errors
}

// tell completes a finding. One that cannot be told keeps the rule's title.
func (r *runner) tell(f *Finding) {
	f.Message = f.Rule.Title
	if r.rules.never {
		defer r.untold(f)
	}
	r.pass.rule = f.Rule
	message, evidence := f.tell(&r.pass)
	f.tell = nil
	if what := flaw(evidence); what != "" {
		r.errors = append(r.errors, f.Rule.ID+": "+what)
		return
	}
	if f.at != whereIs(evidence) {
		r.errors = append(r.errors, fmt.Sprintf("%s: evidence is at %+v, said to be at %+v", f.Rule.ID, whereIs(evidence), f.at))
	}
	f.Message, f.Evidence = message, evidence
}

func (r *runner) untold(f *Finding) {
	if v := recover(); v != nil {
		f.tell = nil
		r.errors = append(r.errors, fmt.Sprintf("%s: panic: %v", f.Rule.ID, v))
	}
}

// inconclusive gives the rules that lack evidence, and why.
func (r *runner) inconclusive() []Inconclusive {
	if len(r.plan.unjudged) == 0 {
		return nil
	}
	all := make([]Inconclusive, len(r.plan.unjudged))
	for i, u := range r.plan.unjudged {
		all[i] = Inconclusive{r.rules.all[u.rule], because(r.h, u.missing)}
	}
	return all
}

// summary gives the cause in words.
func (r *runner) summary(v *Verdict) string {
	switch {
	case v.Cause.Rule != nil:
		return r.trial.summary(&v.Findings[0])
	case len(v.Cause.Candidates) > 0:
		return "Undetermined: what was found is too weak to name a cause."
	case r.h.Lost&(analyzer.RequestHead|analyzer.ResponseHead|analyzer.Frames) != 0:
		return "Undetermined: octets of the handshake are missing in the capture, and what is there does not explain the failure."
	}
	return "Undetermined: nothing in the capture explains the failure."
}
