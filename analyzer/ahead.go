package analyzer

import "github.com/handshark/handshark/analyzer/http1"

// Head is a head that was read, by a [HeadReader], before its connection is followed,
// with what else can be told by its octets alone. Its memory serves others again.
type Head struct {
	message *Message
	first   *byte // of the octets in the packet
	asks    bool  // see attempt; requests only
	dialect Dialect
	framing http1.Framing // of a request
}

// HeadReader reads heads out of packets on another goroutine than the one that follows
// connections, which is the one that is waited for. It is not safe for concurrent use;
// the zero value is ready.
type HeadReader struct{ ahead http1.Ahead }

// Read reads the head that the payload of a packet begins with into h, and reports whether
// there is one that is usual enough.
func (r *HeadReader) Read(h *Head, payload []byte) bool {
	if h.message == nil {
		h.message = new(Message)
	}
	m := &h.message.Message
	if !r.ahead.Read(m, payload) {
		return false
	}
	h.first = &payload[0]
	if m.Kind == http1.Request {
		h.asks, h.dialect, h.framing = attempt(m), dialect(m), http1.BodyFraming(m, "")
	}
	return true
}

// Expect tells of the head that the packet which comes next begins with; nil = none. It
// holds until the next call: the payload must stay as it is so long.
func (a *Analyzer) Expect(h *Head) { a.pool.expected = h }

// Foretold implements http1.Source. The message goes to whoever asked for it, another one
// into its place.
func (p *pool) Foretold(kind http1.Kind, data []byte, limit int) *http1.Message {
	h := p.expected
	if h == nil || h.first != &data[0] || h.message.Kind != kind || len(h.message.Raw) > min(len(data), limit) {
		return nil
	}
	spare := p.next
	if spare == nil && p.messages.n > 0 {
		spare = p.messages.get()
	}
	p.next, h.message = h.message, spare
	p.expected, p.foretold = nil, h
	return &p.next.Message
}

// marks gives what attempt, dialect and http1.BodyFraming say of a request, which h is, if
// it is not nil.
func (h *Head) marks(m *http1.Message) (asks bool, d Dialect, f http1.Framing) {
	if h != nil {
		return h.asks, h.dialect, h.framing
	}
	return attempt(m), dialect(m), http1.BodyFraming(m, "")
}
