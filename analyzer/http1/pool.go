package http1

// Bounds of what a Pool keeps: messages, bytes and field lines of one.
const (
	poolMessages = 256
	poolRaw      = 4 << 10
	poolFields   = 64
)

// Pool keeps the memory of messages that are done with for later ones, so that
// heads without number cost no allocation each. The zero Pool is ready to use;
// it serves any number of readers of one goroutine.
type Pool struct{ free []*Message }

// Put takes a message that nobody refers to any more, its slices included. A
// reader may still be in its body.
func (p *Pool) Put(m *Message) {
	if len(p.free) < poolMessages && cap(m.Raw) <= poolRaw && cap(m.Fields) <= poolFields {
		p.free = append(p.free, m)
	}
}

// get gives an empty message.
func (p *Pool) get() *Message {
	if p == nil || len(p.free) == 0 {
		return &Message{}
	}
	m := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	*m = Message{Raw: m.Raw[:0], Fields: m.Fields[:0], Deviations: m.Deviations[:0]}
	return m
}
