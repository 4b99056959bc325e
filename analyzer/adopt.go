package analyzer

import (
	"time"

	"github.com/handshark/handshark/reassembly"
)

// adopt joins a response that came before its request, or during it (a 408, or
// packets captured in another order), with the request.
func (x *conn) adopt() {
	for len(x.orphans) > 0 && len(x.queue) > 0 && x.orphans[0].resp != nil {
		o, ex := x.orphans[0], x.queue[0]
		if o.done || x.earlier(o.resp, ex) {
			return
		}
		x.shiftOrphan()
		x.shift()
		ex.interim, ex.resp, ex.body = o.interim, o.resp, o.body
		o.interim, o.resp, o.body = nil, nil, Body{}
		if x.reading == o {
			x.reading = ex
			continue
		}
		x.finishExchange(ex)
		x.retire(ex)
	}
}

// earlier reports whether a response answers a request before ex that was not
// captured: the server had acknowledged nothing of ex when it answered, or what it
// had is unknown and the answer came first.
func (x *conn) earlier(resp *Message, ex *exchange) bool {
	begun := x.c.SYN.Seen
	switch lost := ex.ordinal > 0 || x.c.Halves[reassembly.Client].Missing > 0 || !begun; {
	case !lost:
		return false
	case resp.HasAck:
		return resp.Acked <= ex.req.Offset && (ex.req.Offset > 0 || !begun)
	}
	return !begun && resp.Last.Time+disorder < ex.req.First.Time
}

// disorder is how far the packets of the two directions may be out of order in a
// capture, in nanoseconds: they come through queues of their own.
const disorder = int64(time.Millisecond)
