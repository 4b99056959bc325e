// Command handshark says why WebSocket handshakes in packet captures failed.
package main

import (
	"context"
	"os"

	"github.com/handshark/handshark"
)

func main() {
	quietPipes()
	ctx, stop := interruptible(context.Background())
	defer stop()
	p := newProgram(handshark.Analyze)
	p.collector = tuneCollector()
	os.Exit(p.run(ctx, os.Args[1:]))
}
