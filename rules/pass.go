package rules

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/analyzer/http1"
)

// Pass is one handshake before one rule. It lives for the duration of
// Rule.Check; further fields and methods may be added.
//
// What Rule.Needs and Rule.When promise may be used without asking: with
// RequestHead p.Request is a complete head, with ResponseHead p.Response is,
// with On101 or OnFinal p.Response is not nil, with Frames and OnSession
// p.Upgraded is not nil. Everything else may be nil or zero.
type Pass struct {
	*analyzer.Handshake
	// Answerer is who sent the final response or the 101, as far as its
	// fingerprint tells.
	Answerer Answerer

	rule            *Rule
	run             *runner
	values          []string // room for the lines of a list field
	lowered         []byte   // the body with its ASCII letters in lower case
	marks           Marks
	asked, answered *lines // of Request and Response; empty where there is none
	done            once
	seen            values
	room            room
}

// once says which values were worked out for this handshake.
type once uint16

const (
	knowTarget once = 1 << iota
	knowParams
	knowCredentials
	knowMarked
	knowSecWebSocket
	knowDate
	knowOrigin
	knowHost
	knowLowerBody
)

// values are worked out at most once for a handshake, when a rule asks.
type values struct {
	target       Target
	params       []Param
	texts        []string // for whoever needs some for a moment
	credentials  Credentials
	marked       bool
	secWebSocket bool
	dated        bool
	date         time.Time
	origin       field.Origin
	host         field.Host
}

// begin turns to the next handshake.
func (p *Pass) begin(h *analyzer.Handshake) {
	p.Handshake, p.done = h, 0
	p.room.reset()
	var s *steady
	p.asked, s = p.run.ask()
	p.Answerer, p.answered = p.run.identify()
	p.note(s)
}

// first reports whether a value is to be worked out now.
func (p *Pass) first(k once) bool {
	if p.done&k != 0 {
		return false
	}
	p.done |= k
	return true
}

// QuoteLimit bounds the octets of a seen value inside a message.
const QuoteLimit = 64

// ValueLimit bounds the octets of Evidence.Value.
const ValueLimit = 256

// Report records a finding of the rule that is being checked. Rule, Grade and
// Role are filled in; Actor too where the finding leaves it Any and the rule
// names one. A finding without evidence is a fault of the rule: it is dropped
// and named in Verdict.RuleErrors.
func (p *Pass) Report(f Finding) { p.run.report(p.rule, &f) }

// Found reports a finding with that message and evidence: the short form of
// Report for rules whose findings need nothing else.
func (p *Pass) Found(message string, evidence ...Evidence) {
	p.Report(Finding{Message: message, Evidence: evidence})
}

// Fired reports whether the rule id found something in this handshake, its
// finding being reported or not. It is complete only for rules with Collects;
// an unknown id has never fired.
func (p *Pass) Fired(id string) bool { return p.run.hasFired(id) }

// Status is the status of the final response or the 101; 0 if there is none
// that could be read.
func (p *Pass) Status() int {
	if p.Response == nil {
		return 0
	}
	return p.Response.Status
}

// Quote gives s in double quotes, control octets and invalid UTF-8 escaped, at
// most QuoteLimit octets of it. It never quotes a credential only if the caller
// never hands it one.
func Quote(s string) string {
	if len(s) <= QuoteLimit {
		return strconv.Quote(s)
	}
	return strconv.Quote(clip(s, QuoteLimit)) + "…"
}

func startLineName(m *analyzer.Message) string {
	if m.Kind == http1.Request {
		return "request line"
	}
	return "status line"
}

// clip cuts s to n octets, not inside a UTF-8 sequence.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
