package diagnosis

import (
	"slices"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/siblings"
)

// What the two legs of an attempt, in front of a proxy and behind it, say of each other.

// blameUpstream lets a cause found on the upstream leg win over one that is less
// sure: often no more than the status that the proxy made of it.
func (l *ledger) blameUpstream(h, up *report.Handshake) {
	if up == nil || up.RootCause == nil || up.RootCause.Rule == report.Undetermined || len(up.Findings) == 0 {
		return
	}
	cause, found := *up.RootCause, up.Findings[0]
	if surer(h.RootCause, &cause) || up.Request == nil && shedsLoad(h) || unchanged(h, cause.Rule) {
		return
	}
	cause.Confidence = max(cause.Confidence, min(cause.Confidence+differential, upstreamProved))
	if up.Request == nil {
		cause.Confidence = min(cause.Confidence, behindByTime(h, up))
	}
	cause.Label = report.ConfidenceLabel(cause.Confidence)
	cause.Summary = "On the connection behind the proxy (" + report.Text(up.Client+" → "+up.Server) + "): " + cause.Summary
	cause.RunnerUp, cause.Candidates = nil, []report.Candidate{}
	lost := takenOut(h, up)
	if madeByProxy(up) || clearsClient(h, up) || len(lost) > 0 {
		cause.Actor, found.Actor = "intermediary", "intermediary"
	}
	cause.Fix, cause.FixFor = l.proxyFix(&cause, string(h.AnsweredBy))
	if len(lost) > 0 {
		restore(&cause, &found, h, lost)
	}
	found.Fix, found.FixFor = cause.Fix, cause.FixFor
	selectBoth(h, up)
	blame(h, &cause, found)
}

// surer reports whether a cause holds against one that was found on the leg behind. A
// 502 is what a proxy makes of a connection that its server ended: that says more.
func surer(own, behind *report.RootCause) bool {
	switch {
	case own == nil || own.Rule == report.Undetermined:
		return false
	case own.Rule == "response-502" && endedUnanswered(behind.Rule):
		return own.Confidence > behind.Confidence
	}
	return own.Confidence >= behind.Confidence
}

func endedUnanswered(rule string) bool {
	return rule == "tcp-closed-before-response" || rule == "tcp-reset-before-response"
}

// dropped names the fields for the lack of which a request was refused by that cause.
func dropped(rule string) []string {
	switch rule {
	case "auth-missing-credentials":
		return []string{"Authorization", "Cookie"}
	case "origin-missing-required":
		return []string{"Origin"}
	}
	return nil
}

// carries reports whether a request has one of these fields.
func carries(h *report.Handshake, names ...string) bool {
	return h.Request != nil && slices.ContainsFunc(names, func(name string) bool { return values(h.Request.Fields, name) != "" })
}

// takenOut names the fields of a request in front of a proxy for the lack of which the
// one behind it was refused.
func takenOut(front, back *report.Handshake) []string {
	if back.RootCause == nil {
		return nil
	}
	var names []string
	for _, name := range dropped(back.RootCause.Rule) {
		if carries(front, name) && !carries(back, name) {
			names = append(names, name)
		}
	}
	if back.RootCause.Rule == "auth-missing-credentials" && front.Request != nil && !challenges(back) {
		names = append(names, underscored(front.Request.Fields)...)
	}
	return names
}

// challenges reports whether a refusal asks for Authorization: no other field would do.
func challenges(h *report.Handshake) bool {
	return h.Response != nil && values(h.Response.Fields, "WWW-Authenticate") != ""
}

// underscored names the credentials among fields that have an underscore in their names:
// nginx takes such fields for invalid and leaves them out.
func underscored(fields []report.Field) []string {
	var names []string
	for _, f := range fields {
		if name := string(f.Name); strings.Contains(name, "_") && rules.KeyField(name) {
			names = append(names, name)
		}
	}
	return names
}

// What a proxy has to do that sent a request without a field of its client's.
const (
	passOn           = "pass Authorization, Cookie and Origin on to the server (nginx: proxy_set_header NAME \"\" takes a field out)"
	passUnderscoreOn = "name the field with hyphens in client and server, or let the proxy pass names with an underscore on (nginx: underscores_in_headers on; in the server block)"
)

// restore says of a cause, which found shows, what brings the fields back that a proxy
// took out of the request in front of it.
func restore(c *report.RootCause, found *report.Finding, front *report.Handshake, lost []string) {
	c.Fix, c.FixFor = passOn, "proxy"
	if !strings.Contains(lost[0], "_") {
		return
	}
	c.Fix = passUnderscoreOn
	c.Summary += report.Text(" The client sent " + rules.Quote(lost[0]) + ", which the proxy did not pass on.")
	found.Evidence = append(slices.Clip(found.Evidence), report.Evidence{
		Side: "client", At: front.Request.At[:1], Field: report.Text(lost[0]), Value: report.Text(values(front.Request.Fields, lost[0])),
	})
}

// shedsLoad reports whether a 503 says that it is about too many requests: that has
// nothing to do with a connection that fails at the same time.
func shedsLoad(h *report.Handshake) bool {
	if h.Response == nil || h.Response.Status != 503 || h.Response.Reason == "Backend fetch failed" {
		return false // Varnish adds Retry-After to that
	}
	body := strings.ToLower(string(h.Response.BodyPrefix))
	return strings.Contains(body, "rate limit") || strings.Contains(body, "too many") ||
		slices.ContainsFunc(h.Response.Fields, func(f report.Field) bool { return strings.EqualFold(string(f.Name), "Retry-After") })
}

// behindByTime is the most that can be said where nothing but the time joins a
// connection with the request that the proxy answered: one of the same host that has
// nothing to do with it may fail meanwhile. A proxy whose connection is refused answers
// at once.
func behindByTime(h, up *report.Handshake) float64 {
	switch {
	case forOther(h, up):
		return maybeBehind
	case up.Outcome != analyzer.ConnectFailed.String():
		return upstreamProved // what it began to say fits a proxy
	case h.Response == nil || h.Response.Time.Sub(up.Time.Time) > behindWithin:
		return maybeBehind
	case h.Response.Status == 502:
		return upstreamProved // it says that its server failed, and a 503 has many reasons
	}
	return practiceProved
}

// behindWithin is how soon after the beginning of a connection that fails a proxy
// answers because of it.
const behindWithin = 250 * time.Millisecond

// forOther reports whether TLS behind a proxy was begun for another name than the
// client asked for: it may have nothing to do with the request, and only have come
// at the same time, unless the proxy says with 502 that its server answered wrong.
func forOther(h, up *report.Handshake) bool {
	if h.Request == nil || h.Response == nil || h.Response.Status == 502 || up.TLS == nil {
		return false
	}
	begun, asked := string(up.TLS.SNI), field.HostName(spelled(h, "Host"))
	return begun != "" && !strings.EqualFold(begun, asked)
}

// madeByProxy reports whether what failed behind a proxy is what the proxy itself
// chose, and its client had no part in: TLS or HTTP/2 towards a server.
func madeByProxy(up *report.Handshake) bool {
	return up.Request == nil && up.RootCause.Actor == "client" || up.RootCause.Rule == "h2-preface-answered-by-http1"
}

// clearsClient reports whether the same rule finds the fault of a request behind the
// proxy not to be that of the request in front of it: the proxy made it.
func clearsClient(h, up *report.Handshake) bool {
	return up.RootCause.Actor == "client" && slices.ContainsFunc(h.Findings, func(f report.Finding) bool {
		return f.Rule == up.RootCause.Rule && f.Actor != "client"
	})
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
		return "speak HTTP/1.1 to this server (nginx: proxy_pass, not grpc_pass; Caddy: http://, not h2c://; HAProxy: no proto h2 on its server line)", "proxy"
	}
	return c.Fix, c.FixFor
}

// selectBoth lets the filter of h select the other leg as well: proof lies there.
func selectBoth(h, up *report.Handshake) {
	if h.Stream != nil && up.Stream != nil && !strings.HasSuffix(h.Filter, " || "+up.Filter) {
		h.Filter += " || " + up.Filter
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

// handedOn reports whether both legs got the same 101: all that a client looks at.
func handedOn(h, up *report.Handshake) bool {
	if h.Response == nil || up.Response == nil || h.Response.Status != 101 || up.Response.Status != 101 {
		return false
	}
	for _, name := range []string{"Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"} {
		if values(h.Response.Fields, name) != values(up.Response.Fields, name) {
			return false
		}
	}
	return (values(h.Response.Fields, "Upgrade") == "") == (values(up.Response.Fields, "Upgrade") == "") &&
		(values(h.Response.Fields, "Connection") == "") == (values(up.Response.Fields, "Connection") == "")
}

// offerLost reports whether no subprotocol was selected because the proxy did not pass
// the offer of its client on.
func offerLost(h, up *report.Handshake) bool {
	const offer = "Sec-WebSocket-Protocol"
	return h.RootCause != nil && h.RootCause.Rule == "subprotocol-not-selected" && carries(h, offer) && !carries(up, offer) &&
		len(up.Inconclusive) == 0 // else the offer may be in octets that are missing
}

// tookOut puts right who is at fault for a request that was refused for lack of what the
// client of the proxy had sent.
func (l *ledger) tookOut(h *report.Handshake, rel *siblings.Relation) {
	for _, j := range rel.Legs {
		front, err := l.leg(j)
		if err != nil || front == nil {
			continue
		}
		if lost := takenOut(front, h); len(lost) > 0 {
			selectBoth(h, front)
			h.RootCause.Actor = "intermediary"
			restore(h.RootCause, &h.Findings[0], front, lost)
			h.Findings[0].Actor, h.Findings[0].Fix, h.Findings[0].FixFor = "intermediary", h.RootCause.Fix, h.RootCause.FixFor
			return
		}
	}
}

// handedOnTo reports whether the 101 of a leg behind a proxy came to another leg as it was.
func (l *ledger) handedOnTo(h *report.Handshake, rel *siblings.Relation) bool {
	return slices.ContainsFunc(rel.Legs, func(j int) bool {
		front, err := l.leg(j)
		return err == nil && front != nil && handedOn(front, h)
	})
}

// behind puts right what a leg behind a proxy alone suggests: its client is the
// proxy.
func (l *ledger) behind(h *report.Handshake, rel *siblings.Relation) {
	switch {
	case rel.Spoiled && !l.faulty101(h) && !l.handedOnTo(h, rel):
		l.found(h, nil, spoiled101, "the server answered 101, and the proxy did not hand it on to the client as it was")
	case rel.Changed && l.changedBy(h) != "":
		l.changed(h, h)
	case l.unsent(h, rel):
	case rel.Rewritten && !unasked(h) && (h.Response == nil || h.Response.Status != 403):
		l.found(h, nil, prefixRewritten, "the proxy asks for "+path(h)+", which is not what its client asked for")
	case len(dropped(h.RootCause.Rule)) > 0 && len(h.Findings) > 0:
		l.tookOut(h, rel)
	case h.RootCause.Actor == "client" && (h.RootCause.Rule == "client-gave-up" || h.RootCause.Rule == "client-rejected-valid-101"):
		h.RootCause.Actor = "intermediary"
	}
}

// unasked reports whether a request did not ask its server for the upgrade, or may not
// have as far as the capture shows it: then no path would have helped.
func unasked(h *report.Handshake) bool {
	if slices.ContainsFunc(h.Inconclusive, func(n report.Inconclusive) bool { return n.Rule == "proxy-stripped-upgrade" }) {
		return true
	}
	if h.RootCause == nil {
		return false
	}
	switch rule := h.RootCause.Rule; rule {
	case "proxy-stripped-upgrade", "proxy-upgrade-mangled", "proxy-http10-upstream":
		return true
	default:
		return changeOf(rule) != ""
	}
}

// sharesPath reports whether the path behind the proxy still shows that of its client:
// one ends in the other. Where a request is forbidden, another path may as well be that
// of an authorization service, which the proxy asks with the fields of the client's.
func sharesPath(h, up *report.Handshake) bool {
	a, _, _ := strings.Cut(string(h.Request.Target), "?")
	b, _, _ := strings.Cut(string(up.Request.Target), "?")
	return len(b) > 1 && strings.HasSuffix(a, b) || len(a) > 1 && strings.HasSuffix(b, a)
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
