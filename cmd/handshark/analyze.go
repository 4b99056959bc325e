package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
)

func (p *program) analyzeCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "analyze [flags] FILE|DIR|GLOB|-...",
		Short: "Say why handshakes in captures failed",
		Long: `analyze reads capture files (pcap, pcapng; also compressed with gzip, zstd or
lz4), directories, patterns, or standard input, and says for each WebSocket
handshake how it ended, why, and what proves it.

Files whose times do not overlap are one capture in pieces; others are separate
vantage points (see --join and --separate).

The report comes at the end of the input, but for a pipe on standard input: of that
each handshake is printed as soon as it is decided, as "live" does it:
  ssh host tcpdump -U -w - tcp | handshark analyze -
With --follow so it is for a growing file or a FIFO; --follow=false and --format json
wait for the end.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("analyze: no capture given; - reads standard input")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.follow || !cmd.Flags().Changed("follow") && p.streams(&f, args) {
				return p.follow(cmd.Context(), &f, args)
			}
			return p.analyzeFiles(cmd.Context(), &f, args)
		},
	}
	f.register(cmd)
	return cmd
}

// analyzeFiles reads the captures and writes the report.
func (p *program) analyzeFiles(ctx context.Context, f *flags, args []string) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	on, err := parseFailOn(f.failOn)
	if err != nil {
		return err
	}
	files, problems := capture.Expand(ctx, args)
	if err := keepInput(f.output, slices.Concat(files, f.keyLogs)); err != nil {
		return err
	}
	out, err := p.open(f)
	if err != nil {
		return err
	}
	if f.showSecrets {
		fmt.Fprintln(p.stderr, "handshark: credentials are shown")
	}
	logs, err := p.openKeyLogs(ctx, f.keyLogs, false)
	if err != nil {
		return errors.Join(err, out.abandon())
	}
	logs.close()
	o.Open.Stdin, o.Keys = p.stdin, logs.keys
	m := newMeter(p.stderr, files)
	o.Progress = m.progress
	if w, ok := out.writer.(report.Numberer); ok {
		o.Ahead = w.Number
	}
	tail, err := p.analyze(ctx, files, o, func(r *report.Record) error {
		m.clear()
		return out.writer.Handshake(*r)
	})
	m.clear()
	if tail == nil {
		return errors.Join(err, out.abandon())
	}
	tail.Unusable = append(problems, tail.Unusable...)
	tail.Captures = append(tail.Captures, unopened(problems, len(files))...)
	p.mention(tail, f.verbose)
	p.code = exitCode(tail, on, f.require)
	return errors.Join(err, out.writer.Close(tail), out.close())
}

// keepInput refuses an output that is one of the captures or key logs: to open it would
// empty it.
func keepInput(output string, files []string) error {
	out, err := os.Stat(output)
	if err != nil || !out.Mode().IsRegular() {
		return nil
	}
	for _, file := range files {
		if in, err := os.Stat(file); err == nil && os.SameFile(in, out) {
			return usageError{fmt.Errorf("--output %s is one of the captures or key logs", output)}
		}
	}
	return nil
}

// unopened describes the arguments that name no capture, for the report; their
// numbers follow those of the captures.
func unopened(problems []error, from int) []report.Capture {
	var list []report.Capture
	for i, err := range problems {
		c := report.Capture{Index: from + i, LinkTypes: []string{}}
		message := err.Error()
		var open *capture.OpenError
		if errors.As(err, &open) {
			c.File, message = report.Text(open.Name), open.Reason
		}
		c.Problems = []report.Problem{{Message: report.Text(message)}}
		list = append(list, c)
	}
	return list
}

// mention prints what is wrong with the input, one line each.
func (p *program) mention(t *report.Tail, verbose bool) {
	for _, err := range t.Unusable {
		if beyondDamage(err) { // damage stands among the problems of its capture too
			p.complain(err)
		}
	}
	for i := range t.Captures {
		p.mentionCapture(&t.Captures[i], verbose)
	}
	for _, rule := range t.RuleErrors {
		p.complain(fmt.Errorf("internal failure: %s", rule))
	}
}

func (p *program) mentionCapture(c *report.Capture, verbose bool) {
	if c.Format == "" {
		return // never opened: Unusable says why
	}
	for _, d := range c.Problems {
		p.complain(fmt.Errorf("%s: %s", c.File, d.Text()))
	}
	if verbose {
		fmt.Fprintf(p.stderr, "handshark: %s: %s, %s, %s, %s\n", report.Sanitize(string(c.File)), c.Format,
			report.Counted(c.Packets, "packet"), report.Counted(c.Bytes, "byte"), report.Counted(c.Conversations, "conversation"))
	}
}

// output is where the report goes.
type output struct {
	writer report.Writer
	behind *behind
	file   *os.File // nil: standard output
}

// open opens the output and makes the writer of the format.
func (p *program) open(f *flags) (*output, error) {
	table, err := p.tableOptions(f)
	if err != nil {
		return nil, err
	}
	var out output
	w := p.stdout
	if f.quiet {
		w = io.Discard
	} else if f.output != "" && f.output != "-" {
		if out.file, err = os.Create(f.output); err != nil {
			return nil, fmt.Errorf("open output: %w", err)
		}
		w = out.file
	}
	out.behind = newBehind(w)
	tool := report.Tool{Name: "handshark", Version: version()}
	switch {
	case f.format != "table":
		p.collector.expect(records)
	case !f.all:
		p.collector.expect(rows)
	}
	switch f.format {
	case "json":
		out.writer = report.NewJSON(out.behind, tool)
	case "ndjson":
		out.writer = report.NewNDJSON(out.behind, tool)
	default:
		out.writer = report.NewTable(out.behind, table)
	}
	return &out, nil
}

func (p *program) tableOptions(f *flags) (report.TableOptions, error) {
	o := report.TableOptions{All: f.all}
	switch f.format {
	case "table", "json", "ndjson":
	default:
		return o, usageError{fmt.Errorf("--format %q is none of %s", f.format, formatNames)}
	}
	target := p.stdout
	if f.output != "" && f.output != "-" {
		target = io.Discard // a file is no terminal
	}
	var err error
	if o.Colour, err = p.colour(f.color, target); err != nil {
		return o, err
	}
	o.Width, err = p.columns(f.width)
	return o, err
}

func (o *output) close() error {
	err := o.behind.Close()
	if o.file != nil {
		err = errors.Join(err, o.file.Close())
	}
	return err
}

// abandon closes without writing what is left.
func (o *output) abandon() error {
	o.behind.abandon()
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}
