package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/report"
)

// checked runs the tests and then looks for goroutines that they left behind.
type checked struct{ *testing.M }

// Run implements testscript.TestingM.
func (c checked) Run() int {
	code := c.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func TestMain(m *testing.M) {
	testscript.Main(checked{m}, map[string]func(){
		"handshark": main,
		// staged runs with an analysis that follows $STAGE instead of reading files.
		"staged": func() {
			quietPipes()
			ctx, stop := interruptible(context.Background())
			defer stop()
			os.Exit(newProgram(staged).run(ctx, os.Args[1:]))
		},
	})
}

// staged yields what the words of $STAGE say.
func staged(ctx context.Context, _ []string, _ handshark.Options, emit func(*report.Record) error) (*report.Tail, error) {
	tail := &report.Tail{Captures: []report.Capture{{File: "a.pcap", Format: "pcap", Packets: 9}}}
	n := 1
	switch os.Getenv("STAGE") {
	case "many":
		n = 20_000
	case "interrupt":
		waiting := make(chan os.Signal, 1)
		signal.Notify(waiting, os.Interrupt)
		_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
		<-waiting
		<-ctx.Done()
	case "damaged":
		offset := int64(40)
		tail.Captures[0].Problems = []report.Problem{{Frame: 3, Offset: &offset, Message: "record cut at 12 of 60 bytes"}}
	case "warning":
		tail.Warnings = 1
	case "broken-rule":
		tail.RuleErrors = []string{"origin-opaque: index out of range"}
	}
	for i := range n {
		h := &report.Handshake{
			ID: fmt.Sprintf("%012x", i), WebSocket: "yes", Outcome: "established", URL: "ws://example.test/chat",
			Client: "192.0.2.1:50000", Server: "192.0.2.2:80", Time: report.TimeOf(int64(i) * 1e9),
		}
		if os.Getenv("STAGE") == "failed" {
			h.Outcome = "rejected"
			h.RootCause = &report.RootCause{Rule: "http-wrong-path", Summary: "no such path"}
			tail.Summary.Failed++
		} else {
			tail.Summary.Established++
		}
		tail.Summary.Handshakes++
		if err := emit(&report.Record{Handshake: h}); err != nil {
			return tail, err
		}
	}
	return tail, ctx.Err()
}

func TestScripts(t *testing.T) {
	real, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("REAL", real+"/../../testdata/pcaps/real")
			return apart(e.WorkDir)
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}
