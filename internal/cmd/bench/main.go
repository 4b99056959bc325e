// Command bench measures handshark beside tshark and tcpdump on captures that
// it generates: the same run, the same files, page cache warm, medians and
// ratios. It prints what it measured and judges nothing.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/handshark/handshark/internal/benchgen"
)

func main() {
	o := options{}
	flag.StringVar(&o.dir, "dir", "bench/data", "folder for the generated captures")
	flag.StringVar(&o.tool, "tool", "bin/handshark", "program to measure")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; the median counts")
	flag.Float64Var(&o.scale, "scale", 1, "size of the captures; 1 = about 1 GB, 380 MB and 570 MB")
	flag.BoolVar(&o.slow, "tshark", true, "measure tshark too (once a file: it takes minutes)")
	short := flag.Bool("short", false, "small captures, three rounds, no tshark: a minute or so")
	flag.Parse()
	if *short {
		o.scale, o.rounds, o.slow = 0.1, 3, false
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	dir    string
	tool   string
	rounds int
	scale  float64
	slow   bool
}

// input is a capture to measure on.
type input struct {
	name  string
	kind  benchgen.Kind
	bytes int64
	ng    bool
}

func inputs(scale float64) []input {
	size := func(mb float64) int64 { return int64(mb * scale * 1e6) }
	return []input{
		{"bulk.pcap", benchgen.Bulk, size(1050), false},
		{"handshakes.pcap", benchgen.Handshakes, size(300), false},
		{"mixed.pcap", benchgen.Mixed, size(570), false},
		{"mixed.pcapng", benchgen.Mixed, size(570), true},
	}
}

func run(o options) error {
	if _, err := exec.LookPath(o.tool); err != nil {
		return fmt.Errorf("find the program to measure: %w (go build -o %s ./cmd/handshark)", err, o.tool)
	}
	o.rounds = max(o.rounds, 1)
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	if err := clean(o.dir); err != nil {
		return err
	}
	for _, in := range inputs(o.scale) {
		file := filepath.Join(o.dir, fmt.Sprintf("v%d-%g-%s", benchgen.Version, o.scale, in.name))
		if err := generate(file, in); err != nil {
			return err
		}
		measure(os.Stdout, o, file)
	}
	return nil
}

// clean deletes captures that another version of the generator wrote.
func clean(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.pcap*"))
	if err != nil {
		return err
	}
	own := regexp.MustCompile(`^(v\d+-)?[0-9.e-]+-(bulk|handshakes|mixed)\.pcap(ng)?(\.part)?$`)
	for _, file := range files {
		name := filepath.Base(file)
		if own.MatchString(name) && !strings.HasPrefix(name, fmt.Sprintf("v%d-", benchgen.Version)) {
			err = errors.Join(err, os.Remove(file))
		}
	}
	return err
}

// generate writes a capture unless it is there.
func generate(file string, in input) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	f, err := os.Create(file + ".part")
	if err != nil {
		return err
	}
	err = benchgen.Write(f, benchgen.Options{Kind: in.kind, Bytes: in.bytes, Pcapng: in.ng, Seed: 1})
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(file+".part", file)
}
