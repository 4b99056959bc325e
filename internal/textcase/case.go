// Package textcase reads text cases: captures written as text, with the
// expected findings beside the evidence. A case is played on a simulated
// network into packets, in its plain form or as a [Variant] that must not
// change what is found, and what an analysis observed is checked against it.
//
// The language is described in testdata/pcaps/README.md. The package serves
// tests and the generator of testdata/pcaps only; nothing that ships uses it.
package textcase

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Case is one case file. It is not changed after Parse and may be built from
// several goroutines at a time.
type Case struct {
	Name      string      // base name of the file without ".txtar", in general a rule id
	Comment   string      // prose at the top of the file
	Scenarios []*Scenario // in file order, at least one
}

// Scenario is one timeline of a case: its own client and server, and what is
// expected of them.
type Scenario struct {
	Name       string // unique in the case, kebab-case
	Line       int    // of its marker in the case file, from 1
	Handshakes int    // how many handshakes must be reported; -1 = not checked
	Strict     bool   // findings of severity info must be wanted, too

	steps  []step
	frames int // frames written so far; makes masking keys differ
}

// step is one statement, ready to be played.
type step struct {
	line int
	play func(*timeline) error
}

// Error is a mistake in a case file.
type Error struct {
	File    string
	Line    int    // from 1; 0 = the file as a whole
	Message string // what was found and what was expected
}

// Error gives "file:line: message".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// kebab is the form of rule ids, scenario and connection names.
var kebab = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// maxScenarios keeps the scenarios' addresses inside the documentation ranges.
const maxScenarios = 200

// Parse reads a case file. Its name is used in errors and, without folder and
// ".txtar", as the name of the case. Every mistake in the file is an [*Error];
// a case that Parse accepts can be built.
func Parse(name string, data []byte) (*Case, error) {
	comment, sections := splitArchive(string(data))
	c := &Case{Name: strings.TrimSuffix(path.Base(name), ".txtar"), Comment: comment}
	if len(sections) == 0 || len(sections) > maxScenarios {
		return nil, &Error{name, 0, fmt.Sprintf(`%d scenarios; want 1 to %d, each after a line "-- fires --", "-- near-miss --" or the like`, len(sections), maxScenarios)}
	}
	for _, sec := range sections {
		s, err := parseScenario(c, sec)
		if err != nil {
			return nil, at(name, err)
		}
		c.Scenarios = append(c.Scenarios, s)
	}
	built, err := c.Build(Variant{})
	if err == nil {
		err = built.validate()
	}
	if err != nil {
		return nil, at(name, err)
	}
	return c, nil
}

// at names the file in an error that knows only its line.
func at(file string, err error) error {
	if e, ok := err.(*Error); ok {
		return &Error{file, e.Line, e.Message}
	}
	return &Error{file, 0, err.Error()}
}

// section is one file of a txtar archive.
type section struct {
	name  string
	line  int // of its marker
	lines []string
}

// splitArchive reads the txtar format: a comment, then sections that begin with
// a line "-- name --".
func splitArchive(text string) (comment string, sections []section) {
	var head []string
	for i, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		l = strings.TrimSuffix(l, "\r")
		name, marker := strings.CutPrefix(l, "-- ")
		name, closed := strings.CutSuffix(name, " --")
		switch {
		case marker && closed:
			sections = append(sections, section{name: strings.TrimSpace(name), line: i + 1})
		case len(sections) == 0:
			head = append(head, l)
		default:
			last := &sections[len(sections)-1]
			last.lines = append(last.lines, l)
		}
	}
	return strings.Join(head, "\n"), sections
}

func parseScenario(c *Case, sec section) (*Scenario, error) {
	s := &Scenario{Name: sec.name, Line: sec.line, Handshakes: -1}
	if !kebab.MatchString(s.Name) {
		return nil, &Error{"", s.Line, fmt.Sprintf("scenario name %q; want kebab-case, like near-miss", s.Name)}
	}
	for _, other := range c.Scenarios {
		if other.Name == s.Name {
			return nil, &Error{"", s.Line, fmt.Sprintf("scenario %s is there twice (first at line %d)", s.Name, other.Line)}
		}
	}
	p := &parser{scenario: s}
	for i, text := range sec.lines {
		p.line = s.Line + 1 + i
		if err := p.statement(text); err != nil {
			return nil, &Error{"", p.line, err.Error()}
		}
	}
	if len(s.steps) == 0 {
		return nil, &Error{"", s.Line, "scenario " + s.Name + " is empty"}
	}
	return s, nil
}

// own reports whether the scenario must show the rule that the case is named
// after, and silent whether it must not.
func (s *Scenario) own() bool { return s.Name == "fires" || strings.HasPrefix(s.Name, "fires-") }

func (s *Scenario) silent() bool {
	return strings.HasPrefix(s.Name, "near-miss") || strings.HasPrefix(s.Name, "silent")
}
