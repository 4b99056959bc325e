package diagnosis

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

// ErrStop is what the callback of Watch returns to end the watch without an error.
var ErrStop = errors.New("stop watching")

// WatchOptions tune Watch. Of Options, Join, Open, Keep and Progress are not used.
type WatchOptions struct {
	Options
	// Notice is called with what happens to the inputs; may be nil.
	Notice func(capture.Notice)
	// Status is called about once a second with the counters; may be nil. It must
	// not keep its argument.
	Status func(*Status)
	// LateKeys is set where Keys may get secrets after the records that they are for.
	LateKeys bool
	// Slice gets the packets of handshakes that failed; may be nil.
	Slice *Slice
}

// Status counts what a watch has seen so far.
type Status struct {
	Packets, Bytes     uint64
	KernelDrops        uint64 // packets that were not read in time
	InterfaceDrops     uint64
	Undecoded          uint64 // packets
	Conversations      uint64
	Open               int    // conversations
	Evicted            uint64 // conversations given up to stay within bounds, for whatever bound
	NotJudged          []report.NotJudged
	Summary            report.Summary // handshakes so far, amendments reckoned in
	HeldBytes, Waiting int            // bytes of unfinished heads; bytes out of order
}

// Limits of a watch, which may last for weeks.
const (
	watchFlows   = 200_000          // five-tuples
	watchOpen    = 32_768           // established conversations
	watchOpening = 2 * time.Minute  // a connection that is never established
	watchIdle    = time.Hour        // an established one without a packet
	watchWaiting = 32 << 20         // bytes out of order
	watchHeld    = 40 << 20         // bytes of what is not decided
	watchTick    = int64(200 * 1e6) // nanoseconds
	statusEvery  = int64(time.Second)
)

// Watch judges handshakes as their packets come and hands each to emit as soon as
// it is decided, without waiting for its connection to end. What is known from the
// handshakes before it is reckoned in; where a later one changes the verdict on it,
// a record with the same ID and Amends set follows.
//
// Where packets were dropped, what rests on the absence of packets is incomplete.
//
// Watch returns when the stream ends, when ctx does, or when emit returns an
// error; ErrStop is none. What is undecided by then is emitted as the capture's end
// leaves it, unless emit failed. The error is that of the context, of emit, or of
// options that cannot be used; a stream that fails is a problem in the tail.
func Watch(ctx context.Context, src capture.Stream, o WatchOptions, emit func(*report.Record) error) (*report.Tail, error) {
	engine, err := rules.NewEngine(catalogue.All(), rules.Options{Only: o.Only, Skip: o.Skip})
	if err != nil {
		return nil, err
	}
	w := newWatcher(ctx, engine, src, o, emit)
	ended := w.loop()
	w.pipe.assembler.Finish()
	w.pipe.analyzer.Finish()
	w.status(true)
	return w.tail(ended), errors.Join(w.failure(), ctx.Err())
}

// watcher is one call of Watch.
type watcher struct {
	*run
	o      *WatchOptions
	src    capture.Stream
	pipe   *pipeline
	recent *recent
	emit   func(*report.Record) error
	err    error // of emit
	ticked int64 // capture time of the last tick
	told   int64 // and of the last status
	packet capture.Packet
}

func newWatcher(ctx context.Context, e *rules.Engine, src capture.Stream, o WatchOptions, emit func(*report.Record) error) *watcher {
	o.Keep = KeepAll
	w := &watcher{run: newRun(ctx, e, 1, o.Options), o: &o, src: src, emit: emit}
	if src.Info().Format == capture.FormatLive {
		w.ledger.only, w.ledger.unnumbered = false, true
	}
	w.ledger.captures(func() []*capture.Info { return []*capture.Info{src.Info()} })
	if o.Slice != nil {
		o.Slice.infos = func() []capture.Interface { return src.Info().Interfaces }
	}
	w.recent = newRecent(w.ledger)
	w.pipe = &pipeline{run: w.run, decoder: capture.NewDecoder(capture.DecoderOptions{}), take: w.take, doubt: w.doubt}
	ao := w.analyzerOptions()
	ao.Live, ao.MaxHeld, ao.Ended, ao.LateKeys = true, watchHeld, w.ended, o.LateKeys
	w.pipe.analyzer = analyzer.New(w.pipe.judgeNow, ao)
	w.pipe.assembler = reassembly.New(w.pipe.analyzer, reassembly.Options{
		MaxFlows: watchFlows, MaxOpen: watchOpen,
		OpeningIdle: watchOpening, Idle: watchIdle, MaxWaiting: watchWaiting, Surface: true,
	})
	return w
}

// loop carries packets through the stages until something ends it.
func (w *watcher) loop() error {
	for w.ctx.Err() == nil && w.err == nil {
		switch err := w.src.Next(&w.packet); {
		case err == nil:
			w.read()
			if w.packet.Ref.Time-w.ticked >= watchTick {
				w.tick(w.packet.Ref.Time)
			}
		case errors.Is(err, capture.ErrIdle):
			w.tick(w.src.Now())
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
	return nil
}

func (w *watcher) read() {
	if f := w.o.Filter; f != nil && !f.Match(&w.packet) {
		return
	}
	if w.o.Slice != nil {
		w.o.Slice.keep(&w.packet)
	}
	w.pipe.decoder.Decode(&w.packet, w)
}

// Segment implements capture.Handler.
func (w *watcher) Segment(s *capture.Segment) {
	if w.o.Slice != nil {
		w.o.Slice.belongs(s)
	}
	w.pipe.Segment(s)
}

// ICMPError implements capture.Handler: the SYN that it quotes will not be
// answered.
func (w *watcher) ICMPError(e *capture.ICMPError) {
	w.pipe.analyzer.ICMPError(e)
	w.pipe.assembler.Surface(e.Src, e.Dst)
}

// DNS implements capture.Handler.
func (w *watcher) DNS(m *capture.DNSMessage) { w.pipe.analyzer.DNS(m) }

// tick lets time decide what it decides.
func (w *watcher) tick(now int64) {
	w.ticked = now
	w.pipe.assembler.Tick(now)
	w.pipe.analyzer.Tick(now)
	if w.o.Notice != nil {
		for _, n := range w.src.Notices() {
			w.o.Notice(n)
		}
	}
	if now-w.told >= statusEvery {
		w.told = now
		w.status(false)
	}
}

// doubt takes back what rests on the absence of packets where packets were
// dropped.
func (w *watcher) doubt(h *analyzer.Handshake) {
	const slack = int64(time.Second)
	if !w.src.LostBetween(h.Start, h.Until+slack) {
		return
	}
	switch {
	case h.Outcome == analyzer.NoResponse,
		h.Outcome == analyzer.ConnectFailed && h.EndedBy == analyzer.Nobody,
		h.Outcome == analyzer.TLSFailed && h.EndedBy == analyzer.Nobody:
		h.Outcome, h.EndedBy, h.Ending = analyzer.Incomplete, analyzer.ByCaptureEnd, analyzer.Ending{}
		h.Lost |= analyzer.ResponseHead &^ h.Have
	}
}

// take takes a judged handshake.
func (w *watcher) take(h *analyzer.Handshake, v *rules.Verdict, n naming) {
	if w.err != nil {
		return
	}
	list, err := w.recent.add(h, v, n)
	if w.err = err; err != nil {
		return
	}
	if w.o.Slice != nil {
		w.err = w.o.Slice.take(h)
	}
	for _, rec := range list {
		if w.err != nil {
			return
		}
		w.err = w.emit(rec)
	}
}

// ended takes the end of a session whose handshake was judged long before.
func (w *watcher) ended(end *analyzer.SessionEnd) {
	if w.err != nil {
		return
	}
	rec, err := w.recent.ended(end)
	if w.err = err; err == nil && rec != nil {
		w.err = w.emit(rec)
	}
}

// failure gives the error of emit, unless it only asked to stop.
func (w *watcher) failure() error {
	if errors.Is(w.err, ErrStop) {
		return nil
	}
	return w.err
}
