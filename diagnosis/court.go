package diagnosis

import (
	"sync"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
)

// Bounds of what is on its way to judgement: handshakes of a docket, and dockets for
// each goroutine.
//
// A judge that sits alone has dockets, too: the code that judges many handshakes in a
// row stays in the instruction cache, from which following packets drives it out.
const (
	docketSize = 64
	docketOwn  = 32 // where the goroutine that reads judges
	dockets    = 4
	docketsAll = 8 // that there are in any case: with fewer, the goroutines wait for one another
)

// docket is a run of handshakes in the order in which they were decided, with
// their memory.
type docket struct {
	cases   []decided
	octets  int // of their heads and bodies
	lot     *analyzer.Lot
	judged  chan struct{}  // gets one value when the judge is done
	heard   []heard        // of the cases; the judge's alone, so that it stays in his cache
	records report.Encoded // of those cases whose record is wanted
}

// decided is a handshake with what its packets' numbers meant when it was decided.
type decided struct {
	*analyzer.Handshake
	naming naming
}

// heard is what the ledger needs to know of a handshake that was judged.
type heard struct {
	opinion opinion
	encoded bool // its record is in docket.records
}

// court judges handshakes on other goroutines while the packets behind them are
// read. They come to the ledger in the order in which they were decided, so that
// the report does not depend on it.
type court struct {
	p       *pipeline
	size    int             // of a docket
	builder *report.Builder // where there is one judge
	filling *docket
	waiting chan *docket // to be judged; nil: where it was filled
	record  chan *docket // the same, in order, for the clerk; nil: the only judge is the clerk
	spent   chan *docket // whose memory can be used again
	out     int          // dockets not back yet
	judges  sync.WaitGroup
	clerk   sync.WaitGroup
}

// newCourt gives a court of so many judges beside the goroutine that follows
// connections; without any, that one judges. A single one hands on to the ledger by
// itself, for several a clerk does.
func newCourt(p *pipeline, judges int) *court {
	if judges == 0 {
		return &court{p: p, size: docketOwn, builder: &report.Builder{}, filling: &docket{}}
	}
	most := max(dockets*judges, docketsAll)
	c := &court{p: p, size: docketSize, builder: &report.Builder{}, waiting: make(chan *docket, most), spent: make(chan *docket, most)}
	c.filling = c.next()
	if judges == 1 {
		c.judges.Go(c.sitAlone)
		return c
	}
	c.record = make(chan *docket, most)
	c.clerk.Go(c.write)
	for range judges {
		c.judges.Go(c.sit)
	}
	return c
}

// judges gives how many goroutines are to judge. Where every record is encoded, that
// is more work than all the rest.
func (o *Options) judges() int {
	switch n := o.workers(); {
	case n == 1:
		return 0
	case o.Keep == KeepAll:
		return n
	default:
		return max(1, n-2)
	}
}

// sitAlone judges and hands on to the ledger at once.
func (c *court) sitAlone() {
	for d := range c.waiting {
		c.judge(d)
		c.spent <- d
	}
}

// judge judges all of a docket before it takes the first of it to the ledger: the code
// of either stays in the instruction cache.
func (c *court) judge(d *docket) {
	c.hearAll(d, c.p.run.engine, c.builder)
	c.enter(d)
}

// hearAll decides all of a docket before the first is judged: what is at work then stays
// in the instruction cache, as it does while all are judged.
func (c *court) hearAll(d *docket, e *rules.Engine, b *report.Builder) {
	for i := range d.cases {
		d.cases[i].Decide()
	}
	list := d.heard[:0]
	for i := range d.cases {
		list = append(list, c.hear(d, &d.cases[i], e, b))
	}
	d.heard = list
}

// sit judges, and encodes the records if all of them are wanted.
func (c *court) sit() {
	engine, builder := c.p.run.engine.Fork(), &report.Builder{}
	for d := range c.waiting {
		c.hearAll(d, engine, builder)
		d.judged <- struct{}{}
	}
}

func (c *court) hear(d *docket, x *decided, e *rules.Engine, b *report.Builder) heard {
	l := c.p.run.ledger
	v := c.p.judge(x.Handshake, e)
	said := heard{opinion: l.opinion(x.Handshake, v)}
	if l.o.Keep == KeepAll && l.o.Select.takes(x.Handshake) {
		b.Encode(&d.records, x.Handshake, v, l.env(x.naming))
		said.encoded = true
		said.opinion.failed = v.RuleErrors // those of telling it, too
	}
	return said
}

// write takes to the ledger what others judged.
func (c *court) write() {
	for d := range c.record {
		<-d.judged
		c.enter(d)
		c.spent <- d
	}
}

// enter takes to the ledger what was judged, in order.
func (c *court) enter(d *docket) {
	l, records := c.p.run.ledger, 0
	for i := range d.cases {
		x, said := &d.cases[i], &d.heard[i]
		l.enter(x.Handshake, &said.opinion, func() (form, uint32) {
			if said.encoded {
				return l.spool.put(&d.records, records)
			}
			// As of few the record was not encoded: it is judged again.
			return l.keepWhole(x.Handshake, verdictOn(x.Handshake, c.p.run.engine), x.naming)
		})
		if said.encoded {
			records++
		}
	}
}

// Bounds of what dockets hold for the time being, in bytes: heads and bodies of one,
// and the room for its records that is kept.
const (
	docketOctets = 256 << 10
	roomKept     = 1 << 20
)

// add takes a decided handshake.
func (c *court) add(h *analyzer.Handshake) {
	d := c.filling
	d.octets += takenOctets(h)
	if d.cases = append(d.cases, decided{h, c.p.naming()}); len(d.cases) == c.size || d.octets > docketOctets {
		c.send()
	}
}

// takenOctets gives the octets that a handshake holds of what was sent.
func takenOctets(h *analyzer.Handshake) int {
	n := len(h.RequestBody.Data) + len(h.Body.Data)
	for _, m := range [...]*analyzer.Message{h.Request, h.Response} {
		if m != nil {
			n += len(m.Raw)
		}
	}
	return n
}

// send hands over what has come together.
func (c *court) send() {
	d := c.filling
	d.lot = c.p.analyzer.Cut()
	if c.waiting == nil {
		c.judge(d)
		c.renew(d)
		return
	}
	c.waiting <- d
	if c.record != nil {
		c.record <- d
	}
	c.out++
	c.filling = c.next()
}

// next gives an empty docket: one that came back, or, as long as there are few, a
// new one. It waits where all are on their way.
func (c *court) next() *docket {
	if c.out == cap(c.spent) {
		return c.back(<-c.spent)
	}
	select {
	case d := <-c.spent:
		return c.back(d)
	default:
		return &docket{judged: make(chan struct{}, 1)}
	}
}

// back takes back the memory of what was judged.
func (c *court) back(d *docket) *docket {
	c.out--
	c.renew(d)
	return d
}

func (c *court) renew(d *docket) {
	c.p.analyzer.Reuse(d.lot)
	clear(d.cases)
	d.records.Reset(roomKept)
	*d = docket{cases: d.cases[:0], judged: d.judged, heard: d.heard, records: d.records}
}

// close waits until everything is judged.
func (c *court) close() {
	c.send()
	if c.waiting == nil {
		return
	}
	close(c.waiting)
	c.judges.Wait()
	if c.record != nil {
		close(c.record)
		c.clerk.Wait()
	}
}
