package analyzer

import (
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/analyzer/http1"
)

// poolKept bounds the objects of each kind that wait to be used again: about as
// many conversations as are undecided at once in ordinary traffic.
const poolKept = 256

// Bounds of what a message in the pool has room for: packets, octets and field
// lines.
const (
	spansKept  = 64
	rawKept    = 4 << 10
	fieldsKept = 64
)

// pool keeps the memory of finished conversations for later ones: what a
// conversation needs until it is decided costs no allocation once it was needed
// before.
type pool struct {
	hands     freeList[Handshake]
	conns     freeList[conn]
	exchanges freeList[exchange]
	messages  freeList[Message]
	watches   freeList[watch]
	next      *Message // for the head that is read next; may be nil
	expected  *Head    // see Analyzer.Expect; may be nil
	foretold  *Head    // of what next is, if it was read ahead
	lot       *Lot     // where finished objects wait; nil: nobody reads them any more
	lots      freeList[Lot]
}

// Message implements http1.Source.
func (p *pool) Message() *http1.Message {
	if p.next == nil {
		p.next = p.messages.get()
	}
	return &p.next.Message
}

// taken gives the message that was made in the memory that Message gave last, or that was
// foretold, with what else was.
func (p *pool) taken() (m *Message, ahead *Head) {
	m, ahead = p.next, p.foretold
	p.next, p.foretold = nil, nil
	return m, ahead
}

// freeList has room for all that it may hold: code that makes room would be in each
// function that gives something back.
type freeList[T any] struct {
	free [poolKept]*T
	n    int
}

func (l *freeList[T]) get() *T {
	if l.n == 0 {
		return new(T)
	}
	l.n--
	return l.free[l.n%poolKept]
}

func (l *freeList[T]) put(x *T) {
	if l.n < poolKept {
		l.free[l.n%poolKept] = x
		l.n++
	}
}

// exchange takes an exchange back, with its messages: those that were handed on when
// nobody reads them any more. What is followed itself is not handed on, so that the
// next conversation finds it in the cache.
func (p *pool) exchange(ex *exchange) {
	if ex == nil || ex.pooled {
		return
	}
	if ex.pooled = true; p.lot != nil && ex.handed {
		if len(ex.interim)+len(ex.reqBody.Data)+len(ex.body.Data) > 0 {
			p.lot.exchanges = append(p.lot.exchanges, ex)
			return
		}
		p.lot.keep(ex.req)
		p.lot.keep(ex.resp)
		ex.req, ex.resp = nil, nil
	}
	p.empty(ex)
}

func (p *pool) empty(ex *exchange) {
	p.message(ex.req)
	p.message(ex.resp)
	for i, m := range ex.interim {
		p.message(m)
		ex.interim[i] = nil
	}
	interim, reqBody, body := ex.interim[:0], ex.reqBody.Data[:0], ex.body.Data[:0]
	*ex = exchange{} // in place, as a literal with all of it is not
	ex.pooled, ex.interim, ex.reqBody.Data, ex.body.Data = true, interim, reqBody, body
	p.exchanges.put(ex)
}

func (p *pool) message(m *Message) {
	if m == nil || m.Kind == 0 {
		return
	}
	m.Kind = 0 // it is in the pool
	if m.fits() {
		p.messages.put(m)
	}
}

// unread takes back a head that is nobody's business.
func (p *pool) unread(m *Message) {
	m.Packed = false
	p.message(m)
}

// fits reports whether m is small enough to be used again. Heads of HTTP/2 are rare.
func (m *Message) fits() bool {
	octets, fields := m.Room()
	return !m.Packed && cap(m.spans) <= spansKept && octets <= rawKept && fields <= fieldsKept
}

// watch takes a watch back whose session nobody refers to any more.
func (p *pool) watch(w *watch) {
	s := &w.session
	first, start, events := s.First, s.Start.Data[:0], s.Events[:0]
	*s = Session{}
	s.First[0], s.First[1], s.Start.Data, s.Events = first[0][:0], first[1][:0], start, events
	w.x, w.ex, w.readers, w.over, w.reading = nil, nil, [2]*frame.Reader{}, false, false
	w.unread.octets, w.unread.items = w.unread.octets[:0], w.unread.items[:0]
	p.watches.put(w)
}

// conn takes back what was followed of a conversation.
func (p *pool) conn(x *conn) {
	for _, ex := range x.queue {
		p.exchange(ex)
	}
	for _, ex := range x.orphans {
		p.exchange(ex)
	}
	p.exchange(x.reading)
	p.exchange(x.firstOrphan)
	if x.watch != nil {
		p.exchange(x.watch.ex)
	}
	if p.lot != nil && x.watch != nil {
		p.lot.watches = append(p.lot.watches, x.watch) // a handshake may refer to its session
		x.watch = nil
	}
	p.vacate(x)
}

// vacate empties what was followed of a conversation for the next one.
func (p *pool) vacate(x *conn) {
	if x.watch != nil {
		p.watch(x.watch)
	}
	x.empty()
	p.conns.put(x)
}
