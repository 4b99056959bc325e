package tshark

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	const none = "\t\t\t\t\t" // nothing in HTTP/2
	out := strings.Join([]string{
		"4\t0\tGET\t/chat\tHost: a\\r\\n\x1fUpgrade: WebSocket\\r\\n\t\t" + none,
		"6\t0\t\t\t\t100\x1f101\t4\x1f4" + none,
		"7\t1\tGET\x1fGET\t/a\x1f/b\tSec-WebSocket-Key: x\\r\\n\t\t" + none,
		"8\t1\t\t\t\t403\x1f404\t7\x1f7" + none,
		"9\t2\tGET\t/plain\tUpgrade: h2c\\r\\n\t\t" + none,
		"10\t2\t\t\t\t200\t" + none,
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
	for _, out := range []string{"4\t0\n", "x" + strings.Repeat("\t", 11) + "\n"} {
		if _, err := parse(out); err == nil {
			t.Errorf("%q: no error", out)
		}
	}
}

// TestParseHTTP2 has the frames of three packets in one list each: a page and two WebSockets,
// of which one is answered at once and the other after an interim answer, a promise, and
// trailers.
func TestParseHTTP2(t *testing.T) {
	line := func(frame string, two ...string) string {
		for i := range two {
			two[i] = strings.ReplaceAll(two[i], " ", separator)
		}
		return frame + "\t3\t\t\t\t\t\t" + strings.Join(two, "\t") + "\n"
	}
	out := line("4", "4 1 8 1 1", "0 1 0 3 5", "3 4 3", // the first one counts a change of the table
		":method :path :method :protocol :path sec-websocket-version :method :path Sec-WebSocket-Key",
		"GET / CONNECT websocket /a 13 GET /b x") +
		line("5", "1 5 1 0", "5 5 3 3", "1 2 1", ":status :method :path :status", "103 GET /pushed 200") +
		line("6", "1 1", "5 3", "1 1", ":status x-sum", "403 1")
	want := []Request{
		{Frame: 4, Stream: 3, Target: "/"},
		{Frame: 4, Stream: 3, Target: "/a", Status: 200, Marked: true},
		{Frame: 4, Stream: 3, Target: "/b", Status: 403, Marked: true},
	}
	got, err := parse(out)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(err, d)
	}
	for name, damaged := range map[string]string{
		"no number":          line("4", "1", "1", "x", ":status", "200"),
		"a stream too few":   line("4", "1 1", "1", "1 1", ":status :status", "200 200"),
		"a value too few":    line("4", "1", "1", "2", ":status server", "200"),
		"fewer than counted": line("4", "1 1", "1 3", "1 4", ":status server", "200 x"),
	} {
		if _, err := parse(damaged); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
