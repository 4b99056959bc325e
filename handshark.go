// Package handshark says why WebSocket handshakes in packet captures failed:
// who caused it, which packets prove it, and what to change.
//
// [Analyze] reads captures and yields a [report.Handshake] for every attempt to
// open a WebSocket, in order of time; [Watch] judges packets as they come. Capture
// time is the only clock: the same input gives the same result.
//
//	tail, err := handshark.Analyze(ctx, []string{"trace.pcapng"}, handshark.Options{},
//		func(r *report.Record) error {
//			h, err := r.Load()
//			if err == nil {
//				fmt.Println(h.Outcome, h.RootCause)
//			}
//			return err
//		})
//
// The package is a door: what is behind it is in package diagnosis, and documented
// there.
package handshark

import (
	"context"
	"io"

	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// What Analyze and Watch take.
type (
	Options      = diagnosis.Options
	WatchOptions = diagnosis.WatchOptions
	Selection    = diagnosis.Selection
	Address      = diagnosis.Address
	KeepMode     = diagnosis.KeepMode
	Status       = diagnosis.Status
	Slice        = diagnosis.Slice
	KeyLog       = tls.KeyLog
)

// Which records a run keeps until its end.
const (
	KeepAll    = diagnosis.KeepAll
	KeepSample = diagnosis.KeepSample
)

// ErrStop is what the callback of Watch returns to end the watch without an error.
var ErrStop = diagnosis.ErrStop

// Analyze reads captures to their end: see [diagnosis.Analyze].
func Analyze(ctx context.Context, files []string, o Options, emit func(*report.Record) error) (*report.Tail, error) {
	return diagnosis.Analyze(ctx, files, o, emit)
}

// Watch judges handshakes as their packets come: see [diagnosis.Watch].
func Watch(ctx context.Context, src capture.Stream, o WatchOptions, emit func(*report.Record) error) (*report.Tail, error) {
	return diagnosis.Watch(ctx, src, o, emit)
}

// ParseAddress reads what an Address selects: see [diagnosis.ParseAddress].
func ParseAddress(s string) (Address, error) { return diagnosis.ParseAddress(s) }

// NewKeyLog gives room for secrets of TLS sessions: see [tls.KeyLog].
func NewKeyLog() *KeyLog { return tls.NewKeyLog() }

// NewSlice gives what keeps the packets of failures: see [diagnosis.NewSlice].
func NewSlice(w io.Writer, memory int) (*Slice, error) { return diagnosis.NewSlice(w, memory) }
