package report

import (
	"fmt"
	"strings"
)

// tail writes what stands behind the handshakes: counts, captures, what could
// not be judged.
func (t *tableWriter) tail(tail *Tail) error {
	if len(t.rows) > 0 || t.folded != nil || len(t.unknown.order) > 0 {
		t.line("")
	}
	if tail.Summary.Handshakes == 0 {
		t.nothing(tail)
	} else {
		t.counts(&tail.Summary)
	}
	if err := t.captures(tail.Captures); err != nil {
		return err
	}
	t.problems(tail.Captures)
	if tail.Summary.Handshakes > 0 { // else it is among the reasons
		t.notJudged(tail.Summary.NotJudged)
	}
	return nil
}

// Counted gives "1 handshake", "2 handshakes".
func Counted[N int | uint64](n N, one string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %ss", n, one)
}

func (t *tableWriter) counts(s *Summary) {
	parts := []string{fmt.Sprintf("%d established", s.Established), fmt.Sprintf("%d failed", s.Failed)}
	if s.Superseded > 0 {
		parts = append(parts, fmt.Sprintf("%d got over", s.Superseded))
	}
	if s.Incomplete > 0 {
		parts = append(parts, fmt.Sprintf("%d incomplete", s.Incomplete))
	}
	if s.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d more that may not be WebSocket", s.Unknown))
	}
	for i, l := range wrap(Counted(s.Handshakes, "handshake")+": "+strings.Join(parts, ", "), t.o.Width) {
		if i == 0 {
			l = t.style.bold(l)
		}
		t.line(l)
	}
}

// nothing says why there is nothing to report.
func (t *tableWriter) nothing(tail *Tail) {
	t.line(t.style.bold("No WebSocket handshake found."))
	t.line("")
	for _, reason := range reasons(tail) {
		for i, l := range wrap(reason, t.o.Width-4) {
			t.line(map[bool]string{true: "  - ", false: "    "}[i == 0] + l)
		}
	}
}

// total adds up what all captures say.
func total(captures []Capture) Capture {
	var sum Capture
	seen := map[string]bool{}
	for i := range captures {
		c := &captures[i]
		sum.Packets += c.Packets
		sum.Conversations += c.Conversations
		sum.UndecodedPackets += c.UndecodedPackets
		sum.TruncatedPackets += c.TruncatedPackets
		for _, l := range c.LinkTypes {
			if !seen[l] {
				seen[l] = true
				sum.LinkTypes = append(sum.LinkTypes, l)
			}
		}
	}
	return sum
}

func reasons(tail *Tail) []string {
	sum := total(tail.Captures)
	if sum.Packets == 0 {
		return []string{"no packets were read"}
	}
	packets := Counted(sum.Packets, "packet") + " read"
	if len(sum.LinkTypes) > 0 {
		packets += ", link type " + Sanitize(strings.Join(sum.LinkTypes, ", "))
	}
	list := []string{packets}
	if tail.FilteredOut > 0 {
		list = append(list, Counted(tail.FilteredOut, "packet")+" left out by the filter, which sees the outermost headers only")
	}
	if tail.NotSelected > 0 {
		list = append(list, Counted(tail.NotSelected, "handshake")+" left out by the selection (server, client, time)")
	}
	if sum.Conversations == 0 {
		list = append(list, "no TCP connection among them: was the capture filter or the interface the right one?")
	} else {
		list = append(list, Counted(sum.Conversations, "TCP connection")+" followed"+withHTTP(tail))
	}
	for _, n := range tail.Summary.NotJudged {
		list = append(list, unreadable(n))
	}
	if len(tail.Other) > 0 {
		list = append(list, "packets that are not TCP: "+named(tail.Other))
	}
	if sum.UndecodedPackets > 0 {
		why := ""
		if len(tail.Undecoded) > 0 {
			why = ": " + named(tail.Undecoded)
		}
		list = append(list, Counted(sum.UndecodedPackets, "packet")+" could not be decoded"+why)
	}
	if sum.TruncatedPackets > 0 {
		list = append(list, Counted(sum.TruncatedPackets, "packet")+" cut short by the snap length: capture with -s 0")
	}
	return list
}

// withHTTP says that what was looked for was not asked for.
func withHTTP(tail *Tail) string {
	switch {
	case tail.HTTP == 0:
		return ", HTTP in none of them"
	case tail.NotSelected > 0:
		return fmt.Sprintf(", HTTP in %d of them", tail.HTTP)
	}
	return fmt.Sprintf(", HTTP in %d of them but no request for WebSocket", tail.HTTP)
}

// named lists counts: "ARP (3), UDP (12)".
func named(counts []Count) string {
	const most = 6
	var parts []string
	for i, c := range counts {
		if i == most {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%d)", Sanitize(c.Name), c.Count))
	}
	return strings.Join(parts, ", ")
}

// captures writes one line per capture; columns that are zero everywhere stay out.
func (t *tableWriter) captures(captures []Capture) error {
	if len(captures) == 0 {
		return nil
	}
	t.line("")
	var flex int
	titles, rows := captureColumns(captures, &flex)
	shown := rows
	if !t.o.All {
		shown = rows[:min(len(rows), capturesShown)]
	}
	if err := t.flexGrid(titles, shown, []flexible{{flex, 12}}, plainTint); err != nil {
		return err
	}
	if n := len(rows) - len(shown); n > 0 {
		t.line(t.style.dim(fmt.Sprintf("and %d more captures", n)))
	}
	return nil
}

// capturesShown bounds the rows about captures.
const capturesShown = 20

func captureColumns(captures []Capture, file *int) ([]string, [][]string) {
	columns := []struct {
		title  string
		value  func(*Capture) string
		always bool
	}{
		{"#", func(c *Capture) string { return number(c.Index) }, len(captures) > 1},
		{"Capture", func(c *Capture) string { return Sanitize(string(c.File)) }, true},
		{"Packets", func(c *Capture) string { return fmt.Sprint(c.Packets) }, true},
		{"Conversations", func(c *Capture) string { return fmt.Sprint(c.Conversations) }, true},
		{"Problems", func(c *Capture) string { return number(len(c.Problems)) }, false},
		{"Undecoded", func(c *Capture) string { return fmt.Sprint(c.UndecodedPackets) }, false},
		{"Cut", func(c *Capture) string { return fmt.Sprint(c.TruncatedPackets) }, false},
		{"Dropped", func(c *Capture) string { return fmt.Sprint(c.InterfaceDrops) }, false},
		{"Evicted", func(c *Capture) string { return fmt.Sprint(c.Evicted) }, false},
	}
	var titles []string
	rows := make([][]string, len(captures))
	for _, col := range columns {
		cells, zero := make([]string, len(captures)), true
		for i := range captures {
			cells[i] = col.value(&captures[i])
			zero = zero && cells[i] == "0"
		}
		if zero && !col.always || col.title == "#" && !col.always {
			continue
		}
		if col.title == "Capture" {
			*file = len(titles)
		}
		titles = append(titles, col.title)
		for i := range rows {
			rows[i] = append(rows[i], cells[i])
		}
	}
	return titles, rows
}

// problemsShown bounds the damage that is listed per capture.
const problemsShown = 5

func (t *tableWriter) problems(captures []Capture) {
	for i := range captures {
		c := &captures[i]
		for k, p := range c.Problems {
			if k == problemsShown {
				t.paragraph(2, 4, fmt.Sprintf("and %d more problems", len(c.Problems)-k))
				break
			}
			if k == 0 {
				t.line("")
			}
			t.paragraph(0, 2, damage(c)+Sanitize(string(c.File))+": "+p.Text())
		}
	}
}

// damage tells what is no capture, or is not there, from a damaged one.
func damage(c *Capture) string {
	if c.Format == "" {
		return "Not read: "
	}
	return "Damaged: "
}

// Text gives "packet 17: record cut at 12 of 60 bytes (offset 4711)", sanitised.
func (p *Problem) Text() string {
	text := Sanitize(string(p.Message))
	switch {
	case p.Frame > 0 && p.After:
		text = fmt.Sprintf("after packet %d: %s", p.Frame, text)
	case p.Frame > 0:
		text = fmt.Sprintf("packet %d: %s", p.Frame, text)
	}
	if p.Offset != nil {
		text += fmt.Sprintf(" (offset %d)", *p.Offset)
	}
	return text
}

func (t *tableWriter) notJudged(list []NotJudged) {
	for i, n := range list {
		if i == 0 {
			t.line("")
		}
		t.paragraph(0, 2, "Not judged: "+unreadable(n))
	}
}

// unreadable gives "3 connections, TLS without keys: app.example.test:443".
func unreadable(n NotJudged) string {
	text := Counted(n.Conversations, "connection") + ", " + Sanitize(n.Because)
	if len(n.Servers) > 0 {
		text += ": " + Sanitize(strings.Join(n.Servers, ", "))
	}
	return text
}
