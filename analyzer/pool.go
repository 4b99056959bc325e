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

// taken gives the message that was made in the memory that Message gave last.
func (p *pool) taken() *Message {
	m := p.next
	p.next = nil
	return m
}

type freeList[T any] []*T

func (l *freeList[T]) get() *T {
	n := len(*l)
	if n == 0 {
		return new(T)
	}
	x := (*l)[n-1]
	*l = (*l)[:n-1]
	return x
}

func (l *freeList[T]) put(x *T) {
	if len(*l) < poolKept {
		*l = append(*l, x)
	}
}

// exchange takes an exchange back that was handed on and that nobody refers to
// any more, with its messages.
func (p *pool) exchange(ex *exchange) {
	if ex == nil || ex.pooled {
		return
	}
	if ex.pooled = true; p.lot != nil && ex.handed {
		p.lot.exchanges = append(p.lot.exchanges, ex)
		return
	}
	p.empty(ex)
}

func (p *pool) empty(ex *exchange) {
	p.message(ex.req)
	p.message(ex.resp)
	for _, m := range ex.interim {
		p.message(m)
	}
	clear(ex.interim)
	*ex = exchange{
		pooled: true, interim: ex.interim[:0],
		reqBody: Body{Data: ex.reqBody.Data[:0]}, body: Body{Data: ex.body.Data[:0]},
	}
	p.exchanges.put(ex)
}

func (p *pool) message(m *Message) {
	if m == nil || m.Kind == 0 {
		return
	}
	m.Kind = 0 // it is in the pool
	if cap(m.spans) <= spansKept && cap(m.Raw) <= rawKept && cap(m.Fields) <= fieldsKept {
		p.messages.put(m)
	}
}

// watch takes a watch back whose session nobody refers to any more.
func (p *pool) watch(w *watch) {
	s := &w.session
	*s = Session{
		First:  [2][]Frame{s.First[0][:0], s.First[1][:0]},
		Start:  [2]Prefix{{Data: s.Start[0].Data[:0]}, {Data: s.Start[1].Data[:0]}},
		Events: s.Events[:0],
	}
	w.x, w.ex, w.readers, w.over = nil, nil, [2]*frame.Reader{}, false
	p.watches.put(w)
}

// conn takes back what was followed of a conversation.
func (p *pool) conn(x *conn) {
	for _, list := range [...][]*exchange{x.queue, x.orphans} {
		for _, ex := range list {
			p.exchange(ex)
		}
	}
	p.exchange(x.reading)
	p.exchange(x.firstOrphan)
	if x.watch != nil {
		p.exchange(x.watch.ex)
	}
	if p.lot != nil && x.emitted > 0 {
		p.lot.conns = append(p.lot.conns, x)
		return
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
