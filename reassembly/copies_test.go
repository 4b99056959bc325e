package reassembly

import "testing"

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
