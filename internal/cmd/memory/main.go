// Command memory feeds handshark captures that try to use up memory, through
// standard input so that nothing is stored, and prints its peak resident memory
// and what one open connection takes, each load when it is done. It fails if a load
// passes the limit.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/handshark/handshark/internal/memload"
)

func main() {
	o := options{}
	flag.StringVar(&o.tool, "tool", "bin/handshark", "program to measure")
	flag.Float64Var(&o.scale, "scale", 1, "size of the loads")
	flag.StringVar(&o.only, "only", "", "loads whose name contains this")
	flag.Int64Var(&o.limit, "limit", 256, "peak resident memory in MiB that no load may pass; 0 = none")
	flag.Parse()
	if err := run(os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1)
	}
}

type options struct {
	tool  string
	scale float64
	only  string
	limit int64
}

// errLimit is the failure of a load that needed too much memory.
var errLimit = errors.New("more than the limit")

func run(w io.Writer, o options) error {
	if err := o.known(); err != nil {
		return err
	}
	idle, err := measure(o, memload.Open()[0], 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "an empty capture: %.1f MiB\n\n", idle.peak[0])
	return errors.Join(o.loads(w), o.open(w, idle))
}

// known refuses to look for loads that there are not.
func (o options) known() error {
	all := slices.Concat(memload.Loads(), memload.Open())
	if len(o.chosen(all)) > 0 {
		return nil
	}
	text := fmt.Sprintf("-only %q is in the name of no load; there are:", o.only)
	for _, l := range all {
		text += "\n  " + l.Name
	}
	return errors.New(text)
}

// chosen gives the loads that are asked for.
func (o options) chosen(list []memload.Load) []memload.Load {
	return slices.DeleteFunc(slices.Clone(list), func(l memload.Load) bool { return !strings.Contains(l.Name, o.only) })
}

// loads runs the loads of full size.
func (o options) loads(w io.Writer) error {
	list := o.chosen(memload.Loads())
	if len(list) == 0 {
		return nil
	}
	t := newTable(w, list, "load", "size", "packets", "seconds", "peak MiB, table", "NDJSON", "JSON", "evicted")
	var failed error
	for _, l := range list {
		m, err := measure(o, l, max(int64(float64(l.Size)*o.scale), 1))
		if err != nil {
			return err
		}
		t.row(l.Name, "%d", m.size, "%d", m.packets, "%.1f", m.wall.Seconds(), "%.0f", m.peak[0], "%.0f", m.peak[1], "%.0f", m.peak[2], "%d", m.evicted)
		if o.limit > 0 && !l.Grows && slices.Max(m.peak[:]) > float64(o.limit) {
			failed = errors.Join(failed, fmt.Errorf("%s: %w of %d MiB", l.Name, errLimit, o.limit))
		}
	}
	return failed
}

// open says what a connection takes, by state: what an empty capture takes does
// not count.
func (o options) open(w io.Writer, idle measured) error {
	list := o.chosen(memload.Open())
	if len(list) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	t := newTable(w, list, "open connections", "number", "as they come: peak MiB", "bytes each", "evicted", "at the end: peak MiB", "bytes each")
	for _, l := range list {
		m, err := measure(o, l, max(int64(float64(l.Size)*o.scale), 1))
		if err != nil {
			return err
		}
		each := func(i int) float64 { return (m.peak[i] - idle.peak[i]) * (1 << 20) / float64(m.size) }
		t.row(l.Name, "%d", m.size, "%.0f", m.peak[0], "%.0f", each(0), "%d", m.evicted, "%.0f", m.peak[2], "%.0f", each(2))
	}
	return nil
}
