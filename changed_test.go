package handshark_test

import (
	"context"
	"testing"

	"github.com/handshark/handshark"
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
		_, err := handshark.Analyze(context.Background(), []string{"testdata/pcaps/real/privoxy-connection-both-legs.pcap"},
			handshark.Options{Only: tc.only}, func(r *report.Record) error {
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
