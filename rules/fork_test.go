package rules

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestForks judges with an engine and forks of it at the same time: the race
// detector sees what they share.
func TestForks(t *testing.T) {
	e, err := NewEngine([]*Rule{fake("a", Headers, nil), fake("b", Version, nil)}, Options{Skip: []string{"b"}})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		h, f := exchange(t, goodRequest, status("400 Bad Request")), e.Fork()
		all.Go(func() {
			for range 100 {
				if d := cmp.Diff([]string{"a primary"}, roles(f.Judge(h))); d != "" {
					t.Error(d)
					return
				}
			}
		})
	}
	h := exchange(t, goodRequest, "HTTP/1.1 101 Switching Protocols")
	for range 100 {
		if d := cmp.Diff([]string{"a note"}, roles(e.Judge(h))); d != "" {
			t.Fatal(d)
		}
	}
	all.Wait()
}
