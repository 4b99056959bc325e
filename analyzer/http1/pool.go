package http1

// Source gives the memory of messages, so that heads without number cost no
// allocation each.
type Source interface {
	// Message gives a message whose memory may be overwritten. It is in use from
	// the call of Handler.Head with it on; until then the next call may give the
	// same one.
	Message() *Message
	// Foretold gives, instead of Message, the one that [Ahead.Read] made of the head that
	// data begins with, at most limit octets of it; nil if there is none.
	Foretold(kind Kind, data []byte, limit int) *Message
}

// message gives an empty message.
func (r *Reader) message() *Message {
	if r.source == nil {
		return &Message{Kind: r.kind}
	}
	m := r.source.Message()
	m.empty(r.kind)
	return m
}

// empty drops all but the memory of m.
func (m *Message) empty(kind Kind) {
	raw, fields, deviations, own := m.Raw[:0], m.fields[:0], m.Deviations[:0], m.own
	*m = Message{} // in place, as a literal with all of it is not
	m.Kind, m.Raw, m.fields, m.Deviations, m.own = kind, raw, fields, deviations, own
}

// Room gives for how many octets and field lines m has room.
func (m *Message) Room() (octets, fields int) { return cap(m.Raw), cap(m.fields) }
