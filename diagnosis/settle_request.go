package diagnosis

import (
	"slices"

	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/siblings"
)

// A proxy cannot relay what its client did not send: the leg in front tells.

// changes reports whether a cause says that a proxy changed a request on its way.
func changes(rule string) bool {
	switch rule {
	case "proxy-stripped-upgrade", "proxy-upgrade-mangled", "proxy-http10-upstream":
		return true
	}
	return false
}

// sentWithout gives the finding by which the request in front of a proxy came without
// what the proxy is said to have taken out of it; nil if it had that, or if it is itself
// behind a proxy that is said to have done so.
func sentWithout(front *report.Handshake, rule string) *report.Finding {
	if !changes(rule) || front.Request == nil || slices.ContainsFunc(front.Findings, func(f report.Finding) bool { return changes(f.Rule) }) {
		return nil
	}
	for i := range front.Findings {
		f := &front.Findings[i]
		fault := changeOf(f.Rule)
		if f.Actor == "client" && fault != "" && (fault == "proxy-http10-upstream") == (rule == "proxy-http10-upstream") {
			return f
		}
	}
	return nil
}

// unchanged reports whether the request in front of a proxy does not show that the proxy
// changed it, whatever the one behind suggests.
func unchanged(front *report.Handshake, rule string) bool {
	return changes(rule) && (headLost(front) || sentWithout(front, rule) != nil)
}

// unsent blames the client for what the proxy that sent h is said to have taken out, and
// reports whether it is to blame. Other attempts may have the same key: all have to say so.
func (l *ledger) unsent(h *report.Handshake, rel *siblings.Relation) bool {
	if !changes(h.RootCause.Rule) {
		return false
	}
	var front *report.Handshake
	var found *report.Finding
	for _, j := range rel.Legs {
		leg, err := l.leg(j)
		if err != nil || leg == nil {
			return false
		}
		if headLost(leg) {
			undecided(h)
			return true
		}
		if front, found = leg, sentWithout(leg, h.RootCause.Rule); found == nil {
			return false
		}
	}
	if found == nil {
		return false
	}
	blameFront(h, front, *found)
	return true
}

// headLost reports whether octets of a request are missing, in which what asks for the
// upgrade may have stood.
func headLost(h *report.Handshake) bool {
	return slices.ContainsFunc(h.Inconclusive, func(n report.Inconclusive) bool { return n.Rule == "request-upgrade-missing" })
}

// undecided takes back that a proxy changed a request that the capture does not show.
func undecided(h *report.Handshake) {
	rule := h.RootCause.Rule
	h.RootCause.Candidates = append([]report.Candidate{{Rule: rule, Confidence: h.RootCause.Confidence}}, h.RootCause.Candidates...)
	h.RootCause.Rule, h.RootCause.Actor, h.RootCause.Fix, h.RootCause.FixFor = report.Undetermined, "unknown", "", ""
	h.Findings = slices.DeleteFunc(h.Findings, func(f report.Finding) bool { return f.Rule == rule })
	h.Inconclusive = append(h.Inconclusive, report.Inconclusive{Rule: rule, Because: "request head in front of the proxy: bytes missing"})
}

// blameFront makes what was found in front of a proxy the cause behind it, in place of
// what looked like the doing of the proxy.
func blameFront(h, front *report.Handshake, found report.Finding) {
	cause := *h.RootCause
	cause.Rule, cause.Actor, cause.Fix, cause.FixFor = found.Rule, found.Actor, found.Fix, found.FixFor
	cause.Summary = report.InFront + report.Text(front.Client+" → "+front.Server) + "): " +
		report.Text(report.Sentence(string(found.Message)))
	cause.RunnerUp, cause.Candidates = nil, []report.Candidate{}
	h.Findings = slices.DeleteFunc(h.Findings, func(f report.Finding) bool { return changes(f.Rule) })
	selectBoth(h, front)
	blame(h, &cause, found)
}
