package reassembly

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/capture"
)

// TestSurface opens conversations of SYNs that nothing answers, and only those.
func TestSurface(t *testing.T) {
	tests := []struct {
		name, script string
		surface      bool
		want         []string
		pending      int
	}{
		{"one SYN", "c:S:100", true, nil, 0},
		{"two", "c:S:100 @1000 c:S:100", true, []string{"open"}, 1},
		{"two, not asked for", "c:S:100 @1000 c:S:100", false, nil, 0},
		{"three", "c:S:100 @1000 c:S:100 @2000 c:S:100", true, []string{"open"}, 1},
		{"answered late", "c:S:100 @1000 c:S:100 @10 s:SA:500,101 @1 c:A:101,501", true, []string{"open"}, 0},
		{"another epoch", "c:S:100 @1000 c:S:100 @1000 c:S:900", true, []string{"open"}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var r opens
			a := New(&r, Options{Surface: test.surface})
			for _, s := range segments(t, test.script) {
				a.Segment(&s)
			}
			if got := a.Stats().Surfaced; got != test.pending {
				t.Errorf("%d surfaced; want %d", got, test.pending)
			}
			if diff := cmp.Diff(test.want, []string(r)); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			a.Finish()
			if got := a.Stats().Surfaced; got != 0 {
				t.Errorf("after the end %d surfaced; want 0", got)
			}
		})
	}
}

// TestSurfaceByOther opens the conversation of a lone SYN that something else
// tells to be in vain.
func TestSurfaceByOther(t *testing.T) {
	var r opens
	a := New(&r, Options{Surface: true})
	for _, s := range segments(t, "c:S:100") {
		a.Segment(&s)
	}
	client, server := endpoint(9, 50000), endpoint(1, 80)
	a.Surface(client, endpoint(1, 81))
	if len(r) != 0 {
		t.Errorf("another server: %q; want no calls", r)
	}
	a.Surface(client, server)
	a.Surface(client, server)
	if diff := cmp.Diff([]string{"open"}, []string(r)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestSurfaceBound repeats more SYNs than may be open for it.
func TestSurfaceBound(t *testing.T) {
	var r opens
	a := New(&r, Options{Surface: true})
	for round := range 2 {
		for n := range maxSurfaced + 100 {
			ip := binary.BigEndian.AppendUint32(nil, 10<<24|uint32(n))
			a.Segment(&capture.Segment{
				Src: capture.Endpoint{Addr: capture.AddrFrom4(ip), Port: 1024}, Dst: endpoint(1, 80),
				Flags: capture.SYN, Seq: 7, Ref: capture.Ref{Frame: uint64(n + 1), Time: epoch + int64(round)*1e9},
			})
		}
	}
	if got := a.Stats().Surfaced; got != maxSurfaced {
		t.Errorf("%d surfaced; want %d", got, maxSurfaced)
	}
}

// opens records which conversations are opened before the end.
type opens []string

func (o *opens) Opened(*Conversation)          { *o = append(*o, "open") }
func (o *opens) Data(*Conversation, *Chunk)    {}
func (o *opens) Signal(*Conversation, *Signal) {}
func (o *opens) Closed(*Conversation, End)     {}
