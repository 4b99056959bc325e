// Command profile analyzes generated captures and writes where the time went, for the
// compiler: go build takes cmd/handshark/default.pgo into account. It is run again when
// the packet path or the judging of handshakes has changed much; a profile that is old
// costs speed, nothing else.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/internal/benchgen"
	"github.com/handshark/handshark/report"
)

func main() {
	to := flag.String("o", "cmd/handshark/default.pgo", "file to write")
	flag.Parse()
	if err := run(*to); err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		os.Exit(1)
	}
}

// load is a capture and how often it is analyzed: most of the time goes to captures full
// of handshakes, in which the most code is at work.
type load struct {
	kind  benchgen.Kind
	bytes int64
	times int
}

func loads() []load {
	return []load{
		{benchgen.Handshakes, 300e6, 12},
		{benchgen.Mixed, 600e6, 4},
		{benchgen.Bulk, 1000e6, 4},
	}
}

func run(to string) error {
	dir, err := os.MkdirTemp("", "handshark-profile-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, l := range loads() {
		if err := generate(l.file(dir), l); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := profile(&b, dir); err != nil {
		return err
	}
	out, err := withoutPaths(b.Bytes())
	if err != nil {
		return err
	}
	return os.WriteFile(to, out, 0o644)
}

func (l load) file(dir string) string { return filepath.Join(dir, l.kind.String()+".pcap") }

func generate(file string, l load) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(benchgen.Write(f, benchgen.Options{Kind: l.kind, Bytes: l.bytes, Seed: 2}), f.Close())
}

// profile analyzes all, and one capture with every record written, while the profile is
// taken.
func profile(to io.Writer, dir string) error {
	if err := pprof.StartCPUProfile(to); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	for _, l := range loads() {
		for range l.times {
			table := report.NewTable(io.Discard, report.TableOptions{})
			if err := analyze(l.file(dir), handshark.KeepSample, table); err != nil {
				return err
			}
		}
	}
	return analyze(loads()[0].file(dir), handshark.KeepAll, report.NewNDJSON(io.Discard, report.Tool{Name: "handshark"}))
}

func analyze(file string, keep handshark.KeepMode, w report.Writer) error {
	tail, err := handshark.Analyze(context.Background(), []string{file}, handshark.Options{Keep: keep},
		func(r *report.Record) error { return w.Handshake(*r) })
	if err != nil {
		return err
	}
	return w.Close(tail)
}
