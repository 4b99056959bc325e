package handshark

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
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
	if _, cut := l.cut[e.id]; err != nil || untouched(rel) && !cut {
		return rec, err
	}
	h, err := l.own(rec)
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

// own gives a record that may be written to.
func (l *ledger) own(rec *report.Record) (*report.Handshake, error) {
	if l.again {
		return rec.Copy()
	}
	return rec.Load()
}

// untouched reports whether the other handshakes have nothing to say.
func untouched(rel *siblings.Relation) bool {
	return rel.GotOver == siblings.None && !rel.Likely && len(rel.Legs) == 0 && !rel.Counter && !rel.Proof &&
		!rel.Spelled && rel.Repeats == 0
}

// upstream loads the record of the leg behind the proxy that answered.
func (l *ledger) upstream(rel *siblings.Relation) (*report.Handshake, error) {
	if rel.Upstream == siblings.None {
		return nil, nil
	}
	e := l.entries.at(rel.Upstream)
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
			h.Legs = append(h.Legs, formatID(leg.id))
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
	if rel.Counter {
		c.Confidence += counterExample
	}
	if rel.Proof && c.Confidence < mostConfident {
		c.Confidence = min(c.Confidence+differential, mostConfident)
	}
	c.Confidence = math.Round(c.Confidence*100) / 100
	if c.Confidence < leastConfident {
		c.Candidates = append([]report.Candidate{{Rule: c.Rule, Confidence: c.Confidence}}, c.Candidates...)
		c.Rule, c.Fix, c.FixFor = report.Undetermined, "", ""
	}
	c.Label = report.ConfidenceLabel(c.Confidence)
}

// blameUpstream lets a cause found on the upstream leg win over one that is less
// sure: often no more than the status that the proxy made of it.
func (l *ledger) blameUpstream(h, up *report.Handshake) {
	if up == nil || up.RootCause == nil || up.RootCause.Rule == report.Undetermined || len(up.Findings) == 0 {
		return
	}
	cause, found := *up.RootCause, up.Findings[0]
	if h.RootCause != nil && h.RootCause.Rule != report.Undetermined && h.RootCause.Confidence >= cause.Confidence {
		return
	}
	cause.Confidence = max(cause.Confidence, min(cause.Confidence+differential, upstreamProved))
	if up.Request == nil && forOther(h, up) {
		cause.Confidence = min(cause.Confidence, maybeBehind)
	}
	cause.Label = report.ConfidenceLabel(cause.Confidence)
	cause.Summary = "On the connection behind the proxy (" + report.Text(up.Client+" → "+up.Server) + "): " + cause.Summary
	cause.RunnerUp, cause.Candidates = nil, []report.Candidate{}
	if madeByProxy(up) {
		cause.Actor, found.Actor = "intermediary", "intermediary"
	}
	cause.Fix, cause.FixFor = l.proxyFix(&cause, string(h.AnsweredBy))
	found.Fix, found.FixFor = cause.Fix, cause.FixFor
	selectBoth(h, up)
	blame(h, &cause, found)
}

// forOther reports whether TLS behind a proxy was begun for another name than the
// client asked for: it may have nothing to do with the request, and only have come
// at the same time, unless the proxy says with 502 that its server answered wrong.
func forOther(h, up *report.Handshake) bool {
	return h.Response != nil && h.Response.Status != 502 && up.TLS != nil && up.TLS.SNI != "" && h.Request != nil && !strings.EqualFold(string(up.TLS.SNI), field.HostName(spelled(h, "Host")))
}

// madeByProxy reports whether what failed behind a proxy is what the proxy itself
// chose, and its client had no part in: TLS or HTTP/2 towards a server.
func madeByProxy(up *report.Handshake) bool {
	return up.Request == nil && (up.RootCause.Actor == "client" || up.RootCause.Rule == "h2-preface-answered-by-http1")
}

// proxyFix gives the fix of a cause found behind a proxy, as far as the proxy has to
// mend it: which one it is, the answer in front shows.
func (l *ledger) proxyFix(c *report.RootCause, answeredBy string) (fix, product string) {
	i, ok := l.engine.Index(c.Rule)
	switch {
	case !ok || c.Actor != "intermediary":
	case report.IsExample(c.Fix):
		return report.FixIn(l.engine.At(i), answeredBy)
	case c.Rule == "tls-sent-to-plaintext-port":
		return "speak plain HTTP to this server (nginx: proxy_pass http://, not https://), or name its port that serves TLS", "proxy"
	case c.Rule == "h2-preface-answered-by-http1":
		return "speak HTTP/1.1 to this server (Caddy: http://, not h2c://)", "proxy"
	}
	return c.Fix, c.FixFor
}

// selectBoth lets the filter of h select the other leg as well: proof lies there.
func selectBoth(h, up *report.Handshake) {
	if h.Stream != nil && up.Stream != nil && !strings.HasSuffix(h.Filter, " || "+up.Filter) {
		h.Filter += " || " + up.Filter
	}
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
	case rel.Spoiled && !l.faulty101(up):
		l.found(h, up, spoiled101, "the server behind the proxy answered 101; the client did not get it as it was")
	case rel.Rewritten:
		l.found(h, up, prefixRewritten, "the client asks for "+path(h)+", the proxy asks the server for "+path(up))
	}
	if rel.Repeats > 0 {
		l.note(h, retryLoop, fmt.Sprintf("%d attempts with the same credentials were refused", rel.Repeats))
	}
}

// faulty101 reports whether a 101 is wrong by itself: the proxy may refuse it, and
// the fault is its server's.
func (l *ledger) faulty101(h *report.Handshake) bool {
	return slices.ContainsFunc(h.Findings, func(f report.Finding) bool {
		i, ok := l.engine.Index(f.Rule)
		return ok && l.engine.At(i).Cause == rules.IsCause && l.engine.At(i).Family == rules.Response
	})
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
func spelled(h *report.Handshake, name string) string {
	var values []string
	for _, f := range h.Request.Fields {
		if strings.EqualFold(string(f.Name), name) {
			values = append(values, string(f.Value))
		}
	}
	return strings.Join(values, " | ")
}

// behind puts right what a leg behind a proxy alone suggests: its client is the
// proxy.
func (l *ledger) behind(h *report.Handshake, rel *siblings.Relation) {
	switch {
	case rel.Spoiled && !l.faulty101(h):
		l.found(h, nil, spoiled101, "the server answered 101, and the proxy did not hand it on to the client as it was")
	case rel.Changed && l.changedBy(h) != "":
		l.changed(h, h)
	case rel.Rewritten:
		l.found(h, nil, prefixRewritten, "the proxy asks for "+path(h)+", which is not what its client asked for")
	case h.RootCause.Actor == "client" && (h.RootCause.Rule == "client-gave-up" || h.RootCause.Rule == "client-rejected-valid-101"):
		h.RootCause.Actor = "intermediary"
	}
}

// cutBy notes an idle timeout that seems to have ended the session.
func (l *ledger) cutBy(h *report.Handshake, e *entry) {
	end, ok := l.cut[e.id]
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

// changedBy names what a proxy did that sent a request with the fault of h, where the
// one that it had got is without it; empty if that is no rule that is asked for, or
// there is no such fault.
func (l *ledger) changedBy(h *report.Handshake) string {
	if h == nil || h.Request == nil || h.RootCause == nil || len(h.Findings) == 0 {
		return ""
	}
	id := changeOf(h.RootCause.Rule)
	if i, ok := l.engine.Index(id); !ok || !l.engine.Selected(i) {
		return ""
	}
	return id
}

// changeOf names what a proxy does that makes a request with that fault of one without.
func changeOf(fault string) string {
	switch fault {
	case "request-upgrade-missing", "request-upgrade-not-websocket", "request-connection-missing", "request-connection-no-upgrade":
		return "proxy-upgrade-mangled"
	case "request-missing-upgrade-tokens":
		return "proxy-stripped-upgrade"
	case "request-http-version-too-low":
		return "proxy-http10-upstream"
	}
	return ""
}

// changed blames the proxy for the fault of the request behind it, up.
func (l *ledger) changed(h, up *report.Handshake) {
	fault, id := up.Findings[0], l.changedBy(up)
	l.found(h, nil, id, "the proxy changed the request: "+string(fault.Message))
	if h.RootCause.Rule == id {
		h.Findings[0].Evidence = append(h.Findings[0].Evidence, fault.Evidence...)
	}
	if h != up {
		selectBoth(h, up)
	}
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
