// Command handshark says why WebSocket handshakes in packet captures failed.
package main

import (
	"context"
	"os"

	"github.com/handshark/handshark"
)

func main() {
	tuneCollector()
	quietPipes()
	ctx, stop := interruptible(context.Background())
	defer stop()
	os.Exit(newProgram(handshark.Analyze).run(ctx, os.Args[1:]))
}
