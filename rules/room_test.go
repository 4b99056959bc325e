package rules

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
)

// TestRoomIsApart: lists of evidence share no memory until the next handshake, however much
// is appended to them.
func TestRoomIsApart(t *testing.T) {
	var p Pass
	for range 3 {
		p.room.reset()
		var lists [][]Evidence
		for n := range 20 {
			list := p.Room(n % 4)
			for k := range n%4 + n%2 {
				list = append(list, Evidence{Offset: uint64(100*n + k)})
			}
			lists = append(lists, list)
		}
		for n, list := range lists {
			for k, e := range list {
				if e.Offset != uint64(100*n+k) {
					t.Fatalf("list %d, piece %d: %d", n, k, e.Offset)
				}
			}
		}
	}
	if p.Room(roomEvidence + 1); cap(p.room.evidence) <= roomEvidence {
		t.Fatal("that shows nothing")
	}
	if p.room.reset(); p.room.evidence != nil {
		t.Errorf("room for %d pieces is kept", cap(p.room.evidence))
	}
}

// TestRecurringIsCompared: of texts that come to the same place each is its own.
func TestRecurringIsCompared(t *testing.T) {
	var p Pass
	for range 3 {
		for _, want := range []string{"", "abcd", "axcd", "bbcd", strings.Repeat("a", roomText), strings.Repeat("b", roomText), strings.Repeat("a", roomText+1)} {
			if got := p.Recurring([]byte(want)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
}

// TestNextHandshakeTakesTheRoom: what a verdict leads to is made in the memory of the last
// one.
func TestNextHandshakeTakesTheRoom(t *testing.T) {
	var p Pass
	p.run = &runner{}
	h := &analyzer.Handshake{}
	if n := testing.AllocsPerRun(100, func() {
		p.run.h = h
		p.begin(h)
		_ = append(p.Room(2), Evidence{}, Evidence{})
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
