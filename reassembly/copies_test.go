package reassembly

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCopiesElsewhere: what comes in on another interface is a second copy only
// if its bytes are there already; a packet that was overtaken is none.
func TestCopiesElsewhere(t *testing.T) {
	tests := []struct {
		name, script string
		copies       uint32
		facts        string
	}{
		{
			"overtaken on another interface", hello + `c:A:101,501="aa" c:A:105,501="cc" c:A:103,501="bb"|i2`, 0,
			"packets 5 data 3 bytes 6 outoforder 1",
		},
		{
			"copy of waiting bytes", hello + `c:A:101,501="aa" c:A:105,501="cc" c:A:105,501="cc"|i2 c:A:103,501="bb"`, 1,
			"packets 5 data 3 bytes 6 outoforder 1",
		},
		{
			"covers a hole", hello + `c:A:101,501="aa" c:A:105,501="cc" c:A:103,501="bbcc"|i2`, 0,
			"packets 5 data 3 bytes 6 outoforder 1",
		},
		{
			"whole where the first was cut", hello + `c:A:101,501="aa" c:A:105,501="c"+1 c:A:105,501="cc"|i2 c:A:103,501="bb"`, 0,
			"packets 6 data 4 bytes 6 outoforder 2",
		},
		{
			"cut alike", hello + `c:A:101,501="aa" c:A:105,501="c"+1 c:A:105,501="c"+1|i2 c:A:103,501="bb"`, 1,
			"packets 5 data 3 bytes 6 cut 1 outoforder 1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := play(t, Options{}, tt.script)
			c := &r.convs[0]
			if c.Copies != tt.copies {
				t.Errorf("Copies = %d, want %d", c.Copies, tt.copies)
			}
			if got := facts(&c.Halves[Client]); got != tt.facts {
				t.Errorf("got %q\nwant %q", got, tt.facts)
			}
		})
	}
}

// TestFINsSwapped: of two FINs, the one that the other acknowledges was first.
func TestFINsSwapped(t *testing.T) {
	for name, script := range map[string]string{
		"FINs swapped":                hello + `c:A:101,501="GET" s:FA:501,105 c:FA:104,501 s:A:502,105 c:A:105,502`,
		"FINs in order":               hello + `c:A:101,501="GET" c:FA:104,501 s:FA:501,105 c:A:105,502`,
		"FINs acknowledge each other": hello + `c:A:101,501="GET" c:FA:104,502 s:FA:501,105 c:A:105,502`,
	} {
		want := []string{`0 c "GET" 4`, "0 c FIN 3", "0 s FIN 0", "0 finished"}
		if d := cmp.Diff(want, play(t, Options{}, script).calls()); d != "" {
			t.Errorf("%s: calls differ (-want +got):\n%s", name, d)
		}
	}
}

// TestFINBeforeItsAnswer: what acknowledges a FIN comes behind it.
func TestFINBeforeItsAnswer(t *testing.T) {
	want := []string{`0 c "GET" 6`, "0 c FIN 3", `0 s "OK" 4`, "0 s FIN 2", "0 finished"}
	script := hello + `s:A:501,105="OK" s:FA:503,105 c:FA:101,501="GET" c:A:105,504`
	if d := cmp.Diff(want, play(t, Options{}, script).calls()); d != "" {
		t.Errorf("calls differ (-want +got):\n%s", d)
	}
}

// TestStopComparing: bytes that come again with others in their place are a
// conflict only as long as they are compared.
func TestStopComparing(t *testing.T) {
	const script = hello + `c:A:101,501="aa" c:A:103,501="bb" c:A:101,501="xx"`
	const same = "packets 4 data 2 bytes 4" // taken for a second copy
	for _, tt := range []struct {
		stop, unkept bool
		want         string
	}{
		{false, false, "packets 5 data 3 bytes 4 retransmissions 1 conflicts 1 conflict@ 6"},
		{true, false, same},
		{false, true, same},
	} {
		r := playWith(t, &recorder{t: t, unkept: tt.unkept, ignore: func(c *Conversation) bool {
			if tt.stop {
				c.StopComparing()
			}
			return false
		}}, Options{}, script)
		if got := facts(&r.convs[0].Halves[Client]); got != tt.want {
			t.Errorf("%+v: got %q", tt, got)
		}
	}
}
