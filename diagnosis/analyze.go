// Package diagnosis carries packets from stage to stage, from captures to verdicts:
// [Analyze] for saved captures, [Watch] for those that still come.
//
// Handshakes are judged as they are decided and kept in a ledger until what they say
// of one another is known. Capture time is the only clock: the same input gives the
// same result.
package diagnosis

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
	"github.com/handshark/handshark/siblings"
)

// Options tune a run. The zero value is useful.
type Options struct {
	Join    capture.JoinMode
	Open    capture.OpenOptions
	Filter  capture.Filter // only packets that it matches; nil = all
	Select  Selection
	Only    []string      // rule ids; empty = all
	Skip    []string      // rule ids
	Timeout time.Duration // no-response limit in capture time; 0 = 10 s
	// Keys are secrets of TLS sessions, with which what is inside can be read; those that
	// captures hold are added. nil = the captures' alone.
	Keys *tls.KeyLog
	// ShowSecrets turns redaction off.
	ShowSecrets bool
	// Keep says which handshakes are yielded in full; see KeepMode.
	Keep KeepMode
	// Workers is how many CPUs to make use of: with more than one, packets are read
	// ahead and handshakes are judged by other goroutines. The result is the same for
	// any number, and more than 256 are not put to work. 0 = GOMAXPROCS.
	Workers int
	// Progress is called now and then with what was read so far, never twice at once,
	// by whichever goroutine reads; may be nil.
	Progress func(bytes, packets uint64)
	// Ahead gets each record before it is yielded, in the same order, and what it appends
	// to dst is kept until then; with more than one worker and KeepAll only, and on another
	// goroutine. See [report.Numberer]; may be nil.
	Ahead func(dst []byte, r *report.Record) []byte
}

// workersMost is how many workers there are at most: each has memory of its own.
const workersMost = 256

func (o *Options) workers() int { return min(cmp.Or(o.Workers, runtime.GOMAXPROCS(0)), workersMost) }

// both gives what runs two functions: at once where several may work.
func (o *Options) both() siblings.Both {
	if o.workers() == 1 {
		return siblings.InTurn
	}
	return func(a, b func()) {
		var other sync.WaitGroup
		other.Go(a)
		b()
		other.Wait()
	}
}

// KeepMode says which records a run keeps until its end.
type KeepMode uint8

const (
	// KeepAll yields every handshake. Beyond a few thousand they wait in a
	// temporary file.
	KeepAll KeepMode = iota
	// KeepSample yields every handshake too, but only the first ones of each group
	// of server, target and cause carry fields, findings and evidence: enough for a
	// folded table, in constant memory.
	KeepSample
)

// Analyze reads the captures and calls emit for each handshake, in order of time
// and then of id, after everything was read. Files that cannot be read are
// problems of their capture in the tail. The error is that of the context, of
// emit, or of options that cannot be used; what was found before a context ended
// is still yielded. Files with secrets behind the records that they are for are read twice.
func Analyze(ctx context.Context, files []string, o Options, emit func(*report.Record) error) (*report.Tail, error) {
	o.Open.Done = ctx.Done()
	if o.Keys == nil {
		o.Keys = tls.NewKeyLog()
	}
	r, err := readAll(ctx, files, o)
	if err == nil && r.again(files) {
		r.ledger.close()
		r, err = readAll(ctx, files, o)
	}
	if r == nil {
		return nil, err
	}
	defer r.ledger.close()
	if err != nil && !errors.Is(err, ctx.Err()) {
		return nil, err
	}
	tail, emitErr := r.finish(emit)
	return tail, errors.Join(err, emitErr)
}

// readAll reads the captures; the run is nil where the options cannot be used.
func readAll(ctx context.Context, files []string, o Options) (*run, error) {
	engine, err := rules.NewEngine(catalogue.All(), rules.Options{Only: o.Only, Skip: o.Skip})
	if err != nil {
		return nil, err
	}
	r := newRun(ctx, engine, len(files), o)
	for _, g := range capture.Plan(files, o.Join, o.Open) {
		if err = r.group(g); err != nil {
			break
		}
	}
	return r, err
}

// Selection limits a run to some handshakes.
type Selection struct {
	Server []Address // any of them; empty = all
	Client []Address
	After  time.Time // handshakes that began at or after it; zero = all
	Before time.Time // handshakes that began before it; zero = all
}

// takes reports whether a handshake is selected.
func (s *Selection) takes(h *analyzer.Handshake) bool {
	if len(s.Server) == 0 && len(s.Client) == 0 && s.After.IsZero() && s.Before.IsZero() {
		return true
	}
	start := time.Unix(0, h.Start)
	return (s.After.IsZero() || !start.Before(s.After)) &&
		(s.Before.IsZero() || start.Before(s.Before)) &&
		matchAny(s.Client, h.Conn.Client, nil) && (len(s.Server) == 0 || matchAny(s.Server, h.Conn.Server, namesOf(h)))
}

// named reports whether the user named a server as one to look at.
func (s *Selection) named(server capture.Endpoint) bool {
	return len(s.Server) > 0 && matchAny(s.Server, server, nil)
}
