package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
)

// TestPrecedence has two rules each, named so that the id alone would choose
// the loser.
func TestPrecedence(t *testing.T) {
	sufficient := func(r *Rule) { r.Sufficient = true }
	for _, tt := range []struct {
		name        string
		status      string
		loser, want *Rule
	}{
		{"stage", "400 x", fake("a", Headers, nil), fake("b", Proxy, nil)},
		{"stage before proof", "400 x", fake("a", Headers, proof(Proved, requestLine)), fake("b", Proxy, nil)},
		{"sufficient", "400 x", fake("a", Headers, nil), fake("b", Headers, sufficient)},
		{"sufficient before proof", "400 x", fake("a", Headers, proof(Proved, requestLine)), fake("b", Headers, sufficient)},
		{"proof", "400 x", fake("a", Headers, nil), fake("b", Headers, proof(Proved, requestLine))},
		{"proved before stated", "400 x", fake("a", Headers, proof(Stated, requestLine)), fake("b", Headers, proof(Proved, requestLine))},
		{"level", "400 x", fake("a", Headers, func(r *Rule) { r.Level = Should }), fake("b", Headers, nil)},
		{"row of the ending: 403 is origin's first", "403 x", fake("a", Auth, nil), fake("b", Origin, nil)},
		{"what the row does not list comes later", "404 x",
			fake("a", Auth, func(r *Rule) { r.Endings = Status(404) }), fake("b", Routing, nil)},
		{"symptoms lose whatever their stage", "426 x", fake("a", Version, symptom), fake("b", Headers, nil)},
		{"offset", "400 x", fake("a", Headers, func(r *Rule) {
			r.Check = func(p *Pass) { p.Found("m", p.FieldOrAbsent(p.Request, "Host")) }
		}), fake("b", Headers, nil)},
	} {
		v := judge(t, exchange(t, goodRequest, status(tt.status)), tt.loser, tt.want)
		if got := causeID(v.Cause); got != tt.want.ID {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want.ID)
		}
	}
}

func TestAServerHasNotSeenItsOwnFaults(t *testing.T) {
	own := fake("header-bare-lf", Syntax, func(r *Rule) { r.Actor, r.Check = Server, inResponse })
	v := judge(t, exchange(t, goodRequest, status("400 x")), own, fake("request-host-missing", Headers, nil))
	if d := cmp.Diff([]string{"request-host-missing primary", "header-bare-lf incidental"}, roles(v)); d != "" {
		t.Error(d)
	}
}

func TestNotesOfAFailure(t *testing.T) {
	note := func(r *Rule) { r.Cause = NotCause }
	v := judge(t, exchange(t, goodRequest, status("400 x")),
		fake("capture-note", Meta, note), fake("manners", Hygiene, note), fake("request-cause", Headers, nil),
		fake("request-note", Headers, note), fake("origin-note", Origin, note))
	want := []string{
		"request-cause primary", "request-note contributing", "origin-note incidental",
		"capture-note note", "manners note",
	}
	if d := cmp.Diff(want, roles(v)); d != "" {
		t.Error(d)
	}
}

func TestProofs(t *testing.T) {
	const refusal = "HTTP/1.1 400 Bad Request\nContent-Length: 22\n\nInvalid Upgrade header"
	for _, tt := range []struct {
		name string
		p    Proof
		want float64
	}{
		{"by level", ByLevel, 0.95}, {"mandated", Mandated, 0.95}, {"practice", Practice, 0.95},
		{"the rule says that it guesses", Heuristic, 0.50}, {"status only", StatusOnly, 0.40},
	} {
		v := judge(t, exchange(t, goodRequest, refusal), fake("request-upgrade-x", Headers, proof(tt.p, requestLine)))
		if got := v.Cause.Confidence; got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestGapInTheMessage(t *testing.T) {
	h := exchange(t, goodRequest, status("400 x"))
	h.Request.Complete, h.Request.Why = false, http1.StopGap
	if got, want := judge(t, h, fake("request-a", Headers, nil)).Cause.Confidence, 0.55; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	server := func(r *Rule) { r.Cause, r.Check = IsSymptom, inResponse }
	if got, want := judge(t, h, fake("response-a", Headers, server)).Cause.Confidence, 0.40; got != want {
		t.Errorf("gap in the other message: got %v, want %v", got, want)
	}
}

func TestSummaries(t *testing.T) {
	says := func(message string) func(*Rule) {
		return func(r *Rule) {
			r.Check = func(p *Pass) { p.Found(message, p.StartLine(p.Request)) }
		}
	}
	ws := "HTTP/1.1 400 Bad Request\nConnection: close\nContent-Type: text/html\nContent-Length: 11\n\nBad Request"
	for _, tt := range []struct{ message, response, want string }{
		{"the key has 15 octets", ws, "The key has 15 octets; ws (npm) answered 400."},
		{"the key has 15 octets, so 400", ws, "The key has 15 octets, so 400."},
		{"nginx/1.22.1 closed", status("400 x"), "nginx/1.22.1 closed; the server answered 400."},
		{"", status("400 x"), "Title of request-a; the server answered 400."},
	} {
		v := judge(t, exchange(t, goodRequest, tt.response), fake("request-a", Headers, says(tt.message)))
		if got := v.Cause.Summary; got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestSummaryWithoutStatus(t *testing.T) {
	h := exchange(t, goodRequest, status("400 x"))
	h.Response, h.Outcome = nil, analyzer.Reset
	h.Ending = analyzer.Ending{Kind: analyzer.EndingNoStatus, Time: 6 * ms}
	v := judge(t, h, fake("request-a", Headers, nil))
	if got, want := v.Cause.Summary, "Seen in the request; the connection was reset before a status."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTwoVersionLinesAreOneList: 426 that lists 13 is no answer to "13, 13".
func TestTwoVersionLinesAreOneList(t *testing.T) {
	const refusal = "HTTP/1.1 426 Upgrade Required\nSec-WebSocket-Version: 13"
	for extra, want := range map[string]string{"": "undetermined", "\nSec-WebSocket-Version: 13": "request-version-duplicate"} {
		v := judge(t, exchange(t, goodRequest+extra, refusal), fake("request-version-duplicate", Version, nil))
		if got := causeID(v.Cause); got != want {
			t.Errorf("asked for 13%s: got %s, want %s", extra, got, want)
		}
	}
}

// TestClientsLeaveOverWhatTheyCannotRead: a field line that their parsers refuse
// in the 101 is reason enough; the same fault in the request is none.
func TestClientsLeaveOverWhatTheyCannotRead(t *testing.T) {
	broken := func(actor Actor, check func(*Pass)) *Rule {
		return fake("header-name-invalid", Syntax, func(r *Rule) { r.Actor, r.Check = actor, check })
	}
	for want, rule := range map[string]*Rule{
		"header-name-invalid": broken(Server, inResponse),
		"undetermined":        broken(Client, inRequest),
	} {
		v := judge(t, clientLeft(exchange(t, goodRequest, "HTTP/1.1 101 x")), rule)
		if got := causeID(v.Cause); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
