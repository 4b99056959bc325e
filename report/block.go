package report

import (
	"bytes"
	"fmt"
	"strings"
)

// Bounds of a failure's block.
const (
	proofsShown   = 4
	alsoShown     = 5
	unjudgedShown = 3
	labelWidth    = 12 // of "Not judged" and the indent
	blockIndent   = 2
)

// block writes what went wrong with one failed handshake: cause, whose fault it
// is, what proves it and what to change.
func (t *tableWriter) block(out *bytes.Buffer, name string, h *Handshake) {
	b := blockWriter{out: out, style: t.style, width: t.o.Width, fixes: t.fixes, files: t.files}
	b.heading(name, h)
	b.cause(h.RootCause)
	b.fault(h)
	b.client(h)
	b.proof(h)
	b.also(h)
	b.unjudged(h)
	b.fix(h.RootCause)
	b.see(h.RootCause)
}

// blockWriter writes labelled paragraphs.
type blockWriter struct {
	out   *bytes.Buffer
	style style
	width int
	fixes map[string]bool // written already
	files []string        // names of the captures; nil: not known yet
}

func (b *blockWriter) line(s string) {
	b.out.WriteString(strings.TrimRight(s, " "))
	b.out.WriteByte('\n')
}

// labelled writes lines beside a label.
func (b *blockWriter) labelled(label string, lines []string, look func(string) string) {
	for i, l := range lines {
		head := strings.Repeat(" ", labelWidth+blockIndent)
		if i == 0 {
			head = strings.Repeat(" ", blockIndent) + b.style.bold(label) + strings.Repeat(" ", labelWidth-len(label))
		}
		b.line(head + look(l))
	}
}

// room is the width beside a label.
func (b *blockWriter) room() int { return b.width - labelWidth - blockIndent }

func same(s string) string { return s }

func (b *blockWriter) heading(name string, h *Handshake) {
	b.line("")
	at := name + "  " + h.Time.UTC().Format("15:04:05.000") + "  "
	b.line(b.style.title(at) + b.style.bold(shorten(Sanitize(string(h.URL)), b.width-textWidth(at))))
	about := fmt.Sprintf("%s → %s, %s", Sanitize(h.Client), Sanitize(h.Server), Sanitize(outcomeOf(h)))
	if by := askedBy(h.Request); by != "" {
		about += ", asked by " + by
	}
	if h.AnsweredBy != "" {
		about += ", answered by " + Sanitize(string(h.AnsweredBy))
	}
	for _, l := range wrap(about, b.width-blockIndent) {
		b.line(strings.Repeat(" ", blockIndent) + l)
	}
	b.line("")
}

func (b *blockWriter) cause(c *RootCause) {
	if c == nil {
		b.labelled("Cause", wrap("not told", b.room()), same)
		return
	}
	b.labelled("Cause", wrap(sentence(Sanitize(string(c.Summary))), b.room()), same)
	about := fmt.Sprintf("%s, confidence %s (%.2f)", Sanitize(c.Rule), c.Label, c.Confidence)
	if c.Rule == Undetermined {
		about = undetermined(c)
	}
	b.labelled("", wrap(about, b.room()), b.style.dim)
}

func undetermined(c *RootCause) string {
	about := Undetermined
	for i, k := range c.Candidates {
		about += fmt.Sprintf("%s %s (%.2f)", map[bool]string{true: "; candidates:", false: ","}[i == 0], Sanitize(k.Rule), k.Confidence)
	}
	return about
}

// sentence closes s with a full stop.
func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// InFront begins the summary of a cause that was found in front of a proxy.
const InFront = "On the connection in front of the proxy ("

func (b *blockWriter) fault(h *Handshake) {
	if h.RootCause == nil {
		return
	}
	who, behind := "", strings.HasPrefix(string(h.RootCause.Summary), "On the connection behind the proxy (")
	switch h.RootCause.Actor {
	case "client":
		who = "the client, " + address(h.Client)
		if strings.HasPrefix(string(h.RootCause.Summary), InFront) {
			who = "the client in front of the proxy" // h has the proxy for its client
		}
	case "server":
		switch hop := frontOf(string(h.AnsweredBy)); {
		case behind:
			who = "the server behind the proxy"
		case hop != "":
			who = "the server behind " + hop
		default:
			who = "the server, " + h.Server
		}
	case "intermediary":
		who = "a proxy or gateway between client and server"
		if _, via, ok := strings.Cut(string(h.AnsweredBy), " via "); ok {
			who += "; " + via + " relayed the answer"
		}
	case "network":
		who = "the network between client and server"
	case "capture":
		who = "nobody: the capture cannot tell"
	default:
		who = "not known"
	}
	b.labelled("Fault", wrap(Sanitize(who), b.room()), same)
}

func primary(h *Handshake) *Finding {
	for i := range h.Findings {
		if h.Findings[i].Role == "primary" {
			return &h.Findings[i]
		}
	}
	return nil
}

// proof writes the evidence of the root cause and a display filter.
func (b *blockWriter) proof(h *Handshake) {
	label := "Proof"
	if f := primary(h); f != nil {
		if !b.told(h, f) {
			b.labelled(label, wrap(sentence(Sanitize(string(f.Message))), b.room()), same)
			label = ""
		}
		for _, line := range evidenceLines(f.Evidence) {
			b.labelled(label, hanging(line, b.room()), b.style.dim)
			label = ""
		}
	}
	b.labelled(label, wrap("filter  "+Sanitize(h.Filter), b.room()), b.style.dim)
	if in := b.file(h.Capture); in != "" {
		b.labelled("", wrap("in      "+in, b.room()), b.style.dim)
	}
}

// told reports whether the sentence of the cause holds the finding's message.
func (b *blockWriter) told(h *Handshake, f *Finding) bool {
	if h.RootCause == nil || len(f.Message) < 2 {
		return false
	}
	return strings.Contains(string(h.RootCause.Summary), string(f.Message)[1:])
}

// hanging wraps s, its further lines set in.
func hanging(s string, width int) []string {
	const in = "  "
	if textWidth(s) <= width {
		return []string{s}
	}
	lines := wrap(s, width-len(in))
	for i := range lines[1:] {
		lines[i+1] = in + lines[i+1]
	}
	return lines
}

// file names the capture that a filter is for, if there are several.
func (b *blockWriter) file(index int) string {
	switch {
	case len(b.files) > 1 && index < len(b.files):
		return Sanitize(b.files[index])
	case b.files == nil && index > 0:
		return fmt.Sprintf("capture %d", index)
	}
	return ""
}

// evidenceLines gives one line per piece of evidence, columns aligned.
func evidenceLines(evidence []Evidence) []string {
	shown := evidence[:min(len(evidence), proofsShown)]
	where := make([]string, len(shown))
	width := 0
	for i := range shown {
		where[i] = frameNames(shown[i].At) + "  " + shown[i].Side
		width = max(width, textWidth(where[i]))
	}
	lines := make([]string, 0, len(shown)+1)
	for i := range shown {
		pad := strings.Repeat(" ", width-textWidth(where[i]))
		lines = append(lines, Sanitize(where[i])+pad+"  "+evidenceText(&shown[i]))
	}
	if n := len(evidence) - len(shown); n > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", n))
	}
	return lines
}

// evidenceText gives what stands there: Connection: "close", request line "GET …".
func evidenceText(e *Evidence) string {
	field := Sanitize(string(e.Field))
	switch {
	case e.Absent:
		return "no " + field
	case e.Value == "":
		return field
	case field == "":
		return quoted(string(e.Value))
	case isLabel(field):
		return field + " " + quoted(string(e.Value))
	}
	return field + ": " + quoted(string(e.Value))
}

// isLabel reports whether a name of evidence is no field name.
func isLabel(name string) bool {
	switch name {
	case "body", "Certificate", "ClientHello", "DNS", "frame", "ServerHello":
		return true
	}
	return strings.Contains(name, " ")
}

// frameNames gives "frame 4", "frames 4, 5"; packets of another capture than
// the first carry its index.
func frameNames(at []At) string {
	const most = 4
	names := make([]string, 0, most)
	for i, a := range at {
		if i == most {
			names = append(names, "…")
			break
		}
		name := fmt.Sprint(a.Frame)
		if a.Capture > 0 {
			name += fmt.Sprintf(" of capture %d", a.Capture)
		}
		names = append(names, name)
	}
	switch len(names) {
	case 0:
		return "no frame"
	case 1:
		return "frame " + names[0]
	}
	return "frames " + strings.Join(names, ", ")
}

// also lists what contributed.
func (b *blockWriter) also(h *Handshake) {
	var lines []string
	shown, more := 0, 0
	for i := range h.Findings {
		f := &h.Findings[i]
		if f.Role != "contributing" || f.Severity == "info" {
			continue
		}
		if shown == alsoShown {
			more++
			continue
		}
		lines = append(lines, hanging(Sanitize(f.Rule)+": "+Sanitize(string(f.Message)), b.room())...)
		shown++
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	b.labelled("Also", lines, same)
}

// unjudged says what could not be judged, where that leaves a doubt.
func (b *blockWriter) unjudged(h *Handshake) {
	if h.RootCause != nil && h.RootCause.Confidence >= 0.75 {
		return
	}
	var lines []string
	for i, n := range h.Inconclusive {
		if i == unjudgedShown {
			lines = append(lines, fmt.Sprintf("and %d more", len(h.Inconclusive)-i))
			break
		}
		lines = append(lines, wrap(Sanitize(n.Rule)+": "+Sanitize(n.Because), b.room())...)
	}
	b.labelled("Not judged", lines, b.style.dim)
}

func (b *blockWriter) fix(c *RootCause) {
	if c == nil || c.Fix == "" {
		return
	}
	if b.fixes[c.Fix] || IsExample(c.Fix) && b.fixes[c.Rule] {
		b.labelled("Fix", wrap("as above for "+Sanitize(c.Rule), b.room()), same)
		return
	}
	if len(b.fixes) < groupsKept {
		b.fixes[c.Fix], b.fixes[c.Rule] = true, true
	}
	var lines []string
	indent := ""
	if c.FixFor != "" {
		lines = append(lines, Sanitize(c.FixFor)+":")
		indent = "  "
	}
	for _, l := range strings.Split(c.Fix, "\n") {
		for _, part := range wrapCode(strings.ReplaceAll(l, "\t", "  "), b.room()-len(indent)) {
			lines = append(lines, indent+part)
		}
	}
	b.labelled("Fix", lines, same)
}

// wrapCode wraps a line of a snippet, keeping its indent; a comment behind it
// that does not fit goes above.
func wrapCode(line string, width int) []string {
	code := strings.TrimLeft(line, " ")
	indent := strings.Repeat(" ", min(len(line)-len(code), 16))
	var lines []string
	if code, comment := splitComment(code); comment != "" && textWidth(line) > width {
		lines = append(wrapCode(indent+comment, width), wrapCode(indent+code, width)...)
		return lines
	}
	lines = hanging(Sanitize(code), width-len(indent))
	for i := range lines {
		lines[i] = indent + lines[i]
	}
	return lines
}

// splitComment takes a comment off the end of a line of code.
func splitComment(line string) (code, comment string) {
	for _, mark := range [...]string{"  # ", "  // "} {
		if i := strings.Index(line, mark); i > 0 {
			return strings.TrimRight(line[:i], " "), strings.TrimLeft(line[i:], " ")
		}
	}
	return line, ""
}

func (b *blockWriter) see(c *RootCause) {
	if c == nil || c.Rule == Undetermined {
		return
	}
	b.labelled("See", []string{shorten("handshark explain "+Sanitize(c.Rule), b.room())}, b.style.dim)
}
