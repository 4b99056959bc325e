package diagnosis

import (
	"context"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/siblings"
)

// yield brings the handshakes into order, amends them by what the others say,
// and emits them.
func (l *ledger) yield(emit func(*report.Record) error) (*summary, error) {
	both := l.o.both()
	l.entries.sort(both)
	relations := l.digests.Relate(&l.entries, l.engine.RequestFaults(), both)
	sum := newSummary()
	take := func(i int, rec *report.Record) error {
		l.count(sum, l.entries.at(i), rec)
		return emit(rec)
	}
	switch {
	case l.o.workers() == 1:
		return sum, l.settle(relations, take)
	case l.o.Keep == KeepAll:
		return sum, l.settleAhead(relations, take)
	}
	return sum, l.settleTold(relations, take)
}

// settle hands the final record of each entry to take.
func (l *ledger) settle(relations *siblings.Relations, take func(int, *report.Record) error) error {
	for i := range l.entries.Len() {
		if l.entries.at(i).form == hidden {
			continue
		}
		if err := l.settleOne(i, relations.Of(i), take); err != nil {
			return err
		}
	}
	return nil
}

func (l *ledger) settleOne(i int, rel *siblings.Relation, take func(int, *report.Record) error) error {
	e := l.entries.at(i)
	if e.form == hidden || noise(e, rel) {
		return nil
	}
	rec, err := l.record(e, rel)
	if err != nil {
		return err
	}
	return take(i, rec)
}

// Bounds of what is settled ahead: records and octets of a sheaf, and sheaves.
const (
	sheafRecords = 128
	sheafOctets  = 128 << 10
	sheaves      = 2
)

// sheaf is a run of final records.
type sheaf struct {
	list   []final
	octets []byte // of the records that are encoded, one behind the other
}

// final is the final record of an entry.
type final struct {
	entry  int
	record report.Record
	kept   int // octets of it in sheaf.octets; 0: it is not encoded
}

// gatherer settles records on a goroutine of its own: to read them back and to amend
// them is as much work as to write them.
type gatherer struct {
	ahead   func(dst []byte, r *report.Record) []byte // see Options
	filling *sheaf
	full    chan *sheaf
	spent   chan *sheaf
	stop    chan struct{} // closed: nobody wants more
	err     error         // why there are no more; valid once full is closed
}

// settleAhead is settle with take and what comes before it on two goroutines.
func (l *ledger) settleAhead(relations *siblings.Relations, take func(int, *report.Record) error) error {
	g := &gatherer{
		ahead: l.o.Ahead, filling: &sheaf{}, full: make(chan *sheaf, sheaves), spent: make(chan *sheaf, sheaves+2), stop: make(chan struct{}),
	}
	if g.ahead == nil {
		g.ahead = asKept
	}
	go func() {
		defer close(g.full)
		g.err = l.settle(relations, g.add)
		_ = g.send() // what came before an error, too
	}()
	defer g.end() // whatever take does
	if err := g.takeAll(take); err != nil {
		return err
	}
	return g.err
}

// asKept keeps a record as it is.
func asKept(dst []byte, r *report.Record) []byte { return append(dst, r.Kept.Octets...) }

// end waits until nothing is settled any more.
func (g *gatherer) end() {
	close(g.stop)
	for range g.full {
	}
}

// add takes the final record of an entry.
func (g *gatherer) add(entry int, rec *report.Record) error {
	s, x := g.filling, final{entry: entry, record: *rec}
	before := len(s.octets)
	s.octets = g.ahead(s.octets, &x.record)
	x.kept = len(s.octets) - before
	if s.list = append(s.list, x); len(s.list) < sheafRecords && len(s.octets) < sheafOctets {
		return nil
	}
	return g.send()
}

// send hands the sheaf on and takes another.
func (g *gatherer) send() error {
	select {
	case g.full <- g.filling:
	case <-g.stop:
		return context.Canceled
	}
	select {
	case g.filling = <-g.spent:
	default:
		g.filling = &sheaf{}
	}
	return nil
}

// empty drops all but the memory, and that, too, where it is large.
func (s *sheaf) empty() *sheaf {
	clear(s.list)
	if s.list, s.octets = s.list[:0], s.octets[:0]; cap(s.octets) > 2*sheafOctets {
		s.octets = nil
	}
	return s
}

// takeAll hands on what was settled, in order.
func (g *gatherer) takeAll(take func(int, *report.Record) error) error {
	for s := range g.full {
		octets := s.octets
		for i := range s.list {
			x := &s.list[i]
			if x.kept > 0 {
				x.record.Kept.Octets, octets = octets[:x.kept], octets[x.kept:]
			}
			if err := take(x.entry, &x.record); err != nil {
				return err
			}
		}
		g.spent <- s.empty()
	}
	return nil
}

// noise reports whether an entry is a name that did not resolve and that nothing
// connects with WebSocket: captures are full of those.
func noise(e *entry, rel *siblings.Relation) bool {
	return e.Lookup && e.Meant == analyzer.Unknown && !rel.Likely
}

// count counts a record; one that was not loaded is as its entry says.
func (l *ledger) count(sum *summary, e *entry, rec *report.Record) {
	h := rec.Handshake
	if h == nil {
		h = l.judged(&l.row, e)
		if by := &rec.Kept.Change.SupersededBy; *by != "" {
			h.SupersededBy = by
		}
	}
	sum.tally(h, 1)
	if len(h.Findings) == 0 {
		sum.errors += int(e.grades.errors)
		sum.warnings += int(e.grades.warnings)
	}
}
