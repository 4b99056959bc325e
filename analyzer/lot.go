package analyzer

// Lot is the memory of handshakes that were handed on.
type Lot struct {
	hands     []*Handshake
	messages  []*Message
	watches   []*watch
	exchanges []*exchange // with bodies or interim responses
}

// Cut gives what the handshakes handed on since the last Cut refer to. They are
// valid, and nothing but the goroutine that got them touches what they refer to,
// until [Analyzer.Reuse] is called for this lot. Lots must be given back in the
// order in which they were cut: a handshake may refer to what came with a lot
// before its own. Only with Options.Hold.
func (a *Analyzer) Cut() *Lot {
	cut := a.pool.lot
	a.pool.lot = a.pool.lots.get()
	return cut
}

// Reuse takes back a lot whose handshakes nobody looks at any more.
func (a *Analyzer) Reuse(lot *Lot) {
	p := &a.pool
	for _, ex := range lot.exchanges {
		p.empty(ex)
	}
	for _, m := range lot.messages {
		p.messages.put(m) // as it is: it is empty before it is in use again, wherever that is
	}
	for _, w := range lot.watches {
		p.watch(w)
	}
	for _, h := range lot.hands {
		p.hands.put(h)
	}
	*lot = Lot{emptied(lot.hands), emptied(lot.messages), emptied(lot.watches), emptied(lot.exchanges)}
	p.lots.put(lot)
}

// keep keeps a message that was handed on until it can be used again.
func (l *Lot) keep(m *Message) {
	if m != nil && m.fits() {
		l.messages = append(l.messages, m)
	}
}

// emptied gives an empty list with the memory of list.
func emptied[T any](list []*T) []*T {
	clear(list)
	return list[:0]
}

// blank gives the memory of the next handshake.
func (a *Analyzer) blank() *Handshake {
	lot := a.pool.lot
	if lot == nil {
		return &a.hand
	}
	h := a.pool.hands.get()
	lot.hands = append(lot.hands, h)
	return h
}
