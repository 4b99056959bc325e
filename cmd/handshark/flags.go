package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/capture/bpf"
	"github.com/handshark/handshark/rules/catalogue"
)

// flags is what was typed behind analyze.
type flags struct {
	format, output, color, failOn string
	all, quiet, showSecrets       bool
	verbose, join, separate       bool
	follow                        bool
	width, require, workers       int
	server, client, only, skip    []string
	keyLogs                       []string
	after, before, filter         string
	timeout                       time.Duration
}

// formatNames are the values of --format.
const formatNames = "table|json|ndjson"

func (f *flags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.format, "format", "table", formatNames)
	s.StringVarP(&f.output, "output", "o", "", "write the report to `FILE`")
	s.BoolVar(&f.follow, "follow", false, "read a file or pipe that is still being written: print each handshake as soon as it is decided (the default for a pipe on standard input)")
	s.BoolVar(&f.all, "all", false, "list every handshake, however many")
	s.StringVar(&f.color, "color", "auto", colourNames)
	s.IntVar(&f.width, "width", 0, "columns of the table (default: those of the terminal, else 80)")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "print no report, only errors")
	s.BoolVarP(&f.verbose, "verbose", "v", false, "say on stderr what was read")
	s.StringVar(&f.failOn, "fail-on", "failed", "what makes the exit code 1: "+failOnNames)
	s.IntVar(&f.require, "require", 0, "exit with 1 if there are fewer than `N` handshakes")
	s.IntVar(&f.workers, "workers", 0, "CPUs to make use of; the report does not depend on it (default: all)")
	s.BoolVar(&f.showSecrets, "show-secrets", false, "do not hide credentials")
	f.selection(cmd)
	completeValues(cmd, "format", formatNames)
	completeValues(cmd, "color", colourNames)
	completeValues(cmd, "fail-on", failOnNames)
}

func (f *flags) selection(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVarP(&f.filter, "filter", "f", "", "read only packets that match this `BPF` expression (pcap-filter(7))")
	s.StringArrayVar(&f.server, "server", nil, "only handshakes with this `HOST[:PORT]`; may be repeated")
	s.StringArrayVar(&f.client, "client", nil, "only handshakes of this `HOST[:PORT]`; may be repeated")
	s.StringVar(&f.after, "after", "", "only handshakes that began at or after this `TIME` (RFC 3339)")
	s.StringVar(&f.before, "before", "", "only handshakes that began before this `TIME` (RFC 3339)")
	s.StringSliceVar(&f.only, "only", nil, "check only these `RULES`")
	s.StringSliceVar(&f.skip, "skip", nil, "do not check these `RULES`")
	s.DurationVar(&f.timeout, "timeout", 10*time.Second, "how long, in capture time, a response may take")
	f.secrets(cmd)
	s.BoolVar(&f.join, "join", false, "read all files as one capture")
	s.BoolVar(&f.separate, "separate", false, "read each file as a capture of its own")
	completeValues(cmd, "only", strings.Join(ruleIDs(catalogue.All()), "|"))
	completeValues(cmd, "skip", strings.Join(ruleIDs(catalogue.All()), "|"))
}

func (f *flags) secrets(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.keyLogs, "keylog", nil, "read TLS with the secrets in this `FILE` (SSLKEYLOGFILE); may be repeated")
}

// completeValues lets shells complete the values of a flag.
func completeValues(cmd *cobra.Command, flag, values string) {
	list := strings.Split(values, "|")
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return list, cobra.ShellCompDirectiveNoFileComp
	})
}

// options gives what was typed as options of the analysis.
func (f *flags) options() (handshark.Options, error) {
	o := handshark.Options{Only: f.only, Skip: f.skip, Timeout: f.timeout, ShowSecrets: f.showSecrets, Workers: f.workers}
	if f.timeout <= 0 {
		return o, usageError{fmt.Errorf("--timeout %v is not positive", f.timeout)}
	}
	if f.require < 0 {
		return o, usageError{fmt.Errorf("--require %d is negative", f.require)}
	}
	if f.workers < 0 {
		return o, usageError{fmt.Errorf("--workers %d is negative", f.workers)}
	}
	for _, step := range []func(*handshark.Options) error{f.setJoin, f.setFilter, f.setAddresses, f.setTimes} {
		if err := step(&o); err != nil {
			return o, usageError{err}
		}
	}
	if f.format == "table" && !f.all {
		o.Keep = handshark.KeepSample
	}
	return o, nil
}

func (f *flags) setJoin(o *handshark.Options) error {
	switch {
	case f.join && f.separate:
		return fmt.Errorf("--join and --separate exclude each other")
	case f.join:
		o.Join = capture.JoinAll
	case f.separate:
		o.Join = capture.JoinNone
	}
	return nil
}

func (f *flags) setFilter(o *handshark.Options) error {
	if f.filter == "" {
		return nil
	}
	filter, err := bpf.CompileFilter(f.filter)
	if err != nil {
		return fmt.Errorf("--filter: %w", err)
	}
	o.Filter = filter
	return nil
}

func (f *flags) setAddresses(o *handshark.Options) (err error) {
	if o.Select.Server, err = addresses("--server", f.server); err != nil {
		return err
	}
	o.Select.Client, err = addresses("--client", f.client)
	return err
}

func addresses(flag string, texts []string) ([]handshark.Address, error) {
	var list []handshark.Address
	for _, text := range texts {
		a, err := handshark.ParseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag, err)
		}
		list = append(list, a)
	}
	return list, nil
}

func (f *flags) setTimes(o *handshark.Options) (err error) {
	if o.Select.After, err = timestamp("--after", f.after); err != nil {
		return err
	}
	o.Select.Before, err = timestamp("--before", f.before)
	return err
}

// timestamp reads RFC 3339, also without a zone (UTC) and without a time of day.
func timestamp(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q is no time like 2026-01-31T15:04:05Z", flag, text)
}
