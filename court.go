package handshark

import (
	"sync"

	"github.com/handshark/handshark/analyzer"
)

// Bounds of what is on its way to judgement: handshakes of a docket, and dockets.
const (
	docketSize = 64
	dockets    = 4
)

// docket is a run of handshakes in the order in which they were decided, with
// their memory.
type docket struct {
	cases []decided
	lot   *analyzer.Lot
}

// decided is a handshake with what its packets' numbers meant when it was decided.
type decided struct {
	*analyzer.Handshake
	naming naming
}

// court judges handshakes on a goroutine of its own while the packets behind them
// are read. They come to the ledger in the order in which they were decided, so
// that the report does not depend on it.
type court struct {
	p       *pipeline
	filling *docket
	waiting chan *docket // to be judged
	judged  chan *docket // whose memory can be used again
	out     int          // dockets not back yet
	done    sync.WaitGroup
}

func newCourt(p *pipeline) *court {
	c := &court{p: p, filling: &docket{}, waiting: make(chan *docket, dockets), judged: make(chan *docket, dockets)}
	c.done.Go(c.sit)
	return c
}

// sit judges until nothing more comes.
func (c *court) sit() {
	for d := range c.waiting {
		for _, x := range d.cases {
			c.p.judge(x.Handshake, x.naming)
		}
		c.judged <- d
	}
}

// add takes a decided handshake.
func (c *court) add(h *analyzer.Handshake) {
	d := c.filling
	if d.cases = append(d.cases, decided{h, c.p.naming()}); len(d.cases) == docketSize {
		c.send()
	}
}

// send hands over what has come together.
func (c *court) send() {
	d := c.filling
	d.lot = c.p.analyzer.Cut()
	c.waiting <- d
	c.out++
	c.filling = c.next()
}

// next gives an empty docket: one that came back, or, as long as there are few, a
// new one.
func (c *court) next() *docket {
	for c.out == dockets {
		c.back(<-c.judged)
	}
	select {
	case d := <-c.judged:
		return c.back(d)
	default:
		return &docket{}
	}
}

// back takes back the memory of what was judged.
func (c *court) back(d *docket) *docket {
	c.out--
	c.p.analyzer.Reuse(d.lot)
	clear(d.cases)
	*d = docket{cases: d.cases[:0]}
	return d
}

// close waits until everything is judged.
func (c *court) close() {
	c.send()
	close(c.waiting)
	c.done.Wait()
}
