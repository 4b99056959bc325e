package report

import (
	"io"
	"slices"
)

// flexible is a column that may be narrowed, and how far without harm.
type flexible struct{ column, least int }

// flexGrid writes a table. If it is too wide the flexible columns are narrowed,
// then columns of times at the end go, then the flexible ones are narrowed on.
func (t *tableWriter) flexGrid(titles []string, rows [][]string, flex []flexible, tint func(i, col int, s string) string) error {
	all := natural(append([][]string{titles}, rows...))
	widths := narrowed(all, flex, t.o.Width)
	for lineWidth(widths) > t.o.Width && isTime(titles[len(all)-1]) {
		all = all[:len(all)-1]
		widths = narrowed(all, flex, t.o.Width)
	}
	for _, f := range flex {
		widths[f.column] = narrower(widths, f.column, 4, t.o.Width)
	}
	widths = forced(widths, t.o.Width)
	fit := func(cells []string) []string {
		out := make([]string, len(widths))
		for i, w := range widths {
			out[i] = shorten(cells[i], w)
		}
		return out
	}
	return t.grid(fit(titles), widths, len(rows), func(i int) []string { return fit(rows[i]) }, tint)
}

func isTime(title string) bool { return title == "First" || title == "Last" }

// narrowed gives the widths with the flexible columns narrowed as far as it
// takes and does no harm.
func narrowed(all []int, flex []flexible, width int) []int {
	widths := slices.Clone(all)
	for _, f := range flex {
		widths[f.column] = narrower(widths, f.column, f.least, width)
	}
	return widths
}

// narrower gives the width of a column that makes the line fit, at least least.
func narrower(widths []int, column, least, width int) int {
	over := lineWidth(widths) - width
	if over <= 0 {
		return widths[column]
	}
	return max(widths[column]-over, min(least, widths[column]))
}

func lineWidth(widths []int) int {
	sum := gap * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

// forced narrows whatever is widest until the line fits.
func forced(widths []int, width int) []int {
	for lineWidth(widths) > width {
		widest := 0
		for i, w := range widths {
			if w > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= 1 {
			break
		}
		widths[widest]--
	}
	return widths
}

// WriteList writes a table of plain rows, the last column wrapped to fit.
func WriteList(w io.Writer, width int, titles []string, rows [][]string) error {
	t := tableWriter{w: w, o: TableOptions{Width: max(width, minTableWidth)}}
	const gap, least = 2, 20
	last := len(titles) - 1
	taken := 0
	for i := range last {
		widest := textWidth(titles[i])
		for _, row := range rows {
			widest = max(widest, textWidth(Sanitize(row[i])))
		}
		taken += widest + gap
	}
	var clean [][]string
	for _, row := range rows {
		for i, part := range wrap(Sanitize(row[last]), max(t.o.Width-taken, least)) {
			cells := make([]string, len(titles))
			for k := 0; i == 0 && k < last; k++ {
				cells[k] = Sanitize(row[k])
			}
			cells[last] = part
			clean = append(clean, cells)
		}
	}
	return t.flexGrid(titles, clean, []flexible{{last, least}}, plainTint)
}
