package report

import (
	"fmt"
	"slices"
	"strings"
)

// lack is what a capture lacks of a handshake that could not be judged, and what to
// change; the zero value if that is not known.
type lack struct{ message, fix string }

// lackOf gives what the finding says that names what is missing, else the one that
// only says that something is.
func lackOf(h *Handshake) lack {
	var found *Finding
	for i := range h.Findings {
		f := &h.Findings[i]
		if SaysWhatIsMissing(f.Rule) {
			found = f
			break
		}
		if f.Rule == captureIncomplete {
			found = f
		}
	}
	if found == nil {
		return lack{}
	}
	return lack{Sanitize(string(found.Message)), found.Fix}
}

// SaysWhatIsMissing reports whether a rule, by id, names what a capture lacks.
func SaysWhatIsMissing(rule string) bool { return strings.HasPrefix(rule, "meta-") }

// captureIncomplete is the rule that says that a capture lacks something.
const captureIncomplete = "capture-incomplete"

// Bounds of what is listed: reasons, and octets of whom one is for.
const (
	lacksShown = 10
	whoShown   = 60
)

// etc ends a list of which the rest is left out.
const etc = ", …"

// reason is a lack with whom it is for.
type reason struct {
	lack
	who string
}

// incomplete says of the handshakes that could not be judged what the capture lacks.
func (t *tableWriter) incomplete() {
	list, more := t.reasons()
	if len(list) > 0 {
		t.line("")
		t.line(t.style.bold("Incomplete"))
	}
	for _, r := range list {
		t.paragraph(2, 4, r.who+": "+r.message)
		t.remedy(r.fix)
	}
	if more {
		t.line("  and others")
	}
}

// reasons gives the first reasons, and whether there are more.
func (t *tableWriter) reasons() (list []reason, more bool) {
	t.eachLack(func(who string, l lack) {
		i := slices.IndexFunc(list, func(r reason) bool { return r.lack == l })
		switch {
		case i < 0 && len(list) == lacksShown:
			more = true
		case i < 0:
			list = append(list, reason{l, who})
		case strings.HasSuffix(list[i].who, etc):
		case len(list[i].who)+len(who) <= whoShown:
			list[i].who += ", " + who
		default:
			list[i].who += etc
		}
	})
	return list, more
}

// eachLack calls f for each incomplete row or group of which it is known why.
func (t *tableWriter) eachLack(f func(who string, l lack)) {
	for _, r := range t.rows {
		if r.lack.message != "" {
			f(fmt.Sprintf("#%d", r.number), r.lack)
		}
	}
	if t.folded == nil {
		return
	}
	for _, g := range t.folded.order {
		if g.row.lack.message != "" {
			f(shorten(g.row.server+" "+g.row.target, whoShown), g.row.lack)
		}
	}
}

// remedy says what to change.
func (t *tableWriter) remedy(fix string) {
	label := "    Fix: "
	for _, l := range strings.Split(fix, "\n") {
		for _, part := range wrapCode(strings.ReplaceAll(l, "\t", "  "), t.o.Width-len(label)) {
			t.line(label + part)
			label = "         "
		}
	}
}
