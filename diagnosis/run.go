package diagnosis

import (
	"context"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
)

// run is one call of Analyze.
type run struct {
	ctx    context.Context
	o      Options
	engine *rules.Engine
	ledger *ledger
	parts  []part // in order of groups
	before totals // of the groups read so far
	late   []lateSecrets
}

// part is what is known of one group after it was read.
type part struct {
	group   capture.Group
	infos   []*capture.Info
	decoded capture.DecoderStats
	stats   analyzer.Stats
	evicted uint64
	err     error // the group could not be opened, or reading stopped
}

// totals counts what was read, for the progress meter.
type totals struct{ bytes, packets uint64 }

func newRun(ctx context.Context, e *rules.Engine, files int, o Options) *run {
	r := &run{ctx: ctx, o: o, engine: e}
	r.ledger = newLedger(o, e, files == 1)
	return r
}

// group reads one group of captures. Only the context's error is returned: what
// cannot be read is a problem of its capture.
func (r *run) group(g capture.Group) error {
	o, ahead := r.o.Open, newAhead(r)
	var t taker
	o.Secrets = func(s capture.Secrets) { t.secrets(s) }
	if ahead != nil {
		o.Turn = ahead.turn
	}
	src, err := capture.OpenGroup(g, o)
	if err != nil {
		r.parts = append(r.parts, part{group: g, err: err})
		return r.ctx.Err()
	}
	defer src.Close()
	r.ledger.captures(src.Growing)
	p := newPipeline(r)
	if t = p; ahead != nil {
		t = ahead
		err = ahead.follow(p, src)
	} else {
		err = p.read(src, p)
	}
	p.finish()
	r.ledger.captures(nil) // so that nothing of the pipeline is kept until the end
	r.parts = append(r.parts, part{
		group: g, infos: src.Infos(), decoded: p.decoder.Stats(), stats: *p.analyzer.Stats(),
		evicted: p.assembler.Stats().Evicted + p.analyzer.Stats().Shed, err: err,
	})
	r.before = r.read(src)
	return r.ctx.Err()
}

// pulse reports progress and looks whether the run was called off.
func (r *run) pulse(src *capture.GroupSource) error {
	if r.o.Progress != nil {
		t := r.read(src)
		r.o.Progress(t.bytes, t.packets)
	}
	return r.ctx.Err()
}

func (r *run) read(src *capture.GroupSource) totals {
	t := r.before
	for _, i := range src.Infos() {
		t.bytes += i.Bytes
		t.packets += i.Packets
	}
	return t
}

// finish settles what the handshakes say of one another and yields them.
func (r *run) finish(emit func(*report.Record) error) (*report.Tail, error) {
	sum, err := r.ledger.yield(emit)
	return r.tail(sum), err
}
