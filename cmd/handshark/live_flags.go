package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/capture/live"
	"github.com/handshark/handshark/rules/catalogue"
)

// watchFlags is what was typed behind live.
type watchFlags struct {
	flags
	interfaces               []string
	duration                 time.Duration
	count                    int
	untilFailure             bool
	noPromiscuous, immediate bool
	retry                    bool
	snap, buffer             int
	user, metrics            string
	slice                    string
	sliceMemory              int
	rotateSize               int
	rotateAge                time.Duration
	rotateKeep               int
}

// watchFormats are the values of --format of live.
const watchFormats = "text|ndjson"

func (f *watchFlags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringSliceVarP(&f.interfaces, "interface", "i", []string{"any"}, "capture from `IFACE`; may be repeated; any is all of them")
	s.StringVarP(&f.filter, "filter", "f", "", "capture only packets that match this `BPF` expression (default: TCP, fragments, ICMP errors, DNS; also behind VLAN tags)")
	s.DurationVar(&f.duration, "duration", 0, "end after this time")
	s.IntVarP(&f.count, "count", "c", 0, "end after `N` handshakes")
	s.BoolVar(&f.untilFailure, "until-failure", false, "end after the first handshake that failed")
	s.StringVarP(&f.slice, "write", "w", "", "write the packets of handshakes that failed to `FILE` (pcapng)")
	s.IntVar(&f.sliceMemory, "write-memory", 64, "`MiB` of packets kept for -w until it is known whether they belong to a failure")
	s.BoolVarP(&f.noPromiscuous, "no-promiscuous-mode", "p", false, "do not ask for packets for other hosts")
	s.IntVarP(&f.snap, "snapshot-length", "s", live.DefaultSnap, "`bytes` captured of each packet; 0 = all")
	s.IntVarP(&f.buffer, "buffer", "B", live.DefaultBuffer>>20, "`MiB` of the kernel's buffer, per interface")
	s.BoolVar(&f.immediate, "immediate-mode", false, "take each packet as it comes, at more cost, instead of ten times a second")
	s.BoolVar(&f.retry, "retry", false, "wait for an interface that disappears; keeps the right to capture")
	s.StringVar(&f.user, "user", "", "run as `USER` once everything is open (default: the user who ran sudo)")
	s.StringVar(&f.metrics, "metrics", "", "serve Prometheus metrics on `[HOST]:PORT`; without a host on the loopback")
	f.appearance(cmd)
	f.selected(cmd)
}

// appearance registers where the report goes and what it looks like.
func (f *watchFlags) appearance(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.format, "format", "text", watchFormats)
	s.StringVarP(&f.output, "output", "o", "", "write the report to `FILE`")
	s.IntVar(&f.rotateSize, "rotate-size", 0, "begin another output file after `MiB`")
	s.DurationVar(&f.rotateAge, "rotate-age", 0, "begin another output file after this time")
	s.IntVar(&f.rotateKeep, "rotate-keep", 10, "older output files kept, as FILE.1, FILE.2, …")
	s.BoolVar(&f.all, "all", false, "text: show attempts too that may not have been WebSocket")
	s.StringVar(&f.color, "color", "auto", colourNames)
	s.IntVar(&f.width, "width", 0, "columns of the text (default: those of the terminal, else 80)")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "print no report, only errors")
	s.BoolVarP(&f.verbose, "verbose", "v", false, "say on stderr what was read")
	s.StringVar(&f.failOn, "fail-on", "failed", "what makes the exit code 1: "+failOnNames)
	s.IntVar(&f.require, "require", 0, "exit with 1 if there are fewer than `N` handshakes")
	s.BoolVar(&f.showSecrets, "show-secrets", false, "do not hide credentials")
	completeValues(cmd, "format", watchFormats)
	completeValues(cmd, "color", colourNames)
	completeValues(cmd, "fail-on", failOnNames)
}

// selected registers which handshakes are shown, and what is checked.
func (f *watchFlags) selected(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringArrayVar(&f.server, "server", nil, "only handshakes with this `HOST[:PORT]`; may be repeated")
	s.StringArrayVar(&f.client, "client", nil, "only handshakes of this `HOST[:PORT]`; may be repeated")
	s.StringSliceVar(&f.only, "only", nil, "check only these `RULES`")
	s.StringSliceVar(&f.skip, "skip", nil, "do not check these `RULES`")
	s.DurationVar(&f.timeout, "timeout", 10*time.Second, "how long a response may take")
	f.secrets(cmd)
	completeValues(cmd, "only", strings.Join(ruleIDs(catalogue.All()), "|"))
	completeValues(cmd, "skip", strings.Join(ruleIDs(catalogue.All()), "|"))
}

// watchOptions gives what was typed as options of the watch.
func (f *watchFlags) watchOptions() (handshark.WatchOptions, error) {
	o := handshark.WatchOptions{Options: handshark.Options{
		Only: f.only, Skip: f.skip, Timeout: f.timeout, ShowSecrets: f.showSecrets,
	}}
	if err := f.check(); err != nil {
		return o, usageError{err}
	}
	if err := f.setAddresses(&o.Options); err != nil {
		return o, usageError{err}
	}
	return o, nil
}

func (f *watchFlags) check() error {
	switch {
	case f.timeout <= 0:
		return fmt.Errorf("--timeout %v is not positive", f.timeout)
	case f.duration < 0:
		return fmt.Errorf("--duration %v is negative", f.duration)
	case f.count < 0 || f.rotateSize < 0 || f.rotateAge < 0 || f.rotateKeep < 0:
		return errors.New("-c and --rotate-* must not be negative")
	case f.snap < 0 || f.snap > live.DefaultSnap:
		return fmt.Errorf("-s %d is not between 0 and %d", f.snap, live.DefaultSnap)
	case f.buffer < 1 || f.buffer > 2047:
		return fmt.Errorf("-B %d is not between 1 and 2047 MiB", f.buffer)
	case f.sliceMemory < 1 || f.sliceMemory > 1<<14:
		return fmt.Errorf("--write-memory %d is not between 1 and 16384 MiB", f.sliceMemory)
	case (f.rotateSize > 0 || f.rotateAge > 0) && (f.output == "" || f.output == "-"):
		return errors.New("--rotate-size and --rotate-age need --output FILE")
	}
	return nil
}

// liveOptions gives what was typed as options of the capture.
func (f *watchFlags) liveOptions() live.Options {
	return live.Options{
		Interfaces: f.interfaces, Filter: f.filter, Snap: f.snap, Buffer: f.buffer << 20,
		Promiscuous: !f.noPromiscuous, Immediate: f.immediate, Retry: f.retry,
	}
}
