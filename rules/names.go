package rules

import "github.com/handshark/handshark/analyzer"

var familyNames = [...]string{
	Meta: "meta", Transport: "transport", TLS: "tls", Protocol: "protocol", Syntax: "syntax",
	Proxy: "proxy", Version: "version", Headers: "headers", Auth: "auth", Origin: "origin",
	Routing: "routing", Backend: "backend", Response: "response", Negotiation: "negotiation",
	PostUpgrade: "post-upgrade", Timing: "timing", Hygiene: "hygiene",
}

var familyWords = [...]string{
	Meta: "the capture itself", Transport: "TCP, names and addresses", TLS: "TLS",
	Protocol: "who speaks which protocol", Syntax: "grammar of the messages",
	Proxy: "intermediaries", Version: "versions and drafts", Headers: "required request fields",
	Auth: "credentials", Origin: "origin checks", Routing: "paths and redirects",
	Backend: "the application and what is behind it", Response: "the 101 response",
	Negotiation: "subprotocols and extensions", PostUpgrade: "frames and closing",
	Timing: "time", Hygiene: "good manners",
}

var actorNames = [...]string{
	Any: "any", Client: "client", Server: "server", Intermediary: "intermediary",
	Network: "network", Capture: "capture",
}

var levelNames = [...]string{
	Must: "MUST", MustNot: "MUST NOT", Should: "SHOULD", ShouldNot: "SHOULD NOT", May: "MAY",
	ClientPractice: "practice of named clients", Observation: "observation",
	Derived: "derived from the text", Diagnosis: "diagnosis",
}

var gradeNames = [...]string{Silent: "none", Info: "info", Warning: "warning", Error: "error"}

// String gives the family's word: "transport", "post-upgrade", ...
func (f Family) String() string { return familyNames[f] }

// String gives the actor's word: "client", ...
func (a Actor) String() string { return actorNames[a] }

// String gives "MUST", "diagnosis", ...
func (l Level) String() string { return levelNames[l] }

// String gives "none", "info", "warning" or "error".
func (g Grade) String() string { return gradeNames[g] }

// evidenceNames gives the evidence of a set in words, in the order of its bits.
func evidenceNames(set analyzer.Evidence) []string {
	var all []string
	for _, w := range evidenceWords {
		if set&w.bit != 0 {
			all = append(all, w.words)
		}
	}
	return all
}

// blame gives the party that a rule blames.
func (r *Rule) blame() string {
	if r.Actor == Any {
		return "whoever sent the message, or as the finding says"
	}
	return r.Actor.String()
}

// causeWords says whether a rule can be the root cause.
func (r *Rule) causeWords() string {
	switch r.Cause {
	case IsCause:
		return "yes"
	case IsSymptom:
		return "only if nothing more specific is found: it restates how the attempt ended"
	case NotCause:
	}
	return "no"
}

func (r *Rule) severityWords() string {
	return r.Severity.Failed.String() + " if the handshake failed, " +
		r.Severity.Established.String() + " if it was established"
}

// suppressedBy gives the ids of the rules that suppress r, in catalogue order.
func suppressedBy(r *Rule, all []*Rule) []string {
	var ids []string
	for _, other := range all {
		for _, id := range other.Suppresses {
			if id == r.ID {
				ids = append(ids, other.ID)
			}
		}
	}
	return ids
}
