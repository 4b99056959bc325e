package diagnosis_test

import (
	"context"
	"strings"
	"testing"

	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// TestChangedBehindProxy: where the rule that blames the proxy for what it changed is not
// asked for, the front leg has the cause that was found behind it.
func TestChangedBehindProxy(t *testing.T) {
	for name, tc := range map[string]struct {
		only []string
		want string
	}{
		"all rules":        {nil, "proxy-upgrade-mangled"},
		"only that behind": {[]string{"request-connection-no-upgrade"}, "request-connection-no-upgrade"},
	} {
		causes := map[string]int{}
		_, err := diagnosis.Analyze(context.Background(), []string{"../testdata/pcaps/real/privoxy-connection-both-legs.pcap"},
			diagnosis.Options{Only: tc.only}, func(r *report.Record) error {
				h, err := r.Load()
				if err == nil && h.RootCause != nil {
					causes[h.RootCause.Rule]++
				}
				return err
			})
		if err != nil {
			t.Fatal(err)
		}
		if causes[tc.want] != 2 || len(causes) != 1 {
			t.Errorf("%s: %v; want twice %s", name, causes, tc.want)
		}
	}
}

// TestTLSBehindForOther: TLS of the proxy's host for another name may only have failed at
// the same time.
func TestTLSBehindForOther(t *testing.T) {
	seen := 0
	each(t, "../testdata/pcaps/tls-unknown-ca.pcap", func(h *report.Handshake) {
		if h.Response == nil || h.Response.Status != 503 {
			return
		}
		seen++
		if h.RootCause.Rule != "tls-unknown-ca" || h.RootCause.Confidence > 0.6 {
			t.Errorf("%s with confidence %v", h.RootCause.Rule, h.RootCause.Confidence)
		}
	})
	if seen != 1 {
		t.Errorf("%d answers with 503", seen)
	}
}

// TestStalledHeadIsJudged: where the server stopped inside of a head, the capture lacks
// nothing of it.
func TestStalledHeadIsJudged(t *testing.T) {
	seen := 0
	each(t, "../testdata/pcaps/response-head-truncated.pcap", func(h *report.Handshake) {
		if h.Outcome != "no-response" {
			return
		}
		seen++
		for _, x := range h.Inconclusive {
			if strings.HasPrefix(x.Because, "response head") {
				t.Errorf("%s is not judged: %s", x.Rule, x.Because)
			}
		}
	})
	if seen != 2 {
		t.Errorf("%d heads that stop", seen)
	}
}

func each(t *testing.T, name string, f func(*report.Handshake)) {
	t.Helper()
	_, err := diagnosis.Analyze(context.Background(), []string{name}, diagnosis.Options{}, func(r *report.Record) error {
		h, err := r.Load()
		if err == nil {
			f(h)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
