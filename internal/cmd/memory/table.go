package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/handshark/handshark/internal/memload"
)

// table prints rows as they come: a run takes minutes and may be interrupted.
type table struct {
	w      io.Writer
	widths []int
}

// numberWidth is that of 10 GB in bytes.
const numberWidth = len("10000000000")

// newTable prints the head of a table of loads.
func newTable(w io.Writer, list []memload.Load, titles ...string) *table {
	t := &table{w: w}
	for _, title := range titles {
		t.widths = append(t.widths, max(len(title), numberWidth))
	}
	for _, l := range list {
		t.widths[0] = max(t.widths[0], len(l.Name))
	}
	t.line(titles)
	return t
}

// row prints a load and what was measured: formats, each with its value.
func (t *table) row(name string, values ...any) {
	cells := []string{name}
	for i := 0; i < len(values); i += 2 {
		cells = append(cells, fmt.Sprintf(values[i].(string), values[i+1]))
	}
	t.line(cells)
}

func (t *table) line(cells []string) {
	var b strings.Builder
	for i, cell := range cells {
		fmt.Fprintf(&b, "%-*s  ", t.widths[i], cell)
	}
	fmt.Fprintln(t.w, strings.TrimRight(b.String(), " "))
}
