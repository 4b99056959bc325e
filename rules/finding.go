package rules

import (
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// Finding is one result of one rule. Message and Evidence may be left out until
// Verdict.Tell.
type Finding struct {
	Rule     *Rule
	Actor    Actor  // resolved: never Any
	Grade    Grade  // by the outcome of the handshake
	Message  string // seen value in quotes, expectation, consequence; one line, no full stop at the end; never quotes a credential
	Evidence []Evidence
	// Proof is how well the finding is known to have ended the attempt, if it is
	// the cause. Zero = by the rule: Must and MustNot give Mandated, Should,
	// ShouldNot, May, ClientPractice and Derived give Practice, Observation and
	// Diagnosis give Heuristic, a symptom gives StatusOnly. A rule at level
	// Observation or Diagnosis that knows better sets it. A response body that
	// points to the rule (see BodyHints), and a refusal that lists versions without
	// the one asked for, raise it to Stated without its doing, unless it says
	// Heuristic or StatusOnly.
	Proof Proof
	Fix   string // overrides the rule's fixes; may be empty
	Role  Role   // set by the root-cause procedure

	index int16  // of Rule in the engine's list
	at    where  // of Evidence
	tell  Teller // gives Message and Evidence; nil: they are there
}

// Evidence is a place in the capture.
type Evidence struct {
	Side   reassembly.Side
	Refs   []capture.Ref // packets, in stream order; never empty
	Offset uint64        // stream offset on that side
	Length uint64        // octets; 0 when the evidence is a packet as such
	Field  string        // field name, "request line", "status line", "body", "frame", "SYN", ...; may be empty
	Value  string        // what is there, at most 256 octets; raw, the report redacts and escapes it
	Absent bool          // Field names what is missing in the octets named
}

// Proof is the base of a cause's confidence.
type Proof uint8

// Proofs, strongest first.
const (
	ByLevel    Proof = iota // from Rule.Level and the ending
	Stated                  // the party that ended the attempt says so
	Proved                  // both legs captured, or recomputed and followed by the client leaving
	Mandated                // breach whose refusal the specification demands
	Practice                // SHOULD level, or known practice of this client or server
	Heuristic               // markers, timing
	StatusOnly              // nothing but the status
)

// Role is a finding's part in a failure.
type Role uint8

// Roles.
const (
	Note         Role = iota // the handshake did not fail, or the rule says nothing of failures (meta, hygiene)
	Primary                  // the root cause
	Contributing             // compatible with the ending, but not the root cause
	Consequence              // follows from the root cause or from another finding
	Incidental               // cannot have ended the attempt this way
)

// Inconclusive is a rule that could not be judged.
type Inconclusive struct {
	Rule    *Rule
	Because string // "response head: bytes missing (gap)", ...
}

// Cause is the root cause of a failed handshake.
type Cause struct {
	Rule       *Rule   // nil: undetermined
	Actor      Actor   // resolved; Any only if Rule is nil
	Confidence float64 // 0 to 1
	Summary    string  // one plain sentence; empty until Verdict.Tell
	RunnerUp   *Candidate
	Candidates []Candidate // when undetermined, best first, at most five
}

// Candidate is a cause that was considered.
type Candidate struct {
	Rule       *Rule
	Confidence float64
}

// Verdict is what the rules say of one handshake: whether it is at fault, with
// what and how surely. What it takes words for is left out until Tell.
type Verdict struct {
	Findings []Finding // primary first, then by role and rank
	// Inconclusive lists the rules whose situation is known but whose evidence was
	// lost, in catalogue order. Empty until Tell.
	Inconclusive []Inconclusive
	// Unjudged is all rules that might have found something had the capture shown
	// what it lost: the inconclusive ones and those whose very situation is unknown
	// (a status that was not captured). By index in the engine's list.
	Unjudged RuleSet
	// Fired is the rules that found something, reported or not: a fault that was
	// tolerated counts as fired. By index in the engine's list.
	Fired RuleSet
	Cause *Cause // nil unless the handshake failed
	// AnsweredBy is Answerer.String of who answered; empty = unknown, or until Tell.
	AnsweredBy string
	// Objected is set when the client had something to object to: the outcome is
	// aborted, with the ending Handshake.Objection, whatever Handshake.Outcome says.
	Objected bool
	// Asker is that of the request; nil: not known.
	Asker *Asker
	// RuleErrors names rules that failed to run (a fault in this program).
	RuleErrors []string

	run *runner // nil: there is nothing left to tell
}
