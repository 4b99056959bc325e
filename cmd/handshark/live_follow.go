package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/capture/live"
	"github.com/handshark/handshark/report"
)

// streams reports whether the input is a pipe on standard input and the format one
// that needs not wait for its end. A redirected file is read as any file.
func (p *program) streams(f *flags, args []string) bool {
	if len(args) != 1 || args[0] != "-" || f.format != "table" && f.format != "ndjson" {
		return false
	}
	in, ok := p.stdin.(*os.File)
	if !ok {
		return false
	}
	st, err := in.Stat()
	return err == nil && st.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0
}

// follow reads a capture that is still being written, and prints each handshake
// as soon as it is decided.
func (p *program) follow(ctx context.Context, f *flags, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("--follow: want one file or -, got %d", len(args))}
	}
	o, err := f.options()
	if err != nil {
		return err
	}
	wf := &watchFlags{flags: *f}
	switch f.format {
	case "table":
		wf.format = "text"
	case "ndjson":
	default:
		return usageError{errors.New("--follow writes table or ndjson: json is one object that ends with the capture")}
	}
	if err := keepInput(f.output, slices.Concat(args, f.keyLogs)); err != nil {
		return err
	}
	logs, err := p.openKeyLogs(ctx, f.keyLogs, true)
	if err != nil {
		return err
	}
	defer logs.close()
	wo := &handshark.WatchOptions{Options: o}
	wo.Keys, wo.LateKeys = logs.keys, len(logs.logs) > 0
	add := func(s capture.Secrets) { p.addSecrets(logs.keys, args[0], s) }
	src, err := live.Follow(args[0], capture.OpenOptions{Stdin: p.stdin, Secrets: add})
	if err != nil {
		return err
	}
	defer src.Close()
	w, err := p.newWatch(wf, wo, nil)
	if err != nil {
		return err
	}
	defer w.release()
	return p.watchUnlocked(ctx, w, src, logs)
}

// addSecrets adds secrets that stand in a capture that is followed, and says so where they
// come too late.
func (p *program) addSecrets(keys *handshark.KeyLog, file string, s capture.Secrets) {
	keys.Add(s.KeyLog)
	if n := keys.TakeLate(); n > 0 {
		late := s.Late(n)
		d := report.Problem{Frame: late.Frame, Offset: &late.Offset, After: late.After, Message: report.Text(late.Message)}
		p.complain(fmt.Errorf("%s: %s", file, d.Text()))
	}
}

// watchUnlocked is watch while key logs grow.
func (p *program) watchUnlocked(ctx context.Context, w *watch, src capture.Stream, logs *keyLogs) error {
	following, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	if len(logs.logs) > 0 {
		done.Go(func() { logs.follow(following) })
	}
	err := p.watch(ctx, w, src)
	stop()
	done.Wait()
	return err
}
