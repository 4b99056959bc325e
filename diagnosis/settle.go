package diagnosis

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/siblings"
)

// record gives the record of an entry in its final form, not decoded where
// nothing needs it. It is valid until the next call.
func (l *ledger) record(e *entry, rel *siblings.Relation) (*report.Record, error) {
	if e.brief() {
		return l.brief(e, rel)
	}
	rec, err := l.spool.at(e.form, e.at)
	if _, cut := l.cutOf(e); err != nil || untouched(rel) && !cut {
		return rec, err
	}
	if rec.Handshake == nil && verdictOnly(rel) && l.change(&rec.Kept.Change, e, rel) {
		return rec, nil
	}
	h, err := l.own(rec, rel)
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

// own gives a record that may be written to. Those of other legs look at it as it was.
func (l *ledger) own(rec *report.Record, rel *siblings.Relation) (*report.Handshake, error) {
	if l.again || len(rel.Legs) > 0 {
		return rec.Copy()
	}
	return rec.Load()
}

// untouched reports whether the other handshakes have nothing to say.
func untouched(rel *siblings.Relation) bool {
	return rel.GotOver == siblings.None && !rel.Likely && len(rel.Legs) == 0 && !rel.Counter && !rel.Proof &&
		!rel.Spelled && rel.Repeats == 0
}

// verdictOnly reports whether what the others have to say concerns the verdict alone, and
// needs no more of the handshake than that.
func verdictOnly(rel *siblings.Relation) bool {
	return len(rel.Legs) == 0 && rel.Upstream == siblings.None && !rel.Likely && !rel.Family && !rel.Spelled && rel.Repeats == 0 &&
		!rel.Behind && !rel.Between && !rel.Spoiled && !rel.Rewritten && !rel.Changed
}

// change is amend where verdictOnly holds, for a record that stays encoded. It reports
// whether that is possible: it is, unless the cause itself is given up.
func (l *ledger) change(c *report.Change, e *entry, rel *siblings.Relation) bool {
	if !e.Outcome.Failed() {
		return false
	}
	if e.Cause >= 0 {
		before := float64(e.percent) / 100
		after := l.weighed(before, int(e.Cause), rel)
		if after < leastConfident {
			return false
		}
		if after != before {
			c.Confidence = after
		}
	}
	if rel.GotOver != siblings.None {
		c.SupersededBy = formatID(l.id(l.entries.at(rel.GotOver)))
	}
	return true
}

// upstream loads the record of the leg behind the proxy that answered.
func (l *ledger) upstream(rel *siblings.Relation) (*report.Handshake, error) {
	if rel.Upstream == siblings.None {
		return nil, nil
	}
	return l.leg(rel.Upstream)
}

// leg loads the record of another leg; nil if there is none.
func (l *ledger) leg(i int) (*report.Handshake, error) {
	e := l.entries.at(i)
	if e.form != inSpool && e.form != inMemory {
		return nil, nil
	}
	rec, err := l.spool.at(e.form, e.at)
	if err != nil {
		return nil, err
	}
	return rec.Copy()
}

// amend writes into a record what the other handshakes of the run say of it.
func (l *ledger) amend(h *report.Handshake, e *entry, rel *siblings.Relation, up *report.Handshake) {
	for _, j := range rel.Legs {
		if leg := l.entries.at(j); leg.form != hidden {
			h.Legs = append(h.Legs, formatID(l.id(leg)))
		}
	}
	if rel.Likely && e.Meant == analyzer.Unknown {
		h.WebSocket = report.CertaintyName(analyzer.Likely)
	}
	if !e.Outcome.Failed() {
		l.cutBy(h, e)
		return
	}
	if !rel.Between || l.changedBy(up) == "" {
		l.blameUpstream(h, up)
	}
	l.weigh(h, rel)
	l.compared(h, rel, up)
	if rel.GotOver != siblings.None {
		id := formatID(l.id(l.entries.at(rel.GotOver)))
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
	practiceProved = 0.75
	maybeBehind    = 0.60
)

// weigh changes the confidence of a cause by accepted attempts with or without
// the fault.
func (l *ledger) weigh(h *report.Handshake, rel *siblings.Relation) {
	c := h.RootCause
	if c == nil || c.Rule == report.Undetermined {
		return
	}
	rule, known := l.engine.Index(c.Rule)
	if !known {
		return
	}
	if c.Confidence = l.weighed(c.Confidence, rule, rel); c.Confidence < leastConfident {
		c.Candidates = append([]report.Candidate{{Rule: c.Rule, Confidence: c.Confidence}}, c.Candidates...)
		c.Rule, c.Actor, c.Fix, c.FixFor = report.Undetermined, "unknown", "", ""
	}
	c.Label = report.ConfidenceLabel(c.Confidence)
}

// weighed gives what becomes of the confidence of a cause, the rule of that number.
func (l *ledger) weighed(c float64, rule int, rel *siblings.Relation) float64 {
	// Others were accepted without any: credentials are not why.
	unneeded := rel.Unneeded && l.engine.At(rule).Family == rules.Auth
	if rel.Counter || unneeded {
		c += counterExample
	}
	if rel.Proof && !unneeded && c < mostConfident {
		c = min(c+differential, mostConfident)
	}
	return math.Round(c*100) / 100
}

// blame makes cause the root cause of h, shown by found; what was the cause before
// is its consequence.
func blame(h *report.Handshake, cause *report.RootCause, found report.Finding) {
	found.Role = "primary"
	findings := []report.Finding{found}
	for _, f := range h.Findings {
		if f.Rule == found.Rule {
			continue
		}
		if f.Role == "primary" {
			f.Role = "consequence"
		}
		findings = append(findings, f)
	}
	h.RootCause, h.Findings = cause, findings
}

// Rules that only several attempts together show.
const (
	localhostFamily = "tcp-localhost-family"
	prefixRewritten = "http-path-prefix-rewritten"
	spoiled101      = "proxy-101-rewritten"
	retryLoop       = "auth-retry-loop"
	idleTimeout     = "idle-timeout-after-upgrade"
	exactMatch      = "header-exact-match-peer"
)

// compared names the causes that the comparison itself shows.
func (l *ledger) compared(h *report.Handshake, rel *siblings.Relation, up *report.Handshake) {
	switch {
	case rel.Family:
		l.found(h, nil, localhostFamily, "nothing listens on "+h.Server+"; the other loopback address accepted the connection")
	case rel.Between && h.Request != nil && l.changedBy(up) != "":
		l.changed(h, up)
	case rel.Behind && h.RootCause != nil:
		l.behind(h, rel)
	case rel.Spelled && l.restates(h) && h.Request != nil:
		l.exactMatch(h)
	case up == nil || up.Request == nil || h.Request == nil:
	case rel.Spoiled && !l.faulty101(up) && !handedOn(h, up):
		l.found(h, up, spoiled101, "the server behind the proxy answered 101; the client did not get it as it was")
	case offerLost(h, up):
		h.RootCause.Actor = "intermediary"
		h.RootCause.Fix, h.RootCause.FixFor = "pass Sec-WebSocket-Protocol on to the server", "proxy"
	case rel.Rewritten && !unasked(up) && (up.Response == nil || up.Response.Status != 403 || sharesPath(h, up)):
		l.found(h, up, prefixRewritten, "the client asks for "+path(h)+", the proxy asks the server for "+path(up))
	}
	if rel.Repeats > 0 {
		l.note(h, retryLoop, fmt.Sprintf("%d attempts with the same credentials were refused", rel.Repeats))
	}
}

// restates reports whether the cause says no more than the status.
func (l *ledger) restates(h *report.Handshake) bool {
	if h.RootCause == nil || h.RootCause.Rule == report.Undetermined {
		return true
	}
	i, ok := l.engine.Index(h.RootCause.Rule)
	return ok && l.engine.At(i).Cause == rules.IsSymptom
}

// exactMatch names a server that reads legal spellings wrong: it accepted another
// one. Spelled as most do, nothing can be said.
func (l *ledger) exactMatch(h *report.Handshake) {
	connection, upgrade := spelled(h, "Connection"), spelled(h, "Upgrade")
	if connection == "Upgrade" && upgrade == "websocket" {
		return
	}
	l.found(h, nil, exactMatch, fmt.Sprintf("Connection is %s and Upgrade %s, which is legal; the server accepted another spelling and refuses this one",
		rules.Quote(connection), rules.Quote(upgrade)))
	h.RootCause.Confidence, h.RootCause.Label = practiceProved, report.ConfidenceLabel(practiceProved)
}

// spelled gives the values of a field as sent.
func spelled(h *report.Handshake, name string) string { return values(h.Request.Fields, name) }

// values gives the values of a field as sent.
func values(fields []report.Field, name string) string {
	var values []string
	for _, f := range fields {
		if strings.EqualFold(string(f.Name), name) {
			values = append(values, string(f.Value))
		}
	}
	return strings.Join(values, " | ")
}

// cutBy notes an idle timeout that seems to have ended the session.
func (l *ledger) cutBy(h *report.Handshake, e *entry) {
	end, ok := l.cutOf(e)
	if !ok {
		return
	}
	i, known := l.engine.Index(idleTimeout)
	if !known || !l.engine.Selected(i) {
		return
	}
	limit := rules.IdleTimeout(&end)
	f := report.FindingOf(l.engine.At(i), fmt.Sprintf("the connection was ended without a Close frame after %v of silence: an idle timeout of %v",
		time.Duration(end.Idle).Round(10*time.Millisecond), limit), "warning")
	what := "FIN"
	if end.Reset {
		what = "RST"
	}
	at := report.At{Capture: int(end.Ref.Capture), Frame: end.Ref.Frame}
	f.Role, f.Evidence = "note", []report.Evidence{{Side: end.From.String(), At: []report.At{at}, Field: report.Text(what)}}
	h.Findings = append(h.Findings, f)
}

// path gives the quoted path of a request.
func path(h *report.Handshake) string {
	p, _, _ := strings.Cut(string(h.Request.Target), "?")
	return rules.Quote(p)
}

// found makes a rule the cause of h, with both legs' requests and the answer to the
// proxy as evidence.
func (l *ledger) found(h, up *report.Handshake, id, message string) {
	i, ok := l.engine.Index(id)
	if !ok || !l.engine.Selected(i) {
		return
	}
	r := l.engine.At(i)
	f := report.FindingOf(r, message, "error")
	f.Evidence = append(evidenceOf(h), evidenceOf(up)...)
	if up != nil {
		f.Fix, f.FixFor = report.FixIn(r, string(h.AnsweredBy))
		f.Evidence = append(f.Evidence, answerOf(up)...)
		selectBoth(h, up)
	}
	blame(h, &report.RootCause{
		Rule: id, Actor: f.Actor, Confidence: upstreamProved, Label: report.ConfidenceLabel(upstreamProved),
		Summary: report.Text(report.Sentence(message)), Fix: f.Fix, FixFor: f.FixFor, Candidates: []report.Candidate{},
	}, f)
}

// note adds a finding that is no cause.
func (l *ledger) note(h *report.Handshake, id, message string) {
	i, ok := l.engine.Index(id)
	if !ok || !l.engine.Selected(i) || h.Request == nil {
		return
	}
	f := report.FindingOf(l.engine.At(i), message, "warning")
	f.Role, f.Evidence = "contributing", evidenceOf(h)
	h.Findings = append(h.Findings, f)
}

// evidenceOf points to the request of a handshake, or to its first packet.
func evidenceOf(h *report.Handshake) []report.Evidence {
	switch {
	case h == nil:
		return []report.Evidence{}
	case h.Request == nil:
		at := report.At{Capture: h.Capture, Frame: h.Frames.First}
		return []report.Evidence{{Side: "client", At: []report.At{at}, Field: "SYN"}}
	}
	line := h.Request.Method + " " + h.Request.Target + " " + h.Request.Version
	return []report.Evidence{{Side: "client", At: h.Request.At[:1], Field: "request line", Value: line}}
}

// answerOf points to the status line of a handshake.
func answerOf(h *report.Handshake) []report.Evidence {
	if h.Response == nil || len(h.Response.At) == 0 {
		return []report.Evidence{}
	}
	line := report.Text(fmt.Sprintf("%s %d %s", h.Response.Version, h.Response.Status, h.Response.Reason))
	return []report.Evidence{{Side: "server", At: h.Response.At[:1], Field: "status line", Value: line}}
}

// timeOf gives a capture time.
func timeOf(ns int64) *report.Time {
	if ns == 0 {
		return nil
	}
	t := report.Time{Time: time.Unix(0, ns).UTC()}
	return &t
}
