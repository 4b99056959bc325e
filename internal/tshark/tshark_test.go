package tshark

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	out := strings.Join([]string{
		"4\t0\tGET\t/chat\tHost: a\\r\\n\x1fUpgrade: WebSocket\\r\\n\t\t",
		"6\t0\t\t\t\t100\x1f101\t4\x1f4",
		"7\t1\tGET\x1fGET\t/a\x1f/b\tSec-WebSocket-Key: x\\r\\n\t\t",
		"8\t1\t\t\t\t403\x1f404\t7\x1f7",
		"9\t2\tGET\t/plain\tUpgrade: h2c\\r\\n\t\t",
		"10\t2\t\t\t\t200\t",
	}, "\n") + "\n"
	want := []Request{
		{Frame: 4, Stream: 0, Target: "/chat", Status: 101, Marked: true},
		{Frame: 7, Stream: 1, Target: "/a", Status: 403, Marked: true, Shared: true},
		{Frame: 7, Stream: 1, Target: "/b", Status: 404, Marked: true, Shared: true},
		{Frame: 9, Stream: 2, Target: "/plain"},
	}
	got, err := parse(out)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(err, d)
	}
}

func TestParseDamaged(t *testing.T) {
	for _, out := range []string{"4\t0\n", "x\t\t\t\t\t\t\n"} {
		if _, err := parse(out); err == nil {
			t.Errorf("%q: no error", out)
		}
	}
}
