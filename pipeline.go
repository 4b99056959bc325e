package handshark

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
	take      func(*analyzer.Handshake, *rules.Verdict)
	doubt     func(*analyzer.Handshake) // looks at a handshake before it is judged; may be nil
}

func newPipeline(r *run) *pipeline {
	p := &pipeline{run: r, decoder: capture.NewDecoder(capture.DecoderOptions{})}
	p.take = func(h *analyzer.Handshake, v *rules.Verdict) { r.ledger.add(h, v, p.decoder) }
	p.analyzer = analyzer.New(p.judge, r.analyzerOptions())
	p.assembler = reassembly.New(p.analyzer, reassembly.Options{})
	return p
}

func (r *run) analyzerOptions() analyzer.Options {
	return analyzer.Options{Timeout: int64(r.o.Timeout), Named: r.o.Select.named, Ended: r.ledger.ended}
}

// Segment implements capture.Handler.
func (p *pipeline) Segment(s *capture.Segment) { p.assembler.Segment(s) }

// ICMPError implements capture.Handler.
func (p *pipeline) ICMPError(e *capture.ICMPError) { p.analyzer.ICMPError(e) }

// DNS implements capture.Handler.
func (p *pipeline) DNS(m *capture.DNSMessage) { p.analyzer.DNS(m) }

// judge takes a finished handshake.
func (p *pipeline) judge(h *analyzer.Handshake) {
	if p.doubt != nil {
		p.doubt(h)
	}
	v := p.run.engine.Judge(h)
	if v.Objected {
		h.Outcome, h.EndedBy, h.Ending = analyzer.Aborted, analyzer.ByClient, *h.Objection
	}
	p.take(h, v)
}

// checkEvery is how many packets go by between two looks at the context.
const checkEvery = 4096

// read carries every packet of a source through the stages.
func (p *pipeline) read(src *capture.GroupSource) error {
	var pkt capture.Packet
	for n := 1; ; n++ {
		if n%checkEvery == 0 {
			if err := p.run.pulse(src); err != nil {
				return err
			}
		}
		if err := src.Next(&pkt); err != nil {
			return sourceError(err)
		}
		if f := p.run.o.Filter; f == nil || f.Match(&pkt) {
			p.decoder.Decode(&pkt, p)
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
