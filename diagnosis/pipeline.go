package diagnosis

import (
	"errors"
	"io"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// pipeline carries the packets of one group of captures from stage to stage.
type pipeline struct {
	run       *run
	decoder   *capture.Decoder
	assembler *reassembly.Assembler
	analyzer  *analyzer.Analyzer
	doubt     func(*analyzer.Handshake)                         // looks at a handshake before it is judged; may be nil
	court     *court                                            // judges; nil: p.judgeNow does
	take      func(*analyzer.Handshake, *rules.Verdict, naming) // gets what p.judgeNow judged
	abandoned []*reassembly.Conversation                        // to be dropped
	atOnce    [atOnce]capture.Segment
	heads     []head  // that segments to come begin with, in order
	named     *naming // of the packets at hand, where they were decoded ahead; nil: the decoder's
}

// atOnce is how many segments are decoded before the first of them is followed: code
// that is run many times in a row is quicker.
const atOnce = 64

func newPipeline(r *run) *pipeline {
	p := &pipeline{run: r, decoder: capture.NewDecoder(capture.DecoderOptions{})}
	p.court = newCourt(p, r.o.judges())
	o := r.analyzerOptions()
	o.Hold, o.Abandoned = true, p.abandon
	p.analyzer = analyzer.New(p.court.add, o)
	p.assembler = reassembly.New(p.analyzer, reassembly.Options{})
	return p
}

// finish ends the capture.
func (p *pipeline) finish() {
	p.assembler.Finish()
	p.analyzer.Finish()
	p.court.close()
}

func (r *run) analyzerOptions() analyzer.Options {
	return analyzer.Options{Timeout: int64(r.o.Timeout), Named: r.o.Select.named, Ended: r.ledger.ended, Keys: r.o.Keys}
}

// Segment implements capture.Handler.
func (p *pipeline) Segment(s *capture.Segment) {
	p.analyzer.See(s.Ref.Time)
	p.assembler.Segment(s)
	if len(p.abandoned) > 0 {
		p.drop()
	}
}

// drop drops what was abandoned with a segment.
func (p *pipeline) drop() {
	for _, c := range p.abandoned {
		p.assembler.Drop(c)
	}
	p.abandoned = p.abandoned[:0]
}

func (p *pipeline) abandon(c *reassembly.Conversation) { p.abandoned = append(p.abandoned, c) }

// ICMPError implements capture.Handler.
func (p *pipeline) ICMPError(e *capture.ICMPError) { p.analyzer.ICMPError(e) }

// DNS implements capture.Handler.
func (p *pipeline) DNS(m *capture.DNSMessage) { p.analyzer.DNS(m) }

// naming gives the names that are known now.
func (p *pipeline) naming() naming {
	if p.named != nil {
		return *p.named
	}
	return p.run.ledger.naming(p.decoder)
}

// judgeNow judges a finished handshake and hands it on.
func (p *pipeline) judgeNow(h *analyzer.Handshake) {
	n := p.naming()
	h.Decide()
	p.take(h, p.judge(h, p.run.engine), n)
}

// judge judges a handshake that is decided.
func (p *pipeline) judge(h *analyzer.Handshake, e *rules.Engine) *rules.Verdict {
	if p.doubt != nil {
		p.doubt(h)
	}
	return verdictOn(h, e)
}

// verdictOn judges a handshake, which is no longer established where its client had
// something to object to.
func verdictOn(h *analyzer.Handshake, e *rules.Engine) *rules.Verdict {
	v := e.Judge(h)
	if v.Objected {
		h.Outcome, h.EndedBy, h.Ending = analyzer.Aborted, analyzer.ByClient, *h.Objection
	}
	return v
}

// checkEvery is how many packets go by between two looks at the context.
const checkEvery = 4096

// taker takes what was decoded, in order.
type taker interface {
	capture.Handler
	room() []capture.Segment // for segments that come next; never empty
	took(n int)              // n of them came
	secrets(capture.Secrets) // of TLS sessions whose records come next, as a rule
}

// room implements taker.
func (p *pipeline) room() []capture.Segment { return p.atOnce[:] }

// took implements taker.
func (p *pipeline) took(n int) { p.segments(p.atOnce[:n]) }

func (p *pipeline) segments(list []capture.Segment) {
	for i := range list { // as Segment does, without a call for each
		s := &list[i]
		if len(p.heads) > 0 && p.heads[0].of == s {
			p.analyzer.Expect(&p.heads[0].Head)
			p.heads = p.heads[1:]
		}
		p.analyzer.See(s.Ref.Time)
		p.assembler.Segment(s)
		if len(p.abandoned) > 0 {
			p.drop()
		}
	}
}

// read decodes every packet of a source.
func (p *pipeline) read(src *capture.GroupSource, t taker) error {
	var pkt capture.Packet
	for n, looked := 0, 0; ; n++ {
		if p.run.o.Filter == nil {
			for m := -1; m != 0; n += m {
				m = src.Segments(p.decoder, t.room())
				t.took(m)
			}
		}
		if n-looked >= checkEvery {
			looked = n
			if err := p.run.pulse(src); err != nil {
				return err
			}
		}
		if err := src.Next(&pkt); err != nil {
			return sourceError(err)
		}
		if f := p.run.o.Filter; f == nil || f.Match(&pkt) {
			p.decoder.Decode(&pkt, t)
		}
	}
}

// sourceError drops the end of a capture: it is no error.
func sourceError(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
