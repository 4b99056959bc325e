package report

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// lineWriter writes a line per handshake as it comes, and the block of a failure
// behind its line. Each record is one Write.
type lineWriter struct {
	tableWriter
	last time.Time // day that was named
	left row       // of the attempts left out the last one
}

// NewLines gives a Writer for people who watch handshakes as they happen: each is
// written at once, a failed one with its cause. Attempts that may not have been
// WebSocket are written only if o.All is set. Everything from the capture is
// sanitised.
func NewLines(w io.Writer, o TableOptions) Writer {
	l := &lineWriter{}
	if o.Width == 0 {
		o.Width = 80
	}
	o.Width = max(o.Width, minTableWidth)
	l.tableWriter = tableWriter{
		w: w, o: o, style: style{colour: o.Colour}, number: map[string]int{}, unknown: newGroups(), fixes: map[string]bool{},
	}
	return l
}

// Widths of the columns of a line.
const (
	lineTime    = 12
	lineOutcome = 17
)

func (l *lineWriter) Handshake(r Record) error {
	h, err := r.Load()
	if err != nil {
		return err
	}
	h.texts(func(x *Text, _ place) { *x = Text(l.ordinals.Text(string(*x))) })
	row := rowOf(h)
	if row.kind == rowUnknown && !l.o.All {
		l.left = row
		return nil
	}
	if row.id == l.left.id {
		l.left = row // known by now
	}
	if n := len(h.Findings); r.Amends && row.kind == rowEstablished && n > 0 {
		row.cause = Sanitize(h.Findings[n-1].Rule) // what came to light since
	}
	l.day(row.time)
	l.row(&row, r.Amends)
	if row.kind == rowFailed && !r.Amends {
		l.block(&l.out, row.id, h)
		l.line("")
	}
	return l.flush()
}

// day writes the header, and again when another day begins.
func (l *lineWriter) day(t time.Time) {
	if sameDay(t, l.last) {
		return
	}
	l.last = t
	l.line(l.style.dim(t.Format(time.DateOnly) + ", times in UTC"))
	title := pad("Time", lineTime) + "  " + pad("Outcome", lineOutcome) + "  Client → server, target, cause"
	if l.o.Fit {
		title = take(title, l.o.Width)
	}
	l.line(l.style.bold(title))
}

func (l *lineWriter) row(r *row, amends bool) {
	cause, mark := "", ""
	switch {
	case r.supersededBy != "":
		cause = "  got over it: see " + Sanitize(r.supersededBy)
	case r.cause != noCause:
		cause = "  " + r.cause
	}
	if amends {
		mark = "  (amends " + r.id + ")"
	}
	head := pad(r.time.Format("15:04:05.000"), lineTime) + "  "
	l.line(head + l.style.outcome(r.kind, pad(r.outcome, lineOutcome)) + "  " + l.subject(r, cause, mark))
}

// subject gives who asked whom for what, why that failed, and a mark. Where that does
// not fit the client goes first, then the middle of what takes most room.
func (l *lineWriter) subject(r *row, cause, mark string) string {
	target := ""
	if r.target != noCause {
		target = "  " + r.target
	}
	whole, room := r.client+" → "+r.server+target+cause+mark, l.o.Width-lineTime-lineOutcome-4
	if !l.o.Fit || textWidth(whole) <= room {
		return whole
	}
	room -= textWidth(mark)
	server := shorten(r.server, max(room-textWidth(target)-textWidth(cause), room/2))
	target = shorten(target, max(room-textWidth(server)-textWidth(cause), targetLeast))
	cause = shorten(cause, max(room-textWidth(server)-textWidth(target), 0))
	return take(server+target+cause+mark, room+textWidth(mark))
}

// targetLeast is how many columns of a target are left in any case, with the blanks
// before it.
const targetLeast = 8

// pad fills s up with blanks.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-textWidth(s), 0))
}

// Close writes the counts, the inputs and what could not be judged.
func (l *lineWriter) Close(tail *Tail) error {
	if !l.last.IsZero() {
		l.line("")
	}
	l.leftOut(tail.Summary.Unknown)
	if err := l.tail(tail); err != nil {
		return err
	}
	for i := range tail.Captures {
		if n := tail.Captures[i].InterfaceDrops; n > 0 {
			l.line("")
			l.paragraph(0, 0, fmt.Sprintf("%s dropped before they could be read: what rests on their absence is incomplete. A larger --buffer, or a filter (-f), helps.", Counted(n, "packet")))
		}
	}
	return l.flush()
}

// leftOut tells of the attempts that may not have been WebSocket, n of them.
func (l *lineWriter) leftOut(n int) {
	if n == 0 || l.o.All {
		return
	}
	text := "Failed before HTTP, may or may not be WebSocket: " + Counted(n, "connection")
	hint := "--all shows them, --server counts and explains those to a server."
	if last := &l.left; last.kind == rowUnknown && last.server != "" {
		text += ", the last to " + last.server
		if last.cause != noCause {
			text += " (" + last.cause + ")"
		}
		hint = "--all shows them, --server " + last.server + " counts and explains those to it."
	}
	l.paragraph(0, 2, text+". "+hint)
	l.line("")
}
