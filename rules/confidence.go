package rules

import (
	"math"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
)

// Bases of confidence, by proof.
const (
	confidenceStated    = 0.95
	confidenceProved    = 0.95
	confidenceMandated  = 0.85
	confidenceContested = 0.65 // mandated, but another candidate is compatible too
	confidencePractice  = 0.60
	confidenceHeuristic = 0.50
	confidenceStatus    = 0.40
)

// Adjustments of confidence.
const (
	lessGap            = 0.30 // bytes missing in the message that the cause is in
	lessOneWay         = 0.20 // only one direction captured
	lessMidStream      = 0.10 // earlier traffic of the connection not captured, nor both heads whole
	mostDisputed       = 0.45 // other octets were sent at the same place, and either may have been read
	lessCounterExample = 0.25
	moreDifferential   = 0.10
	mostDifferential   = 0.97
)

// Thresholds of confidence.
const (
	// UndeterminedBelow is the confidence below which no root cause is named.
	UndeterminedBelow = 0.40
	// RunnerUpWithin is how near a rejected candidate's confidence must be to be named.
	RunnerUpWithin = 0.15
)

// Label gives the word for a confidence: "certain" from 0.90, "high" from 0.75,
// "medium" from 0.50, "low" from 0.40, else "undetermined".
func Label(confidence float64) string {
	switch {
	case confidence >= 0.90:
		return "certain"
	case confidence >= 0.75:
		return "high"
	case confidence >= 0.50:
		return "medium"
	case confidence >= UndeterminedBelow:
		return "low"
	}
	return "undetermined"
}

// proof is how well a finding is known to have ended the attempt.
func (t *trial) proof(f *Finding) Proof {
	p := f.Proof
	if p == Heuristic || p == StatusOnly {
		return p // the rule knows that it is guessing
	}
	if p == ByLevel {
		p = proofOf(f.Rule)
	}
	if p != Proved && (points(t.hints, f.Rule.ID) || t.versionStated(f.Rule)) {
		return Stated
	}
	if e := &t.h.Ending; p == Mandated && e.Kind == analyzer.EndingStatus && e.Status == 500 {
		return Practice // a server that refuses a request for its faults answers 4xx
	}
	return p
}

func proofOf(r *Rule) Proof {
	if r.Cause == IsSymptom {
		return StatusOnly
	}
	switch r.Level {
	case Must, MustNot:
		return Mandated
	case Should, ShouldNot, May, ClientPractice, Derived:
		return Practice
	case Observation, Diagnosis:
	}
	return Heuristic
}

// versionStated reports whether the refusal itself says that the version is the
// reason: 400 or 426 with a list that lacks the version asked for.
func (t *trial) versionStated(r *Rule) bool {
	e := t.h.Ending
	return r.Family == Version && r.Cause == IsCause && covers(badVersion, r.ID) &&
		e.Kind == analyzer.EndingStatus && (e.Status == 400 || e.Status == 426) &&
		t.h.Response != nil && t.h.Response.Has("Sec-WebSocket-Version") && versionUnlisted(t.h)
}

// base gives the confidence of a proof; rivals is the number of compatible
// candidates, the one in question included.
func base(p Proof, rivals int) float64 {
	switch p {
	case Stated:
		return confidenceStated
	case Proved:
		return confidenceProved
	case Mandated:
		if rivals > 1 {
			return confidenceContested
		}
		return confidenceMandated
	case Practice:
		return confidencePractice
	case Heuristic:
		return confidenceHeuristic
	case StatusOnly, ByLevel:
	}
	return confidenceStatus
}

// score gives the confidence of a finding as the cause, as far as one handshake
// tells.
func (t *trial) score(f *Finding, rivals int) float64 {
	c := base(t.proof(f), rivals)
	if t.gapIn(f) {
		c -= lessGap
	}
	if t.h.Lost&analyzer.BothSides != 0 {
		c -= lessOneWay
	}
	const heads = analyzer.RequestHead | analyzer.ResponseHead
	if t.h.Lost&analyzer.TCPOpen != 0 && t.h.Ordinal == 0 && t.h.Have&heads != heads {
		c -= lessMidStream
	}
	if t.disputed(f) {
		c = min(c, mostDisputed)
	}
	return clamp(c, 1)
}

// disputed reports whether a side on which a finding lies sent a segment of the heads
// again with other octets: the peer may have read those.
func (t *trial) disputed(f *Finding) bool {
	for _, s := range [...]reassembly.Side{reassembly.Client, reassembly.Server} {
		h := &t.h.Conn.Halves[s]
		inHeads := t.h.Response == nil || h.Conflict.Time <= t.h.Response.Last.Time
		if h.Conflicts > 0 && f.at.touches(s) && inHeads {
			return true
		}
	}
	return false
}

// gapIn reports whether bytes are missing in the message that the finding's
// first evidence lies in.
func (t *trial) gapIn(f *Finding) bool {
	m := t.h.Request
	if f.at.side == reassembly.Server {
		m = t.h.Response
	}
	return m != nil && !m.Complete && m.Why == http1.StopGap
}

// clamp rounds to two decimals and keeps the result within 0 and most.
func clamp(c, most float64) float64 {
	return min(most, max(0, math.Round(c*100)/100))
}
