package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// TableOptions say how the terminal report looks.
type TableOptions struct {
	Width  int  // terminal columns, at least 40; 0 = 80
	Colour bool // SGR sequences
	All    bool // every handshake, however many
	// Fit shortens the lines of NewLines to Width; they are whole without, for tools
	// that read lines.
	Fit bool
}

// minTableWidth is the narrowest table, in columns.
const minTableWidth = 40

// Bounds of the folded report.
const (
	foldAbove  = 40   // handshakes; more are folded into groups
	groupsKept = 1000 // different groups; further ones share rows
	rowsShown  = 40   // groups
	unknownRow = 10   // groups of attempts that may not have been WebSocket
)

// tableWriter writes the report for people. Unless All is set it keeps at most
// foldAbove records, or one per group.
type tableWriter struct {
	w        io.Writer
	o        TableOptions
	style    style
	ordinals Ordinals

	rows    []row
	kept    []*Handshake // records of rows while they are not folded
	number  map[string]int
	blocks  spill   // rendered already; All only
	folded  *groups // nil: not folded
	unknown *groups
	alike   alike           // of those two, while the table is folded
	fixes   map[string]bool // written already
	files   []string        // names of the captures, known at the end
	out     bytes.Buffer
}

// NewTable gives a Writer of the report for people. Everything from the capture
// is sanitised; no line is wider than the given width.
func NewTable(w io.Writer, o TableOptions) Writer {
	if o.Width == 0 {
		o.Width = 80
	}
	o.Width = max(o.Width, minTableWidth)
	return &tableWriter{
		w: w, o: o, style: style{colour: o.Colour}, number: map[string]int{}, unknown: newGroups(),
		fixes: map[string]bool{},
	}
}

func (t *tableWriter) Handshake(r Record) error {
	h, err := t.load(&r)
	if err != nil {
		return err
	}
	if r.Brief && t.folded != nil {
		return t.count(h)
	}
	return t.take(h, r.Brief)
}

// count takes a brief record of a folded table, which differs from others in no
// more than its time.
func (t *tableWriter) count(h *Handshake) error {
	k, ok := alikeOf(h)
	if ok {
		if g := t.alike.find(&k); g != nil {
			g.add(h.Time.UTC())
			return nil
		}
	}
	err := t.take(h, true)
	if ok {
		t.alike[k.slot()].key, t.alike[k.slot()].group = k, t.groupOf(rowOf(h))
	}
	return err
}

// groupOf gives the group of a row of a folded table.
func (t *tableWriter) groupOf(r row) *group {
	if r.kind == rowUnknown {
		return t.unknown.find(groupRow(r))
	}
	return t.folded.find(groupRow(r))
}

// take takes a record that does not go the short way.
func (t *tableWriter) take(h *Handshake, brief bool) error {
	h.texts(func(x *Text, _ place) { *x = Text(t.ordinals.Text(string(*x))) })
	row := rowOf(h)
	if row.kind == rowUnknown {
		t.unknown.add(row, h, brief)
		return nil
	}
	if t.folded != nil {
		t.folded.add(row, h, brief)
		return nil
	}
	row.number = len(t.rows) + 1
	t.rows = append(t.rows, row)
	if t.o.All {
		t.number[row.id] = row.number
		return t.spillBlock(row, h)
	}
	t.kept = append(t.kept, h)
	if len(t.rows) > foldAbove {
		t.fold()
	}
	return nil
}

// load gives the handshake of a record, which stays valid if it is to be kept.
func (t *tableWriter) load(r *Record) (*Handshake, error) {
	if r.Brief && t.folded == nil && !t.o.All {
		return r.Copy()
	}
	return r.Load()
}

// fold moves what was kept into groups.
func (t *tableWriter) fold() {
	t.folded = newGroups()
	for i, h := range t.kept {
		t.folded.add(t.rows[i], h, false)
	}
	t.rows, t.kept = nil, nil
}

func (t *tableWriter) spillBlock(r row, h *Handshake) error {
	if r.kind != rowFailed {
		return nil
	}
	var b bytes.Buffer
	t.block(&b, fmt.Sprintf("#%d", r.number), h)
	_, err := t.blocks.Write(b.Bytes())
	return err
}

func (t *tableWriter) Close(tail *Tail) error {
	defer t.blocks.discard()
	for i := range tail.Captures {
		t.files = append(t.files, string(tail.Captures[i].File))
	}
	if err := t.overview(tail); err != nil {
		return err
	}
	if err := t.failures(); err != nil {
		return err
	}
	t.gotOver()
	t.incomplete()
	if err := t.unknowns(); err != nil {
		return err
	}
	if err := t.tail(tail); err != nil {
		return err
	}
	return t.flush()
}

// flush hands on what was rendered.
func (t *tableWriter) flush() error {
	_, err := t.w.Write(t.out.Bytes())
	t.out.Reset()
	return err
}

// line writes one line, blanks at its end taken away.
func (t *tableWriter) line(s string) {
	t.out.WriteString(strings.TrimRight(s, " "))
	t.out.WriteByte('\n')
}

func (t *tableWriter) overview(tail *Tail) error {
	if t.folded != nil {
		return t.groupTable()
	}
	if len(t.rows) == 0 {
		return nil
	}
	l := layoutOf(t.rows, t.o.Width)
	t.line(t.style.dim(dateLine(t.rows)))
	t.line("")
	if err := t.grid(l.titles(), l.widths(), len(t.rows), func(i int) []string { return l.cells(t.rows[i]) }, func(i, col int, cell string) string {
		return t.tint(l, t.rows[i], col, cell)
	}); err != nil {
		return err
	}
	return nil
}

// tint colours a cell of the overview.
func (t *tableWriter) tint(l layout, r row, col int, cell string) string {
	if r.kind == rowSuperseded {
		return t.style.dim(cell)
	}
	if l.columns[col].id == colOutcome {
		return t.style.outcome(r.kind, cell)
	}
	return cell
}

// failures writes a block for each failed handshake or group.
func (t *tableWriter) failures() error {
	if t.o.All {
		if err := t.flush(); err != nil {
			return err
		}
		return t.blocks.copyTo(t.w)
	}
	if t.folded != nil {
		t.groupBlocks()
		return nil
	}
	for i, h := range t.kept {
		t.number[h.ID] = t.rows[i].number
		if t.rows[i].kind == rowFailed {
			t.block(&t.out, fmt.Sprintf("#%d", t.rows[i].number), h)
		}
	}
	return nil
}

// gotOver lists the attempts that failed and were made good.
func (t *tableWriter) gotOver() {
	if t.folded != nil {
		return
	}
	titled := false
	for _, r := range t.rows {
		if r.kind != rowSuperseded {
			continue
		}
		if !titled {
			t.line("")
			t.line(t.style.bold("Got over"))
			titled = true
		}
		later := r.supersededBy
		if n := t.number[later]; n > 0 {
			later = fmt.Sprintf("#%d", n)
		}
		t.paragraph(2, 4, fmt.Sprintf("#%d %s (%s), then got over it: see %s", r.number, r.outcome, r.cause, Sanitize(later)))
	}
}

// paragraph writes wrapped text, the first line indented by first columns and
// the others by rest.
func (t *tableWriter) paragraph(first, rest int, text string) {
	for i, l := range wrap(text, t.o.Width-max(first, rest)) {
		indent := rest
		if i == 0 {
			indent = first
		}
		t.line(strings.Repeat(" ", indent) + l)
	}
}
