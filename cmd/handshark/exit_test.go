package main

import (
	"errors"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
)

func TestExitCode(t *testing.T) {
	damaged := []report.Capture{{Problems: []report.Problem{{}}}}
	for name, tc := range map[string]struct {
		tail    report.Tail
		on      failOn
		require int
		want    int
	}{
		"clean":               {want: exitClean},
		"failed":              {tail: report.Tail{Summary: report.Summary{Failed: 1}}, want: exitFailed},
		"failed, never":       {tail: report.Tail{Summary: report.Summary{Failed: 1}}, on: failOnNever, want: exitClean},
		"unknown only":        {tail: report.Tail{Summary: report.Summary{Unknown: 3}}, want: exitClean},
		"error":               {tail: report.Tail{Errors: 1}, want: exitClean},
		"error counts":        {tail: report.Tail{Errors: 1}, on: failOnError, want: exitFailed},
		"warning is no error": {tail: report.Tail{Warnings: 1}, on: failOnError, want: exitClean},
		"warning counts":      {tail: report.Tail{Warnings: 1}, on: failOnWarning, want: exitFailed},
		"too few":             {tail: report.Tail{Summary: report.Summary{Handshakes: 1}}, require: 2, want: exitFailed},
		"enough":              {tail: report.Tail{Summary: report.Summary{Handshakes: 2}}, require: 2, want: exitClean},
		"damaged":             {tail: report.Tail{Captures: damaged}, want: exitUnusable},
		"damaged and failed":  {tail: report.Tail{Captures: damaged, Summary: report.Summary{Failed: 1}}, want: exitFailed},
		"unusable and failed": {tail: report.Tail{Unusable: []error{errors.New("x")}, Summary: report.Summary{Failed: 1}}, want: exitUnusable},
		"cut off and failed": {
			tail: report.Tail{Unusable: []error{&capture.ReadError{}}, Summary: report.Summary{Failed: 1}}, want: exitFailed,
		},
		"unusable":    {tail: report.Tail{Unusable: []error{errors.New("x")}}, want: exitUnusable},
		"broken rule": {tail: report.Tail{RuleErrors: []string{"x"}}, want: exitUnusable},
	} {
		if got := exitCode(&tc.tail, tc.on, tc.require); got != tc.want {
			t.Errorf("%s: got %d, want %d", name, got, tc.want)
		}
	}
}

func TestColour(t *testing.T) {
	for name, tc := range map[string]struct {
		when string
		env  map[string]string
		want bool
	}{
		"no terminal":           {when: "auto"},
		"always beats NO_COLOR": {when: "always", env: map[string]string{"NO_COLOR": "1"}, want: true},
		"never beats force":     {when: "never", env: map[string]string{"CLICOLOR_FORCE": "1"}},
		"force":                 {when: "auto", env: map[string]string{"CLICOLOR_FORCE": "1"}, want: true},
		"force 0":               {when: "auto", env: map[string]string{"CLICOLOR_FORCE": "0"}},
		"NO_COLOR beats force":  {when: "auto", env: map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}},
	} {
		p := program{env: func(k string) string { return tc.env[k] }}
		if got, err := p.colour(tc.when, nil); got != tc.want || err != nil {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, tc.want)
		}
	}
}
