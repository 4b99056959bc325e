package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// terminal gives the file descriptor of w if it is a terminal.
func terminal(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// Bounds of --width, in columns.
const (
	minWidth     = 40
	maxWidth     = 1000
	defaultWidth = 80
)

// columns gives the width to write to: as asked for, that of the terminal, or 80.
func (p *program) columns(asked int) (int, error) {
	switch {
	case asked != 0 && (asked < minWidth || asked > maxWidth):
		return 0, usageError{fmt.Errorf("--width %d is not between %d and %d", asked, minWidth, maxWidth)}
	case asked != 0:
		return asked, nil
	}
	if fd, ok := terminal(p.stdout); ok {
		if width, _, err := term.GetSize(fd); err == nil && width >= minWidth {
			return min(width, maxWidth), nil
		}
	}
	return defaultWidth, nil
}

// colourNames are the values of --color.
const colourNames = "auto|always|never"

// colour decides whether to write colours to w: --color first, then NO_COLOR,
// CLICOLOR_FORCE and TERM, then whether w is a terminal.
func (p *program) colour(when string, w io.Writer) (bool, error) {
	switch when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
	default:
		return false, usageError{fmt.Errorf("--color %q is none of %s", when, colourNames)}
	}
	if p.env("NO_COLOR") != "" {
		return false, nil
	}
	if force := p.env("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true, nil
	}
	_, ok := terminal(w)
	return ok && p.env("TERM") != "dumb", nil
}
