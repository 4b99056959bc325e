package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/report"
)

// analyzeFunc is handshark.Analyze, or what stands in for it in tests.
type analyzeFunc func(context.Context, []string, handshark.Options, func(*report.Record) error) (*report.Tail, error)

// program is one run of the command line with what it talks to.
type program struct {
	analyze        analyzeFunc
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) string
	collector      *collector // of garbage; nil: it is left alone
	code           int        // exit code, when there is no error
}

func newProgram(analyze analyzeFunc) *program {
	return &program{analyze: analyze, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, env: os.Getenv}
}

// usageError is a command line that cannot be understood.
type usageError struct{ error }

// run executes the command line and gives the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil, brokenPipe(err):
		return p.code
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return exitInterrupted
	}
	p.complain(err)
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintln(p.stderr, "handshark: see handshark --help")
	}
	return exitUnusable
}

// complain prints err, which may name files and quote captures: a line for each
// thing that went wrong, once.
func (p *program) complain(err error) {
	var said []string
	for _, one := range unjoined(err) {
		text := report.Sanitize(strings.TrimPrefix(one.Error(), "capture: "))
		if !slices.Contains(said, text) {
			said = append(said, text)
			fmt.Fprintln(p.stderr, "handshark: "+text)
		}
	}
}

// unjoined takes apart what errors.Join put together.
func unjoined(err error) []error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) || strings.Count(err.Error(), "\n") == 0 {
		return []error{err}
	}
	var list []error
	for _, one := range joined.Unwrap() {
		list = append(list, unjoined(one)...)
	}
	return list
}
