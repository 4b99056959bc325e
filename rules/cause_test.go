package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
)

// status makes a response without a body.
func status(line string, fields ...string) string {
	s := "HTTP/1.1 " + line
	for _, f := range fields {
		s += "\n" + f
	}
	return s + "\nContent-Length: 0"
}

func server(r *Rule) { r.Actor = Server }
func symptom(r *Rule) {
	r.Actor, r.Cause, r.Level, r.Check = Server, IsSymptom, Observation, inResponse
}

func proof(p Proof, side func(*Pass) Evidence) func(*Rule) {
	return func(r *Rule) {
		r.Check = func(x *Pass) { x.Report(Finding{Message: "m", Proof: p, Evidence: []Evidence{side(x)}}) }
	}
}

func requestLine(p *Pass) Evidence { return p.StartLine(p.Request) }
func statusLine(p *Pass) Evidence  { return p.StartLine(p.Response) }

// TestWorkedExamples are findings, an ending and the cause that follows.
func TestWorkedExamples(t *testing.T) {
	stripped := func(r *Rule) {
		r.Actor = Intermediary
		r.Suppresses = []string{"request-upgrade-missing", "request-connection-no-upgrade", "response-426"}
		proof(Mandated, requestLine)(r)
	}
	for _, tt := range []struct {
		name  string
		h     *analyzer.Handshake
		rules []*Rule
		cause string
		label string
		roles []string
	}{
		{
			"fields stripped by a proxy", exchange(t, goodRequest, status("426 Upgrade Required", "Sec-WebSocket-Version: 13")),
			[]*Rule{
				fake("proxy-stripped-upgrade", Proxy, stripped), fake("response-426", Version, symptom),
				fake("request-upgrade-missing", Headers, nil), fake("request-connection-no-upgrade", Headers, nil),
			},
			"proxy-stripped-upgrade", "high",
			[]string{
				"proxy-stripped-upgrade primary", "response-426 consequence",
				"request-connection-no-upgrade consequence", "request-upgrade-missing consequence",
			},
		},
		{
			"draft version that the refusal does not list",
			exchange(t, "GET / HTTP/1.1\nSec-WebSocket-Version: 8", status("400 Bad Request", "Sec-WebSocket-Version: 13")),
			[]*Rule{
				fake("request-version-draft", Version, func(r *Rule) { r.Suppresses = []string{"origin-missing"} }),
				fake("origin-missing", Origin, nil),
			},
			"request-version-draft", "certain",
			[]string{"request-version-draft primary", "origin-missing consequence"},
		},
		{
			"null origin, short key, 403", exchange(t, goodRequest, status("403 Forbidden")),
			[]*Rule{
				fake("request-key-wrong-length", Headers, nil),
				fake("origin-opaque", Origin, func(r *Rule) { r.Level = Diagnosis }),
			},
			"origin-opaque", "medium",
			[]string{"origin-opaque primary", "request-key-wrong-length incidental"},
		},
		{
			"cross-site origin, expired token, 401", exchange(t, goodRequest, status("401 Unauthorized")),
			[]*Rule{fake("auth-token-expired", Auth, nil), fake("origin-rejected", Origin, server)},
			"auth-token-expired", "high",
			[]string{"auth-token-expired primary", "origin-rejected incidental"},
		},
		{
			"origin refused in words",
			exchange(t, goodRequest, "HTTP/1.1 403 Forbidden\nContent-Length: 35\n\n'Origin' header value not allowed..."),
			[]*Rule{fake("origin-rejected", Origin, func(r *Rule) { r.Level = Diagnosis })},
			"origin-rejected", "certain", []string{"origin-rejected primary"},
		},
		{
			"folded cookie, unknown path", exchange(t, goodRequest, status("404 Not Found")),
			[]*Rule{fake("header-obs-fold", Syntax, nil), fake("http-wrong-path", Routing, symptom)},
			"http-wrong-path", "low",
			[]string{"http-wrong-path primary", "header-obs-fold incidental"},
		},
		{
			"wrong accept, no subprotocol", clientLeft(exchange(t, goodRequest, "HTTP/1.1 101 Switching Protocols")),
			[]*Rule{
				fake("response-accept-mismatch", Response, func(r *Rule) { server(r); proof(Proved, statusLine)(r) }),
				fake("subprotocol-not-selected", Negotiation, server),
			},
			"response-accept-mismatch", "certain",
			[]string{"response-accept-mismatch primary", "subprotocol-not-selected contributing"},
		},
		{
			"a fault of the client that the server tolerated", clientLeft(exchange(t, goodRequest, "HTTP/1.1 101 Switching Protocols")),
			[]*Rule{fake("response-odd", Response, nil), fake("request-key-reused", Headers, nil)},
			"undetermined", "undetermined", []string{"request-key-reused incidental", "response-odd incidental"},
		},
		{
			"early data and no Host", exchange(t, goodRequest, status("400 Bad Request")),
			[]*Rule{fake("client-data-before-101", Syntax, nil), fake("request-host-missing", Headers, nil)},
			"request-host-missing", "high",
			[]string{"request-host-missing primary", "client-data-before-101 incidental"},
		},
		{
			"two mandated refusals", exchange(t, goodRequest, status("400 Bad Request")),
			[]*Rule{fake("request-key-missing", Headers, nil), fake("request-host-missing", Headers, nil)},
			"request-host-missing", "medium",
			[]string{"request-host-missing primary", "request-key-missing contributing"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := judge(t, tt.h, tt.rules...)
			if got := causeID(v.Cause); got != tt.cause {
				t.Errorf("cause: got %s, want %s", got, tt.cause)
			}
			if got := Label(v.Cause.Confidence); got != tt.label {
				t.Errorf("label: got %s (%.2f), want %s", got, v.Cause.Confidence, tt.label)
			}
			if d := cmp.Diff(tt.roles, roles(v)); d != "" {
				t.Errorf("roles (-want +got):\n%s", d)
			}
		})
	}
}

func TestEstablishedHasNoCause(t *testing.T) {
	v := judge(t, exchange(t, goodRequest, "HTTP/1.1 101 Switching Protocols"), fake("request-odd", Headers, nil))
	if v.Cause != nil {
		t.Errorf("cause: got %s, want none", causeID(v.Cause))
	}
	if got, want := v.Findings[0].Grade, Warning; got != want {
		t.Errorf("grade: got %v, want %v", got, want)
	}
	if d := cmp.Diff([]string{"request-odd note"}, roles(v)); d != "" {
		t.Error(d)
	}
}

func TestLaterFaultsCannotBeTheCause(t *testing.T) {
	h := exchange(t, goodRequest, status("400 Bad Request"))
	late := func(r *Rule) {
		r.Check = func(p *Pass) { p.Found("late", p.Packet(reassembly.Client, "data", ref(9))) }
	}
	v := judge(t, h, fake("request-late", Syntax, late), fake("response-400", Headers, symptom))
	if got, want := causeID(v.Cause), "response-400"; got != want {
		t.Errorf("cause: got %s, want %s", got, want)
	}
}

func TestEndingsMakeCompatible(t *testing.T) {
	h := exchange(t, goodRequest, status("404 Not Found"))
	hidden := func(r *Rule) { r.Endings = Status(404); server(r) }
	v := judge(t, h, fake("origin-hidden-as-404", Origin, hidden), fake("http-wrong-path", Routing, symptom))
	if got, want := causeID(v.Cause), "origin-hidden-as-404"; got != want {
		t.Errorf("cause: got %s, want %s", got, want)
	}
}

func TestCheckOrderOfTheStack(t *testing.T) {
	body := "HTTP/1.1 400 Bad Request\nConnection: close\nContent-Type: text/html\nContent-Length: 11\n\nBad Request"
	h := exchange(t, goodRequest, body) // npm ws: Upgrade before key
	v := judge(t, h, fake("request-key-missing", Headers, nil), fake("request-upgrade-not-websocket", Headers, nil))
	if got, want := v.AnsweredBy, "ws (npm)"; got != want {
		t.Fatalf("answered by: got %q, want %q", got, want)
	}
	if got, want := causeID(v.Cause), "request-upgrade-not-websocket"; got != want {
		t.Errorf("cause: got %s, want %s", got, want)
	}
	if v.Cause.RunnerUp == nil || v.Cause.RunnerUp.Rule.ID != "request-key-missing" {
		t.Errorf("runner-up: got %+v, want request-key-missing", v.Cause.RunnerUp)
	}
}

func TestVersionRowOf426(t *testing.T) {
	for listed, want := range map[string]string{"13": "request-upgrade-missing", "7, 8": "request-version-malformed"} {
		h := exchange(t, goodRequest, status("426 Upgrade Required", "Sec-WebSocket-Version: "+listed))
		v := judge(t, h, fake("request-version-malformed", Version, nil), fake("request-upgrade-missing", Headers, nil))
		if got := causeID(v.Cause); got != want {
			t.Errorf("listed %s: got %s, want %s", listed, got, want)
		}
	}
}

func TestCloseBlamesTheOtherSide(t *testing.T) {
	frame := func(side reassembly.Side) func(*Rule) {
		return func(r *Rule) {
			r.Check = func(p *Pass) { p.Found("bad frame", p.Packet(side, "frame", ref(7))) }
		}
	}
	h := exchange(t, goodRequest, "HTTP/1.1 101 Switching Protocols")
	h.Outcome = analyzer.ClosedEarly
	h.Ending = analyzer.Ending{Kind: analyzer.EndingClose, Code: 1002, From: analyzer.ByServer, Time: 9 * ms}
	v := judge(t, h, fake("frame-a", PostUpgrade, frame(reassembly.Server)), fake("frame-b", PostUpgrade, frame(reassembly.Client)))
	if d := cmp.Diff([]string{"frame-b primary", "frame-a incidental"}, roles(v)); d != "" {
		t.Error(d)
	}
}

func TestObjection(t *testing.T) {
	mismatch := fake("response-accept-mismatch", Response, func(r *Rule) { server(r); r.Check = inResponse })
	h := clientLeft(exchange(t, goodRequest, "HTTP/1.1 101 Switching Protocols"))
	h.Objection = &analyzer.Ending{Kind: analyzer.EndingClientLeft, Time: 8 * ms}
	h.Outcome, h.Ending = analyzer.Established, analyzer.Ending{}
	if v := judge(t, h, mismatch); !v.Objected || causeID(v.Cause) != "response-accept-mismatch" {
		t.Errorf("got objected %v, cause %s", v.Objected, causeID(v.Cause))
	}
	if v := judge(t, h, fake("request-odd", Headers, nil)); v.Objected || v.Cause != nil {
		t.Errorf("nothing to object to: got objected %v, cause %s", v.Objected, causeID(v.Cause))
	}
}
