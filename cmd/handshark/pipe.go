package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// quietPipes makes writes to a closed pipe an error instead of the death of the
// process: the reader had enough, which is no failure.
func quietPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

func brokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// interruptible gives a context that SIGINT and SIGTERM end; a second signal
// kills the process as usual.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
