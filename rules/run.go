package rules

import "github.com/handshark/handshark/analyzer"

// Options select rules.
type Options struct {
	Only []string // ids; empty = all
	Skip []string // ids
	// Panic lets a panic of a rule through instead of recording it in
	// Verdict.RuleErrors: for tests.
	Panic bool
	// Unscreened runs every Check whatever its rule's If says: for tests.
	Unscreened bool
}

// Engine runs rules over handshakes. It reuses its working memory, so it is for
// one goroutine at a time; Fork gives further ones.
type Engine struct {
	*selection
	plans plans
	run   runner
	left  analyzer.Handshake // the one before, had its client objected
}

// NewEngine gives an engine for the selected ones of all. The indexes of a
// RuleSet are those of all, whatever is selected. It fails for an id that names
// no rule, listing ids that look like it, and for more than RuleSetSize rules.
func NewEngine(all []*Rule, o Options) (*Engine, error) {
	s, err := newSelection(all, o)
	if err != nil {
		return nil, err
	}
	return s.engine(), nil
}

// Fork gives another engine for the same rules, with working memory of its own:
// the two may be used by different goroutines, at the same time. It may be called
// while e is in use.
func (e *Engine) Fork() *Engine { return e.selection.engine() }

// Judge runs the rules over h and finds the root cause of its failure. The
// verdict, and what it leads to, is valid until the next call; who wants it in
// words calls Verdict.Tell before h changes.
//
// A handshake with an Objection is first judged as aborted: if that finds a
// specific cause the verdict stands and Objected is set.
func (e *Engine) Judge(h *analyzer.Handshake) *Verdict {
	if h.Objection == nil || h.Outcome != analyzer.Established {
		return e.judge(h)
	}
	left := &e.left
	*left = *h
	left.Outcome, left.EndedBy, left.Ending = analyzer.Aborted, analyzer.ByClient, *h.Objection
	if v := e.judge(left); v.Cause.Rule != nil && v.Cause.Rule.Cause == IsCause {
		v.Objected = true
		return v
	}
	return e.judge(h)
}

func (e *Engine) judge(h *analyzer.Handshake) *Verdict {
	r := &e.run
	r.begin(h)
	r.follow(e.plan(h, &r.pass))
	return r.finish()
}

// situations tells which situations a handshake is in.
func situations(h *analyzer.Handshake) Situation {
	var s Situation
	if h.Request != nil {
		s |= OnRequest
	} else {
		s |= OnNoRequest
	}
	switch {
	case h.Response == nil || h.Response.Status == 0 || h.Response.Torn() || h.Outcome == analyzer.NoResponse:
		s |= OnNoStatus // nobody takes a head without its end for an answer
	case h.Accepted():
		s |= On101
	default:
		s |= OnFinal
	}
	if h.Upgraded != nil {
		s |= OnSession
	}
	return s
}

// possible tells which further situations the handshake may have been in, had
// the capture shown what it lost.
func possible(h *analyzer.Handshake, in Situation) Situation {
	var s Situation
	if in&OnNoRequest != 0 && h.Lost&(analyzer.RequestHead|analyzer.Plaintext) != 0 {
		s |= OnRequest
	}
	if in&OnNoStatus != 0 && h.Lost&(analyzer.ResponseHead|analyzer.Plaintext) != 0 {
		s |= On101 | OnFinal | OnSession
	}
	if h.Lost&analyzer.Frames != 0 {
		s |= OnSession
	}
	return s &^ in
}
