package report

import (
	"strings"

	"github.com/handshark/handshark/rules"
)

// FindingOf makes a finding of a rule that only several handshakes together
// show: its Check saw none of it. Role and Evidence are left to the caller.
func FindingOf(r *rules.Rule, message, severity string) Finding {
	f := Finding{
		Rule: r.ID, Severity: severity, Actor: actorName(r.Actor), Message: Text(message),
		Reference: r.Reference, Evidence: []Evidence{},
	}
	f.Fix, f.FixFor = (&fixPicker{}).fix(r, r.Actor)
	return f
}

// Sentence makes a message the sentence of a cause.
func Sentence(message string) string { return strings.ToUpper(message[:1]) + message[1:] + "." }
