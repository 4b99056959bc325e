// Command memory feeds handshark captures that try to use up memory, through
// standard input so that nothing is stored, and prints its peak resident memory
// and what one open connection takes. It fails if a load passes the limit.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

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
	idle, err := measure(o, memload.Open()[0], 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "an empty capture: %.1f MiB\n\n", idle.peak[0])
	return errors.Join(o.loads(w), o.open(w, idle))
}

// loads runs the loads of full size.
func (o options) loads(w io.Writer) error {
	t := newTable(w, "load\tsize\tpackets\tseconds\tpeak MiB, table\tNDJSON\tJSON\tevicted\t")
	var failed error
	for _, l := range memload.Loads() {
		if !strings.Contains(l.Name, o.only) {
			continue
		}
		m, err := measure(o, l, max(int64(float64(l.Size)*o.scale), 1))
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%.1f\t%.0f\t%.0f\t%.0f\t%d\t\n", l.Name, m.size, m.packets, m.wall.Seconds(), m.peak[0], m.peak[1], m.peak[2], m.evicted)
		if o.limit > 0 && slices.Max(m.peak[:]) > float64(o.limit) {
			failed = errors.Join(failed, fmt.Errorf("%s: %w of %d MiB", l.Name, errLimit, o.limit))
		}
	}
	return errors.Join(t.Flush(), failed)
}

// open says what a connection takes, by state: what an empty capture takes does
// not count.
func (o options) open(w io.Writer, idle measured) error {
	fmt.Fprintln(w)
	t := newTable(w, "open connections\tnumber\tas they come: peak MiB\tbytes each\tevicted\tat the end: peak MiB\tbytes each\t")
	for _, l := range memload.Open() {
		if !strings.Contains(l.Name, o.only) {
			continue
		}
		m, err := measure(o, l, max(int64(float64(l.Size)*o.scale), 1))
		if err != nil {
			return err
		}
		each := func(i int) float64 { return (m.peak[i] - idle.peak[i]) * (1 << 20) / float64(m.size) }
		fmt.Fprintf(t, "%s\t%d\t%.0f\t%.0f\t%d\t%.0f\t%.0f\t\n", l.Name, m.size, m.peak[0], each(0), m.evicted, m.peak[2], each(2))
	}
	return t.Flush()
}

func newTable(w io.Writer, head string) *tabwriter.Writer {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, head)
	return t
}
