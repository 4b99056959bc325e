package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/capture/live"
)

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
	if err := keepInput(f.output, args); err != nil {
		return err
	}
	wo := &handshark.WatchOptions{Options: o}
	src, err := live.Follow(args[0], capture.OpenOptions{Stdin: p.stdin})
	if err != nil {
		return err
	}
	defer src.Close()
	w, err := p.newWatch(wf, wo, nil)
	if err != nil {
		return err
	}
	defer w.release()
	return p.watch(ctx, w, src)
}
