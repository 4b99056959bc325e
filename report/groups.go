package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// group is a set of handshakes that went the same way.
type group struct {
	row         row // of the first
	count       int
	first, last time.Time
	sample      *Handshake // the first failed one that is not brief
}

// groups folds handshakes by server, target and what became of them.
type groups struct {
	of    map[groupKey]*group
	order []*group // by first appearance
}

func newGroups() *groups { return &groups{of: map[groupKey]*group{}} }

// others stands for what does not get a row of its own.
const others = "(others)"

// GroupKey names the group of h in the folded report: its server, target without
// query, outcome and cause. Whoever keeps records brief keeps one of each group
// whole.
func GroupKey(h *Handshake) string {
	r := groupRow(rowOf(h))
	k := r.groupKey()
	return strings.Join([]string{k.server, k.target, k.outcome, k.cause, number(int(k.kind))}, "\x00")
}

// groupKey is what the handshakes of a group have in common.
type groupKey struct {
	server, target, outcome, cause string
	kind                           rowKind
}

// groupRow gives r without what tells one handshake of a group from another,
// and without what a brief record does not have.
func groupRow(r row) row {
	r.target = pathOnly(r.target)
	if strings.HasPrefix(r.outcome, "closed-early") {
		r.outcome = "closed-early"
	}
	switch r.kind {
	case rowUnknown:
		r.target = noCause
	case rowSuperseded:
		r.outcome = gotOver(r.outcome)
	}
	return r
}

// gotOver turns an outcome into the one of a group whose failures the clients got
// over, which would look like a group of failures otherwise.
func gotOver(outcome string) string {
	_, status, _ := strings.Cut(outcome, " ")
	return strings.TrimRight("got over "+status, " ")
}

func (r *row) groupKey() groupKey { return groupKey{r.server, r.target, r.outcome, r.cause, r.kind} }

func (g *groups) add(r row, h *Handshake, brief bool) {
	one := g.find(groupRow(r))
	one.add(r.time)
	if one.row.lack.message == "" {
		one.row.lack = r.lack // the first may have been brief
	}
	if one.sample == nil && !brief && r.kind == rowFailed {
		one.sample = h
	}
}

// add counts a handshake.
func (g *group) add(at time.Time) {
	g.count++
	if at.Before(g.first) {
		g.first = at
	}
	if at.After(g.last) {
		g.last = at
	}
}

func (g *groups) find(r row) *group {
	key := r.groupKey()
	one := g.of[key]
	if one == nil && len(g.order) >= groupsKept {
		r.target = others
		key = r.groupKey()
		one = g.of[key]
	}
	if one == nil && len(g.order) >= 2*groupsKept {
		r.server, r.outcome, r.cause = others, others, others
		key = r.groupKey()
		one = g.of[key]
	}
	if one == nil {
		one = &group{row: r, first: r.time, last: r.time}
		g.of[key] = one
		g.order = append(g.order, one)
	}
	return one
}

// sorted gives the groups, failures first, then by count; equal ones keep the
// order of their appearance.
func (g *groups) sorted() []*group {
	list := slices.Clone(g.order)
	slices.SortStableFunc(list, func(a, b *group) int {
		if a.row.kind != b.row.kind {
			return int(a.row.kind) - int(b.row.kind)
		}
		return b.count - a.count
	})
	return list
}

// groupTable writes the folded overview.
func (t *tableWriter) groupTable() error {
	list := t.folded.sorted()
	shown := list[:min(len(list), rowsShown)]
	t.line(t.style.dim(t.dateOf(t.folded.order)))
	t.line("")
	titles := []string{"Count", "Server", "Target", "Outcome", "Cause", "First", "Last"}
	rows := make([][]string, len(shown))
	for i, g := range shown {
		rows[i] = []string{
			number(g.count), g.row.server, g.row.target, g.row.outcome, g.row.cause,
			g.first.Format(time.TimeOnly), g.last.Format(time.TimeOnly),
		}
	}
	if err := t.flexGrid(titles, rows, []flexible{{2, 10}, {4, 20}, {1, 15}}, func(i, col int, s string) string {
		if col == 3 {
			return t.style.outcome(shown[i].row.kind, s)
		}
		return s
	}); err != nil {
		return err
	}
	t.more(len(list) - len(shown))
	return nil
}

func (t *tableWriter) more(n int) {
	if n > 0 {
		for _, l := range wrap(fmt.Sprintf("and %d more groups; --all shows every handshake", n), t.o.Width) {
			t.line(t.style.dim(l))
		}
	}
}

func (t *tableWriter) dateOf(list []*group) string {
	first, last := list[0].first, list[0].last
	for _, g := range list {
		if g.first.Before(first) {
			first = g.first
		}
		if g.last.After(last) {
			last = g.last
		}
	}
	return dateLine([]row{{time: first}, {time: last}})
}

// groupBlocks writes one block for each failed group that has a row.
func (t *tableWriter) groupBlocks() {
	list := t.folded.sorted()
	for _, g := range list[:min(len(list), rowsShown)] {
		if g.sample != nil {
			t.block(&t.out, fmt.Sprintf("%d×", g.count), g.sample)
			if g.count > 1 {
				t.paragraph(blockIndent, blockIndent, g.span())
			}
		}
	}
}

// span says when the handshakes of the group were seen.
func (g *group) span() string {
	return fmt.Sprintf("Shown is the first of %d alike, seen from %s to %s.", g.count, g.first.Format(time.TimeOnly), g.last.Format(time.TimeOnly))
}

// unknowns writes the attempts that failed before HTTP.
func (t *tableWriter) unknowns() error {
	list := t.unknown.sorted()
	if len(list) == 0 {
		return nil
	}
	shown := list
	if !t.o.All {
		shown = list[:min(len(list), unknownRow)]
	}
	t.line("")
	for _, l := range wrap("Failed before HTTP; may or may not be WebSocket", t.o.Width) {
		t.line(t.style.bold(l))
	}
	t.line("")
	rows := make([][]string, len(shown))
	for i, g := range shown {
		rows[i] = []string{number(g.count), g.row.server, g.row.outcome, g.row.cause, g.first.Format(time.TimeOnly)}
	}
	err := t.flexGrid([]string{"Count", "Server", "Outcome", "Cause", "First"}, rows, []flexible{{3, 20}, {1, 15}}, plainTint)
	t.more(len(list) - len(shown))
	t.line("")
	for _, l := range wrap("If it was meant for WebSocket: --server "+shown[0].row.server+" counts and explains it.", t.o.Width) {
		t.line(t.style.dim(l))
	}
	return err
}

func plainTint(_, _ int, s string) string { return s }
