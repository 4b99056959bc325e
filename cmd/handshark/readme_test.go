package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/handshark/handshark"
)

// readmes gives the documents whose console blocks must show what the program
// prints. UPDATE_DOCS=1 writes what it prints into them.
func readmes(t *testing.T) []string {
	t.Helper()
	runbooks, err := filepath.Glob("docs/runbooks/*.md")
	if err != nil || len(runbooks) == 0 {
		t.Fatalf("no runbooks: %v", err)
	}
	return append(runbooks, "README.md")
}

// TestReadme runs every "$ handshark ..." line of the console blocks and
// compares what follows it with the output.
func TestReadme(t *testing.T) {
	t.Chdir("../..")
	for _, name := range readmes(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got := rewriteConsole(t, string(data))
		switch {
		case got == string(data):
		case os.Getenv("UPDATE_DOCS") != "":
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s shows other output than the program gives; UPDATE_DOCS=1 go test ./cmd/handshark writes it:\n%s", name, firstDifference(string(data), got))
		}
	}
}

// rewriteConsole gives the document with the output of its commands.
func rewriteConsole(t *testing.T, doc string) string {
	t.Helper()
	var out strings.Builder
	inside, skipping, ran := false, false, 0
	for line := range strings.Lines(doc) {
		switch {
		case strings.HasPrefix(line, "```console"):
			inside, skipping = true, false
		case strings.HasPrefix(line, "```"):
			inside, skipping = false, false
		case inside && strings.HasPrefix(line, "$ handshark "):
			out.WriteString(line)
			out.WriteString(runLine(strings.TrimSpace(strings.TrimPrefix(line, "$ handshark "))))
			skipping = true
			ran++
			continue
		case inside && strings.HasPrefix(line, "$ "):
			skipping = false
		}
		if !skipping {
			out.WriteString(line)
		}
	}
	if ran == 0 && strings.Contains(doc, "```console") {
		t.Error("no command was found to run")
	}
	return out.String()
}

// runLine runs one command line; arguments hold no blanks but in single quotes.
func runLine(line string) string {
	line, echo := strings.CutSuffix(line, `; echo "exit code $?"`)
	var stdout, stderr bytes.Buffer
	p := newProgram(handshark.Analyze)
	p.stdout, p.stderr, p.env = &stdout, &stderr, func(string) string { return "" }
	code := p.run(context.Background(), arguments(line))
	text := stdout.String() + stderr.String()
	if echo {
		text += "exit code " + strconv.Itoa(code) + "\n"
	}
	return text
}

func arguments(line string) []string {
	var args []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			args = append(args, part)
			continue
		}
		args = append(args, strings.Fields(part)...)
	}
	return args
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range g {
		if i >= len(w) || w[i] != g[i] {
			return "line " + strconv.Itoa(i+1) + ": got " + strconv.Quote(g[i])
		}
	}
	return "the document is longer than it should be"
}
