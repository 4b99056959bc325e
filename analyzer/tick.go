package analyzer

import (
	"slices"
	"time"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// Watching as things happen: a [Tick] moves capture time without a packet, and
// whatever time alone decides is handed on then. Analysis of files needs no ticks:
// there every conversation is closed in the end.

// tickEvery is how far apart two looks at all conversations are, in nanoseconds
// of capture time.
const tickEvery = int64(200 * time.Millisecond)

// settleTime is how long a conversation that failed before HTTP must have been
// quiet to be judged before it is closed: what explains the failure follows at
// once.
const settleTime = int64(time.Second)

// Tick moves capture time to now, in nanoseconds, and hands on what that
// decides: requests that stayed unanswered, sessions whose look-ahead is over,
// connections that do not come about. It needs Options.Live. now must not run
// ahead of packets that are still to come by more than a moment.
func (a *Analyzer) Tick(now int64) {
	a.now, a.ahead = max(a.now, now), false
	if a.now-a.ticked < tickEvery {
		return
	}
	a.ticked = a.now
	for x := a.held.oldest; x != nil; {
		next := x.entry.next
		x.tick()
		a.leave(x)
		x = next
	}
	a.lookups()
}

// tick hands on what time has decided.
func (x *conn) tick() {
	now := x.a.now
	if x.tls != nil && x.stream == nil {
		x.tls.inside.retry()
	}
	if x.watch != nil {
		x.watch.advance(now)
		return
	}
	if x.mux != nil {
		x.mux.tick()
	}
	for _, ex := range x.queue {
		x.overdue(ex, now)
	}
	x.endless(now)
	for _, ex := range x.orphans {
		if ex.resp != nil && now-ex.resp.Last.Time > x.a.opts.LookAheadTime && ex != x.reading {
			x.emitExchange(ex)
		}
	}
	if x.emitted == 0 && x.ordinal == 0 && x.stream == nil && x.stillborn(now) {
		x.emitBare()
	}
}

// overdue hands on a request that was not answered in time. Should the answer
// come after all, the handshake is handed on once more, as an amendment. An answer
// whose head has begun is waited for: how it goes on says more than the time.
func (x *conn) overdue(ex *exchange, now int64) {
	if ex.done || ex.told > 0 || !ex.attempt || now-ex.req.Last.Time < x.a.opts.Timeout {
		return
	}
	if answer := x.lanes[reassembly.Server].http; answer != nil && answer.Busy() {
		return
	}
	x.adoptAnswer()
	if x.emitExchange(ex); ex.resp == nil {
		ex.done, ex.told = false, x.root().emitted
	}
}

// endless hands on an answer whose body goes on until the connection is closed,
// or has stopped coming.
func (x *conn) endless(now int64) {
	if ex := x.reading; ex != nil && ex.attempt && now-ex.resp.Last.Time > x.a.opts.LookAheadTime {
		x.finishExchange(ex)
	}
}

// stillborn reports whether a conversation without a request can be judged: it
// was quiet for a moment, and a connection that does not come about was tried
// three times, or for as long as a response may take.
func (x *conn) stillborn(now int64) bool {
	if now-x.c.Last.Time < settleTime {
		return false
	}
	waiting := x.c.SYN.Seen && !x.c.SYNACK.Seen && len(x.signals) == 0 && len(x.a.errors.of(x.c)) == 0
	return !waiting || x.c.SYNs > 2 || now-x.c.First.Time >= x.a.opts.Timeout
}

// number gives which handshake of its connection h is, from 0.
func (h *Handshake) number(x *conn, ex *exchange) int {
	if ex != nil && ex.told > 0 {
		h.Amends = true
		return ex.told - 1
	}
	return x.root().emitted
}

// Held gives about how many bytes are held for conversations that are not decided.
func (a *Analyzer) Held() int { return a.held.octets }

// lookups hands on names that did not resolve in time, and forgets the ones that
// did when there are many.
func (a *Analyzer) lookups() {
	l := &a.names.failed
	var late []*capture.DNSMessage
	for k, m := range l.byName {
		switch {
		case m == nil && len(l.byName) > lookupsKept/2:
			delete(l.byName, k)
		case m != nil && a.now-m.Ref.Time >= a.opts.Timeout:
			late = append(late, m)
			l.byName[k] = nil // told: asking again makes no further attempt of it
		}
	}
	slices.SortFunc(late, inOrder)
	for _, m := range late {
		h := a.failedLookup(m)
		h.ConnEnd, h.AtEnd = 0, false
		a.emit(h)
	}
}
