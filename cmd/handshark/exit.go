package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
)

// Exit codes. They are part of the interface.
const (
	exitClean       = 0   // nothing failed, by --fail-on
	exitFailed      = 1   // something failed, or fewer handshakes than --require
	exitUnusable    = 2   // usage error, unusable or damaged input, internal failure
	exitInterrupted = 130 // stopped by SIGINT, after printing what was found
)

// failOn says what makes the exit code 1.
type failOn uint8

const (
	failOnFailed  failOn = iota // a failed handshake
	failOnError                 // or a finding of severity error
	failOnWarning               // or one of severity warning
	failOnNever
)

// failOnNames are the values of --fail-on.
const failOnNames = "failed|error|warning|never"

func parseFailOn(s string) (failOn, error) {
	for i, name := range strings.Split(failOnNames, "|") {
		if s == name {
			return failOn(i), nil
		}
	}
	return 0, usageError{fmt.Errorf("--fail-on %q is none of %s", s, failOnNames)}
}

// exitCode gives the exit code of a report. Input that could not be used at all
// counts before what was found in other input; failures found in a damaged capture
// count as failures: the damage is on stderr and in the report.
func exitCode(t *report.Tail, on failOn, require int) int {
	switch {
	case len(t.RuleErrors) > 0 || slices.ContainsFunc(t.Unusable, beyondDamage):
		return exitUnusable
	case failed(t, on) || t.Summary.Handshakes < require:
		return exitFailed
	case len(t.Unusable) > 0:
		return exitUnusable
	}
	for i := range t.Captures {
		if len(t.Captures[i].Problems) > 0 {
			return exitUnusable
		}
	}
	return exitClean
}

func failed(t *report.Tail, on failOn) bool {
	switch on {
	case failOnFailed:
		return t.Summary.Failed > 0
	case failOnError:
		return t.Summary.Failed+t.Errors > 0
	case failOnWarning:
		return t.Summary.Failed+t.Errors+t.Warnings > 0
	}
	return false
}

// beyondDamage reports whether an input could not be used at all.
func beyondDamage(err error) bool {
	var damage *capture.ReadError
	return !errors.As(err, &damage)
}
