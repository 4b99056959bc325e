package diagnosis

import (
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
)

// Bounds of what is decoded ahead: segments of a batch, and batches that are full or
// being looked at.
const (
	batchSegments = 1024
	batchesAhead  = 6
	batchHeads    = 256 // read ahead; those behind are not
)

// ahead reads and decodes packets on a goroutine of its own, and hands them to the
// pipeline in batches, in their order: reading a file is mostly copying, for which
// the stages behind need not wait.
type ahead struct {
	p       *pipeline // once running
	filling *batch
	full    chan *batch
	spent   chan *batch
	size    int      // of a usual read buffer; 0 = not known yet
	buffers [][]byte // read buffers that can be read into again
	running bool     // somebody takes batches
	heads   analyzer.HeadReader
	err     error // why reading ended; valid once full is closed
}

// batch is a run of what was decoded.
type batch struct {
	segments []capture.Segment
	opening  []uint32 // hashes of those that may begin a flow
	heads    []head   // that some of them begin with
	others   []other
	naming   naming
	used     [][]byte // read buffers that nothing behind this batch lies in
}

// head is a head that a segment of a batch begins with.
type head struct {
	analyzer.Head
	of *capture.Segment
}

// other is what was read and is no segment: one of the three. at is how many
// segments of the batch came before it.
type other struct {
	at      int
	icmp    *capture.ICMPError
	dns     *capture.DNSMessage
	secrets capture.Secrets
}

// newAhead gives nil where the pipeline has to do everything by itself.
func newAhead(r *run) *ahead {
	if r.o.workers() == 1 {
		return nil
	}
	a := &ahead{filling: newBatch(), full: make(chan *batch, batchesAhead), spent: make(chan *batch, batchesAhead+1)}
	for range batchesAhead {
		a.spent <- newBatch()
	}
	return a
}

func newBatch() *batch { return &batch{segments: make([]capture.Segment, 0, batchSegments)} }

// follow carries every packet of a source through the stages of p.
func (a *ahead) follow(p *pipeline, src *capture.GroupSource) error {
	a.p, a.running = p, true
	go a.read(src)
	for b := range a.full {
		p.batch(b)
		a.spent <- b
	}
	p.named = nil
	return a.err
}

// batch carries a batch through the stages.
func (p *pipeline) batch(b *batch) {
	p.named, p.heads = &b.naming, b.heads
	p.assembler.Expect(b.opening)
	from := 0
	for _, o := range b.others {
		p.segments(b.segments[from:o.at])
		from = o.at
		switch {
		case o.icmp != nil:
			p.ICMPError(o.icmp)
		case o.dns != nil:
			p.DNS(o.dns)
		default:
			p.secrets(o.secrets)
		}
	}
	p.segments(b.segments[from:])
	p.analyzer.Expect(nil)
}

// read fills batches until the source ends.
func (a *ahead) read(src *capture.GroupSource) {
	a.err = a.p.read(src, a)
	a.send()
	close(a.full)
}

// room implements taker.
func (a *ahead) room() []capture.Segment {
	a.note()
	b := a.filling
	return b.segments[len(b.segments):batchSegments]
}

// took implements taker.
func (a *ahead) took(n int) {
	b := a.filling
	from := len(b.segments)
	b.segments = b.segments[:from+n]
	for i := range b.segments[from:] {
		s := &b.segments[from+i]
		a.hash(s)
		a.mayBegin(s)
	}
	if len(b.segments) == batchSegments {
		a.send()
	}
}

// hash works out what the flow of a segment is looked up by, for the goroutine that does,
// which is the one that is waited for.
func (a *ahead) hash(s *capture.Segment) {
	s.Hash = a.p.assembler.Hash(s)
	if s.Flags&(capture.SYN|capture.ACK) == capture.SYN {
		a.filling.opening = append(a.filling.opening, s.Hash)
	}
}

// mayBegin notes a segment that may begin with a head.
func (a *ahead) mayBegin(s *capture.Segment) {
	b := a.filling
	n := len(b.heads)
	if len(s.Payload) == 0 || s.Payload[0] != 'G' && s.Payload[0] != 'H' || n == batchHeads {
		return
	}
	if n == cap(b.heads) {
		b.heads = append(b.heads, head{})
	}
	b.heads = b.heads[:n+1]
	b.heads[n].of = s
}

// readHeads reads the heads that segments of the batch begin with, all in a row.
func (a *ahead) readHeads() {
	list := a.filling.heads
	n := 0
	for i := range list {
		h := &list[n]
		if of := list[i].of; a.heads.Read(&h.Head, of.Payload) {
			h.of = of
			n++
		}
	}
	a.filling.heads = list[:n]
}

// Segment implements capture.Handler.
func (a *ahead) Segment(s *capture.Segment) {
	a.note()
	b := a.filling
	b.segments = append(b.segments, *s)
	if !a.p.decoder.InPacket() { // it is valid during the call only
		b.segments[len(b.segments)-1].Payload = slices.Clone(s.Payload)
	}
	a.mayBegin(&b.segments[len(b.segments)-1])
	if len(b.segments) == batchSegments {
		a.send()
	}
}

// ICMPError implements capture.Handler.
func (a *ahead) ICMPError(e *capture.ICMPError) {
	c := *e
	a.add(other{icmp: &c})
}

// DNS implements capture.Handler.
func (a *ahead) DNS(m *capture.DNSMessage) {
	c := *m
	c.Addrs = slices.Clone(m.Addrs)
	a.add(other{dns: &c})
}

// secrets implements taker: in its place, so that the number of workers changes nothing.
func (a *ahead) secrets(s capture.Secrets) {
	s.KeyLog = slices.Clone(s.KeyLog)
	a.add(other{secrets: s})
}

func (a *ahead) add(o other) {
	a.note()
	b := a.filling
	o.at = len(b.segments)
	if b.others = append(b.others, o); len(b.others) == batchSegments {
		a.send()
	}
}

// note keeps what the numbers in the packet at hand mean. They mean the same in all
// of a batch: one in which the meaning would change is handed over.
func (a *ahead) note() {
	now := a.p.run.ledger.naming(a.p.decoder)
	if b := a.filling; now.known != b.naming.known && len(b.segments)+len(b.others) > 0 {
		a.send()
	}
	a.filling.naming = now
}

// send hands the batch over and takes one that was looked at.
func (a *ahead) send() {
	a.readHeads()
	a.full <- a.filling
	b := <-a.spent
	for _, used := range b.used {
		if len(used) == a.size {
			a.buffers = append(a.buffers, used)
		}
	}
	clear(b.others)
	*b = batch{segments: b.segments[:0], opening: b.opening[:0], heads: b.heads[:0], others: b.others[:0], used: b.used[:0]}
	a.filling = b
}

// turn gives another read buffer. What was decoded out of the one that is used up is
// handed over: it can be read into again when all of that was looked at.
func (a *ahead) turn(used []byte) []byte {
	if !a.running {
		return used
	}
	if a.size == 0 || len(used) < a.size {
		a.size, a.buffers = len(used), nil
	}
	if len(used) == a.size { // larger ones were for a single large packet
		a.filling.used = append(a.filling.used, used)
	}
	a.send()
	n := len(a.buffers)
	if n == 0 {
		return make([]byte, a.size)
	}
	next := a.buffers[n-1]
	a.buffers = a.buffers[:n-1]
	return next
}
