package analyzer

// Lot is the memory of handshakes that were handed on and of the conversations
// that they came from.
type Lot struct {
	hands     []*Handshake
	conns     []*conn
	exchanges []*exchange
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
	for _, x := range lot.conns {
		p.vacate(x)
	}
	for _, h := range lot.hands {
		p.hands.put(h)
	}
	*lot = Lot{hands: emptied(lot.hands), conns: emptied(lot.conns), exchanges: emptied(lot.exchanges)}
	p.lots.put(lot)
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
