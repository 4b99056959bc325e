package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/capture/live"
	"github.com/handshark/handshark/internal/metrics"
	"github.com/handshark/handshark/internal/privilege"
	"github.com/handshark/handshark/report"
)

func (p *program) liveCommand() *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:   "live [flags]",
		Short: "Watch interfaces and say why handshakes fail, as they fail",
		Long: `live captures from interfaces and prints each WebSocket handshake as soon as it
is decided, failed ones with their cause. Where a later handshake changes the
verdict (the client got over it), a line with the same id amends the first.

It needs the right to capture: run it with sudo, or give the program the
capability once: setcap cap_net_raw=ep $(command -v handshark). Once everything
is open it runs as the user who ran sudo (or --user), without any capability.

SIGINT (ctrl-c) ends it with exit code 130, SIGTERM, --duration, -c and
--until-failure with 0 or 1.`,
		Example: "  sudo handshark live -i eth0\n  sudo handshark live -i eth0 -f 'tcp port 8080' --until-failure\n  handshark live --format ndjson -o ws.ndjson --rotate-size 100",
		Args:    exactly(0, "no arguments; interfaces are named with -i"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.live(cmd.Context(), &f) },
	}
	f.register(cmd)
	return cmd
}

// live captures from interfaces.
func (p *program) live(ctx context.Context, f *watchFlags) error {
	o, err := f.watchOptions()
	if err != nil {
		return err
	}
	account, err := p.account(f.user)
	if err != nil {
		return err
	}
	if live.Available && !privilege.Capture() {
		return live.ErrNoRights
	}
	if err := keepInput(f.output, f.keyLogs); err != nil {
		return err
	}
	logs, err := p.openKeyLogs(ctx, f.keyLogs, true) // as whoever began it
	if err != nil {
		return err
	}
	defer logs.close()
	o.Keys, o.LateKeys = logs.keys, len(logs.logs) > 0
	src, err := live.Open(f.liveOptions())
	if err != nil {
		return err
	}
	defer src.Close()
	w, err := p.newWatch(f, &o, account)
	if err != nil {
		return err
	}
	defer w.release()
	if err := privilege.Drop(account, f.retry); err != nil {
		return err
	}
	p.announce(src, account, w)
	return p.watchUnlocked(ctx, w, src, logs)
}

// account finds the user to run as; nil: as now.
func (p *program) account(name string) (*privilege.Account, error) {
	if name == "" {
		return privilege.Invoker(p.env)
	}
	if os.Geteuid() != 0 {
		return nil, usageError{errors.New("--user: only root can run as another user")}
	}
	return privilege.Lookup(name)
}

// announce says what is being watched.
func (p *program) announce(src *live.Source, account *privilege.Account, w *watch) {
	var names []string
	for _, i := range src.Info().Interfaces {
		names = append(names, fmt.Sprintf("%s (%v)", i.Name, i.Link))
	}
	text := "watching " + strings.Join(names, ", ")
	if account != nil {
		text += " as user " + account.Name
	}
	fmt.Fprintln(p.stderr, "handshark: "+report.Sanitize(text))
	if w.server != nil {
		fmt.Fprintf(p.stderr, "handshark: metrics on http://%s/metrics\n", w.server.Addr())
	}
}

// watch is one run of live, or of analyze --follow.
type watch struct {
	f       *watchFlags
	o       *handshark.WatchOptions
	on      failOn
	writer  report.Writer
	metrics *metrics.Metrics // nil: none
	server  *metrics.Server
	closers []io.Closer
	seen    int    // handshakes
	drops   uint64 // as told
	toldAt  time.Time
}

// newWatch opens whatever the run writes to.
func (p *program) newWatch(f *watchFlags, o *handshark.WatchOptions, account *privilege.Account) (*watch, error) {
	w := &watch{f: f, o: o}
	var err error
	if w.on, err = parseFailOn(f.failOn); err != nil {
		return nil, err
	}
	if err = errors.Join(p.openReport(w, account), p.openSlice(w, account), w.serve()); err != nil {
		w.release()
		return nil, err
	}
	if f.showSecrets {
		fmt.Fprintln(p.stderr, "handshark: credentials are shown")
	}
	return w, nil
}

// openReport makes the writer of the format. It writes each record at once.
func (p *program) openReport(w *watch, account *privilege.Account) error {
	out, target := p.stdout, p.stdout
	if w.f.quiet {
		out = io.Discard
	} else if w.f.output != "" && w.f.output != "-" {
		by := rotation{size: int64(w.f.rotateSize) << 20, age: w.f.rotateAge, keep: w.f.rotateKeep}
		file, err := createRotated(w.f.output, by, account)
		if err != nil {
			return err
		}
		w.closers = append(w.closers, file)
		out, target = file, io.Discard // a file is no terminal
	}
	if w.f.format == "ndjson" {
		w.writer = report.NewNDJSON(out, report.Tool{Name: "handshark", Version: version()})
		return nil
	}
	table := report.TableOptions{All: w.f.all}
	var err error
	if w.f.format != "text" && w.f.format != "table" {
		return usageError{fmt.Errorf("--format %q is none of %s", w.f.format, watchFormats)}
	}
	if table.Colour, err = p.colour(w.f.color, target); err != nil {
		return err
	}
	if table.Width, err = p.columns(w.f.width); err != nil {
		return err
	}
	_, screen := terminal(target)
	table.Fit = screen || w.f.width != 0
	w.writer = report.NewLines(out, table)
	return nil
}

// openSlice opens the file for the packets of failures.
func (p *program) openSlice(w *watch, account *privilege.Account) error {
	if w.f.slice == "" {
		return nil
	}
	file, err := createRotated(w.f.slice, rotation{}, account)
	if err != nil {
		return err
	}
	w.closers = append(w.closers, file)
	w.o.Slice, err = handshark.NewSlice(file, w.f.sliceMemory<<20)
	return err
}

func (w *watch) serve() error {
	if w.f.metrics == "" {
		return nil
	}
	w.metrics = metrics.New()
	var err error
	w.server, err = w.metrics.Listen(w.f.metrics)
	if err != nil {
		return usageError{err}
	}
	w.closers = append(w.closers, w.server)
	return nil
}

// release closes what newWatch opened. Files were written to without a buffer.
func (w *watch) release() {
	for _, c := range w.closers {
		_ = c.Close()
	}
	w.closers = nil
}

// errElapsed is why a watch ends whose time is over.
var errElapsed = errors.New("the time given by --duration is over")

// ending gives a context that ends with parent, and after the given time if it is
// not 0.
func ending(parent context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	if after > 0 {
		return context.WithTimeoutCause(parent, after, errElapsed)
	}
	return context.WithCancel(parent)
}

// interrupted reports whether ctx was ended by SIGINT: signal.NotifyContext says
// which signal it was in words only.
func interrupted(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return cause != nil && strings.Contains(cause.Error(), os.Interrupt.String())
}

// watch carries out the run and sets the exit code.
func (p *program) watch(parent context.Context, w *watch, src capture.Stream) error {
	ctx, stop := ending(parent, w.f.duration)
	defer stop()
	w.o.Notice = func(n capture.Notice) { p.notice(n) }
	w.o.Status = func(s *handshark.Status) { p.status(w, s) }
	tail, err := handshark.Watch(ctx, src, *w.o, func(r *report.Record) error { return w.record(ctx, r) })
	if tail == nil || err != nil && ctx.Err() == nil {
		return err
	}
	p.mention(tail, w.f.verbose)
	p.code = exitCode(tail, w.on, w.f.require)
	if interrupted(ctx) {
		p.code = exitInterrupted
	}
	return w.writer.Close(tail)
}

// record writes a handshake and looks whether it was the last.
func (w *watch) record(ctx context.Context, r *report.Record) error {
	if w.metrics != nil {
		w.metrics.Record(r)
	}
	if err := w.writer.Handshake(*r); err != nil {
		return err
	}
	h := r.Handshake
	if h.WebSocket == "unknown" || r.Amends || ctx.Err() != nil {
		return nil
	}
	w.seen++
	if w.f.count > 0 && w.seen >= w.f.count || w.f.untilFailure && h.RootCause != nil && h.SupersededBy == nil {
		return handshark.ErrStop
	}
	return nil
}

// notice tells what happened to an interface.
func (p *program) notice(n capture.Notice) {
	text := n.Input + ": " + n.Text
	if n.Err != nil {
		text += ": " + n.Err.Error()
	}
	fmt.Fprintln(p.stderr, "handshark: "+report.Sanitize(text))
}

// dropsEvery is how often packets that were dropped are mentioned.
const dropsEvery = 10 * time.Second

// status passes the counters on and mentions packets that were dropped.
func (p *program) status(w *watch, s *handshark.Status) {
	if w.metrics != nil {
		w.metrics.Status(s)
	}
	drops := s.KernelDrops + s.InterfaceDrops
	if drops > w.drops && time.Since(w.toldAt) >= dropsEvery {
		w.drops, w.toldAt = drops, time.Now()
		fmt.Fprintf(p.stderr, "handshark: packets dropped so far: %d by the kernel, %d by interfaces\n", s.KernelDrops, s.InterfaceDrops)
	}
}
