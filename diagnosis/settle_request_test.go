package diagnosis

import (
	"testing"

	"github.com/handshark/handshark/report"
)

func TestSentWithout(t *testing.T) {
	by := func(actor string, ids ...string) *report.Handshake {
		h := &report.Handshake{Request: &report.Request{}}
		for _, id := range ids {
			h.Findings = append(h.Findings, report.Finding{Rule: id, Actor: actor})
		}
		return h
	}
	for _, tt := range []struct {
		name  string
		front *report.Handshake
		cause string
		want  bool
	}{
		{"no Upgrade", by("client", "http-wrong-path", "request-upgrade-missing"), "proxy-stripped-upgrade", true},
		{"no Connection", by("client", "request-connection-missing"), "proxy-upgrade-mangled", true},
		{"HTTP/1.0", by("client", "request-http-version-too-low"), "proxy-http10-upstream", true},
		{"complete", by("client"), "proxy-stripped-upgrade", false},
		{"a fault of another kind", by("client", "request-http-version-too-low"), "proxy-stripped-upgrade", false},
		{"another cause behind", by("client", "request-upgrade-missing"), "auth-forbidden", false},
		{"taken out before", by("client", "proxy-stripped-upgrade", "request-upgrade-missing"), "proxy-stripped-upgrade", false},
		{"a proxy's doing", by("intermediary", "request-upgrade-missing"), "proxy-stripped-upgrade", false},
		{"no request", &report.Handshake{}, "proxy-stripped-upgrade", false},
	} {
		if got := sentWithout(tt.front, tt.cause) != nil; got != tt.want {
			t.Errorf("%s: got %t, want %t", tt.name, got, tt.want)
		}
	}
}

// What the capture lost of the request in front, the proxy may not have taken out.
func TestUndecided(t *testing.T) {
	front := &report.Handshake{Inconclusive: []report.Inconclusive{{Rule: "request-upgrade-missing"}}}
	h := &report.Handshake{
		RootCause: &report.RootCause{Rule: "proxy-stripped-upgrade", Actor: "intermediary", Confidence: 0.85, Fix: "x"},
		Findings:  []report.Finding{{Rule: "proxy-stripped-upgrade"}, {Rule: "request-upgrade-missing"}},
	}
	if !headLost(front) || headLost(h) {
		t.Error("headLost is wrong")
	}
	if !unchanged(front, "proxy-stripped-upgrade") || unchanged(h, "proxy-stripped-upgrade") || unchanged(front, "auth-forbidden") {
		t.Error("unchanged is wrong")
	}
	undecided(h)
	if c := h.RootCause; c.Rule != report.Undetermined || c.Fix != "" || len(c.Candidates) != 1 {
		t.Errorf("got %+v", c)
	}
	if len(h.Findings) != 1 || len(h.Inconclusive) != 1 {
		t.Errorf("got %v, inconclusive %v", h.Findings, h.Inconclusive)
	}
}
