package diagnosis

import (
	"testing"
	"time"

	"github.com/handshark/handshark/report"
)

// TestBehindByTime: how sure a cause behind a proxy can be that only the time joins
// with the answer.
func TestBehindByTime(t *testing.T) {
	at := func(d time.Duration) report.Time { return report.Time{Time: time.Unix(1, 0).Add(d)} }
	front := func(status int, wait time.Duration) *report.Handshake {
		h := &report.Handshake{Response: &report.Response{}}
		h.Response.Status, h.Response.Time = status, at(wait)
		return h
	}
	tests := []struct {
		name    string
		h       *report.Handshake
		outcome string
		want    float64
	}{
		{"refused at once", front(503, time.Millisecond), "connect-failed", practiceProved},
		{"refused far away", front(503, 250*time.Millisecond), "connect-failed", practiceProved},
		{"answered late", front(503, 260*time.Millisecond), "connect-failed", maybeBehind},
		{"refused at once, and the proxy says so", front(502, time.Millisecond), "connect-failed", upstreamProved},
		{"502, answered late", front(502, time.Second), "connect-failed", maybeBehind},
		{"TLS", front(502, 5*time.Second), "tls-failed", upstreamProved},
		{"no answer", &report.Handshake{}, "connect-failed", maybeBehind},
	}
	for _, tt := range tests {
		if got := behindByTime(tt.h, &report.Handshake{Outcome: tt.outcome, Time: at(0)}); got != tt.want {
			t.Errorf("%s: behindByTime = %v; want %v", tt.name, got, tt.want)
		}
	}
}

// TestClearsClient: who is to blame for a request behind a proxy, by what the same rule
// says of the one in front.
func TestClearsClient(t *testing.T) {
	back := func(actor string) *report.Handshake {
		return &report.Handshake{RootCause: &report.RootCause{Rule: "response-417", Actor: actor}}
	}
	front := func(rule, actor string) *report.Handshake {
		return &report.Handshake{Findings: []report.Finding{{Rule: "other", Actor: "server"}, {Rule: rule, Actor: actor}}}
	}
	tests := []struct {
		name    string
		front   *report.Handshake
		back    *report.Handshake
		cleared bool
	}{
		{"not its fault", front("response-417", "server"), back("client"), true},
		{"its fault as well", front("response-417", "client"), back("client"), false},
		{"nothing said", front("third", "server"), back("client"), false},
		{"fault of the server", front("response-417", "server"), back("server"), false},
	}
	for _, tt := range tests {
		if got := clearsClient(tt.front, tt.back); got != tt.cleared {
			t.Errorf("%s: clearsClient = %t; want %t", tt.name, got, tt.cleared)
		}
	}
}
