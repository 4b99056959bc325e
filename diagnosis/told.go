package diagnosis

import (
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/siblings"
)

// Bounds of what is told ahead: relations of a list, and lists.
const (
	listTold  = 512
	listsTold = 3
)

// teller works out on a goroutine of its own what the attempts say of one another:
// where a table is made, that is almost as much work as all that follows.
type teller struct {
	full  chan []siblings.Relation // in order
	spent chan []siblings.Relation
	stop  chan struct{} // closed: nobody wants more
}

// settleTold is settle with what the relations are on a goroutine of its own.
func (l *ledger) settleTold(relations *siblings.Relations, take func(int, *report.Record) error) error {
	t := &teller{
		full: make(chan []siblings.Relation, listsTold), spent: make(chan []siblings.Relation, listsTold), stop: make(chan struct{}),
	}
	for range listsTold {
		t.spent <- make([]siblings.Relation, listTold)
	}
	go t.tell(relations, l.entries.Len())
	defer t.end() // whatever take does
	i := 0
	for list := range t.full {
		for k := range list {
			if err := l.settleOne(i, &list[k], take); err != nil {
				return err
			}
			i++
		}
		t.spent <- list[:listTold]
	}
	return nil
}

// tell fills lists with the relations of so many attempts.
func (t *teller) tell(relations *siblings.Relations, n int) {
	defer close(t.full)
	for from := 0; from < n; from += listTold {
		select {
		case list := <-t.spent:
			list = list[:min(listTold, n-from)]
			for k := range list {
				relations.Tell(from+k, &list[k])
			}
			t.full <- list
		case <-t.stop:
			return
		}
	}
}

// end waits until nothing is told any more.
func (t *teller) end() {
	close(t.stop)
	for range t.full {
	}
}
