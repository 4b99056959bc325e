// Command gencases makes the capture files of the text cases in
// testdata/pcaps, one .pcap beside each .txtar.
//
// Usage, from the root of the repository:
//
//	go run ./internal/cmd/gencases [-check] [CASE.txtar ...]
//
// Without -check it writes what has changed and says so; with -check it writes
// nothing and exits 1 where a file is missing, differs or has no case.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/handshark/handshark/internal/textcase"
)

const folder = "testdata/pcaps"

func main() {
	check := flag.Bool("check", false, "write nothing; exit 1 if a capture is not up to date")
	flag.Parse()
	if err := run(flag.Args(), *check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(files []string, check bool) error {
	var failed []error
	if len(files) == 0 {
		files, _ = filepath.Glob(filepath.Join(folder, "*.txtar"))
		failed = append(failed, orphans()...)
	}
	for _, f := range files {
		failed = append(failed, generate(f, check))
	}
	return errors.Join(failed...)
}

// generate makes, or compares, the capture of one case.
func generate(file string, check bool) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	c, err := textcase.Parse(file, data)
	if err != nil {
		return err
	}
	built, err := c.Build(textcase.Variant{})
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	target := strings.TrimSuffix(file, ".txtar") + ".pcap"
	have, err := os.ReadFile(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	want := built.File()
	if bytes.Equal(have, want) {
		return nil
	}
	if check {
		return fmt.Errorf("%s is not what %s gives; run: go run ./internal/cmd/gencases", target, file)
	}
	fmt.Printf("%s: %d packets, %d bytes\n", target, len(built.Packets), len(want))
	return os.WriteFile(target, want, 0o644) //nolint:gosec // a committed test file
}

// orphans reports captures whose case is gone.
func orphans() []error {
	var out []error
	captures, _ := filepath.Glob(filepath.Join(folder, "*.pcap"))
	for _, p := range captures {
		if _, err := os.Stat(strings.TrimSuffix(p, ".pcap") + ".txtar"); errors.Is(err, fs.ErrNotExist) {
			out = append(out, fmt.Errorf("%s has no case beside it", p))
		}
	}
	return out
}
