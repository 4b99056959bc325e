package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// gridRows bounds how many rows one table of the library holds: it keeps them
// all before it draws.
const gridRows = 500

// grid writes a table of n rows. Cells are shortened to the widths, which the
// caller has fitted into the line; colour is added around what is visible.
func (t *tableWriter) grid(titles []string, widths []int, n int, cells func(i int) []string, tint func(i, col int, cell string) string) error {
	for from := 0; from < max(n, 1); from += gridRows {
		var out bytes.Buffer
		table := newGrid(&out)
		if from == 0 {
			table.Header(padded(titles, widths, func(_ int, s string) string { return t.style.bold(s) }))
		}
		for i := from; i < min(from+gridRows, n); i++ {
			row := padded(cells(i), widths, func(col int, s string) string { return tint(i, col, s) })
			if err := table.Append(row); err != nil {
				return fmt.Errorf("report: table row: %w", err)
			}
		}
		if err := table.Render(); err != nil {
			return fmt.Errorf("report: table: %w", err)
		}
		for line := range strings.Lines(out.String()) {
			t.line(strings.TrimRight(line, " \n"))
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	return nil
}

// newGrid gives a table without borders: cells come padded, so that nothing of
// the library's own measuring, wrapping and formatting applies.
func newGrid(out *bytes.Buffer) *tablewriter.Table {
	rule := tw.NewSymbolCustom("rule").WithRow("─").WithColumn("").WithCenter("─")
	look := tw.Rendition{
		Borders: tw.BorderNone, Symbols: rule,
		Settings: tw.Settings{
			Separators: tw.Separators{ShowHeader: tw.On, BetweenColumns: tw.Off, BetweenRows: tw.Off},
			Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.On},
		},
	}
	return tablewriter.NewTable(
		out, tablewriter.WithRenderer(renderer.NewBlueprint(look)),
		tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithRowAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone), tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignment(tw.AlignLeft), tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithTrimSpace(tw.Off), tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithPadding(tw.Padding{Overwrite: true}),
	)
}

// padded pads cells to their widths and the gap, colour inside the padding.
func padded(cells []string, widths []int, tint func(col int, s string) string) []string {
	out := make([]string, len(cells))
	for i, cell := range cells {
		blanks := widths[i] - textWidth(cell)
		if i < len(cells)-1 {
			blanks += gap
		}
		out[i] = tint(i, cell) + strings.Repeat(" ", max(blanks, 0))
	}
	return out
}

func number(n int) string { return strconv.Itoa(n) }

// natural gives the width of each column of a small table.
func natural(rows [][]string) []int {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], textWidth(cell))
		}
	}
	return widths
}
