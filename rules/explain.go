package rules

import "strings"

// textWidth is the width of Explain's text, in columns.
const textWidth = 80

// Explain renders a rule as plain text of 80 columns; examples and snippets are
// left as they are. all is the catalogue, for the rules that suppress r.
func Explain(r *Rule, all []*Rule) string {
	var x explainer
	x.line(r.ID)
	x.line(r.Title)
	x.line("")
	x.entry("Family", r.Family.String()+": "+familyWords[r.Family])
	x.entry("Severity", r.severityWords())
	x.entry("Blames", r.blame())
	x.entry("Level", r.Level.String())
	x.entry("Root cause", r.causeWords())
	x.entry("Reference", r.Reference)
	x.section("What is seen", r.Doc.Seen)
	x.section("Why it fails", r.Doc.Why)
	x.section("What to change", r.Doc.Change)
	x.example("Before", r.Doc.Before)
	x.example("After", r.Doc.After)
	x.fixes(r.Fixes)
	x.section("What clients print", r.ClientSees)
	x.section("Evidence needed", strings.Join(evidenceNames(r.Needs), ", "))
	x.section("Explains away", strings.Join(r.Suppresses, ", "))
	x.section("Explained away by", strings.Join(suppressedBy(r, all), ", "))
	return x.String()
}

// explainer builds plain text.
type explainer struct{ strings.Builder }

func (x *explainer) line(s string) {
	x.WriteString(s)
	x.WriteByte('\n')
}

// entry writes a label and its wrapped text in a second column.
func (x *explainer) entry(label, text string) {
	const column = 12
	for i, l := range wrap(text, textWidth-column) {
		if i == 0 {
			x.line(label + strings.Repeat(" ", column-len(label)) + l)
		} else {
			x.line(strings.Repeat(" ", column) + l)
		}
	}
}

func (x *explainer) section(title, text string) {
	if text == "" {
		return
	}
	x.line("")
	x.line(title)
	for _, l := range wrap(text, textWidth-2) {
		x.line("  " + l)
	}
}

func (x *explainer) example(title, text string) {
	if text == "" {
		return
	}
	x.line("")
	x.line(title)
	x.verbatim("    ", text)
}

func (x *explainer) verbatim(indent, text string) {
	for l := range strings.Lines(strings.TrimRight(text, "\n")) {
		x.line(strings.TrimRight(indent+strings.TrimRight(l, "\r\n"), " "))
	}
}

func (x *explainer) fixes(fixes []Fix) {
	if len(fixes) == 0 {
		return
	}
	x.line("")
	x.line("How to mend it")
	for _, f := range fixes {
		x.line("  " + productLabel(f.Product) + ":")
		x.verbatim("      ", f.Snippet)
	}
}

// wrap breaks text at blanks into lines of at most width columns where words
// allow; a line break in the text stays one.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.Lines(text) {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			switch {
			case line == "":
				line = word
			case len([]rune(line))+1+len([]rune(word)) <= width:
				line += " " + word
			default:
				lines = append(lines, line)
				line = word
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// productLabel names whom a fix is for.
func productLabel(product string) string {
	if product == "any" || product == "either" {
		return "in any case"
	}
	return product
}
