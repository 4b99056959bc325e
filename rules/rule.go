package rules

import "github.com/handshark/handshark/analyzer"

// Rule is one thing that can be wrong with, or worth saying about, a handshake.
// It is a value: fields may be added, rules never break.
type Rule struct {
	ID       string   // kebab-case, unique, never reused
	Family   Family   // stage, for precedence
	Title    string   // about 60 letters, starts with a capital unless it is a name, no full stop
	Doc      Doc      // what `explain` prints
	Actor    Actor    // who is to blame unless a finding says otherwise
	Level    Level    // strength of the text that is broken
	Severity Severity // by what became of the handshake
	// Cause says whether the rule can be the root cause of a failure.
	Cause CauseKind
	// Sufficient is set for a rule whose fault explains a failure by itself.
	Sufficient bool
	// Optional is set for a rule that runs only when it is asked for by name.
	Optional bool
	// Endings lists endings that the rule's own condition names: it is compatible
	// with them, and visible to who caused them, whatever its family. Only a rule
	// outside the families of the ending's row in the table of causes needs it; a
	// symptom is compatible with any ending it fires for. See Status, CloseCodes
	// and Ends.
	Endings []Match
	// Reference is the specification or practice, like "RFC 6455 s4.1".
	Reference string
	// Needs is the evidence without which the rule cannot be judged. Check runs
	// only if all of it is there; if part of it was lost the rule is inconclusive;
	// if part of it never existed the rule does not apply. A rule that asserts an
	// absence needs the complete head of that message.
	Needs analyzer.Evidence
	// Over says in which versions of HTTP the rule holds.
	Over Versions
	// When says in which situations the rule is worth running at all.
	When Situation
	// If names marks without which Check finds nothing, so that it need not run:
	// leaving it out changes the time that a run takes and nothing else.
	If Condition
	// Suppresses lists rules whose findings are consequences of this one.
	Suppresses []string
	// Collects is set for a rule that gathers several of those it suppresses: it
	// is checked after all others and sees their findings through Pass.Fired.
	Collects bool
	Fixes    []Fix
	// ClientSees is what common clients print for this failure.
	ClientSees string
	// Check looks at the handshake and reports what it finds. It must not keep p.
	Check func(p *Pass)
}

// Doc is a rule's explanation, in full sentences.
type Doc struct {
	Seen   string // what is seen on the wire
	Why    string // why that fails
	Change string // what to change
	Before string // example of the fault, wire text; may be empty
	After  string // the same, mended; may be empty
}

// Fix is how to mend the fault in one product.
type Fix struct {
	Product string // "nginx", "gorilla/websocket", "any", ...
	Snippet string
	// Client is set where Product makes the request, whoever is at fault: libraries
	// serve as well as they ask.
	Client bool
}

// Family is a group of rules about one stage of a handshake. Its number is the
// rank of the stage in the root-cause procedure, lowest first.
type Family uint8

// Families.
const (
	Meta Family = iota
	Transport
	TLS
	Protocol
	Syntax
	Proxy
	Version
	Headers
	Auth
	Origin
	Routing
	Backend
	Response
	Negotiation
	PostUpgrade
	Timing
	Hygiene
)

// Actor is who is to blame. Any must be resolved by each finding.
type Actor uint8

// Actors.
const (
	Any Actor = iota
	Client
	Server
	Intermediary
	Network
	Capture
)

// Level is the strength of the text that a fault breaks.
type Level uint8

// Levels, strongest first. Mandated refusal needs Must or MustNot.
const (
	Must Level = iota + 1
	MustNot
	Should
	ShouldNot
	May
	ClientPractice // no breach, but named clients refuse
	Observation    // a fact or status
	Derived        // follows from the text, not worded there
	Diagnosis      // spans several facts
)

// Grade is how bad a finding is.
type Grade uint8

// Grades.
const (
	Silent Grade = iota // not reported
	Info
	Warning
	Error
)

// Severity is the grade of a rule's findings by what became of the handshake.
type Severity struct{ Established, Failed Grade }

// CauseKind says whether a rule can be a root cause.
type CauseKind uint8

// Kinds of cause.
const (
	NotCause CauseKind = iota
	IsCause
	// IsSymptom restates how the attempt ended: it is the root cause only when
	// nothing more specific remains.
	IsSymptom
)

// Situation is a set of situations of a handshake.
type Situation uint16

// Situations. A rule runs when the handshake is in one of its situations.
const (
	OnRequest   Situation = 1 << iota // a request head was read, complete or not
	On101                             // final response is a 101
	OnFinal                           // final response is not a 101
	OnNoStatus                        // a request, or first bytes of a client, without a status line; also where its head has no end
	OnNoRequest                       // connection without a readable request head
	OnSession                         // something is known of what followed a 101
	OnAlways    Situation = 0xffff
)

// Versions is a choice of versions of HTTP. An extended CONNECT of HTTP/2 (RFC 8441 section
// 5) lacks much of what an upgrade of HTTP/1.1 needs, and must.
type Versions uint8

// Choices of versions. What failed before it came to HTTP counts as HTTP1.
const (
	HTTP1 Versions = iota
	AnyHTTP
	HTTP2
)

// hold reports whether they are those of a handshake.
func (v Versions) hold(http2 bool) bool { return v == AnyHTTP || http2 == (v == HTTP2) }

// Match names an ending.
type Match struct {
	Kind analyzer.EndingKind
	// From and To bound the status or the close code; 0, 0 = any.
	From, To int
}
