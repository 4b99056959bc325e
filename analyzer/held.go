package analyzer

// ledger counts the octets held for the conversations that are not decided and
// lists them, the one that was quiet for longest first.
type ledger struct {
	octets         int
	oldest, newest *conn
}

// entry is a conversation's place in a ledger.
type entry struct {
	octets     int
	prev, next *conn
	in         bool
	settled    bool // octets does not change any more
}

// enter takes a conversation that is followed from now on.
func (l *ledger) enter(x *conn) {
	x.entry.octets = connCost
	l.octets += connCost
	l.append(x)
}

// note takes a conversation that something just arrived on.
func (l *ledger) note(x *conn) {
	if !x.entry.settled {
		n := x.octets()
		l.octets += n - x.entry.octets
		x.entry.octets, x.entry.settled = n, x.watch != nil
	}
	if l.newest != x {
		l.unlink(x)
		l.append(x)
	}
}

func (l *ledger) append(x *conn) {
	x.entry.prev, x.entry.next, x.entry.in = l.newest, nil, true
	if l.newest != nil {
		l.newest.entry.next = x
	} else {
		l.oldest = x
	}
	l.newest = x
}

// remove takes a conversation off the list.
func (l *ledger) remove(x *conn) {
	l.octets -= x.entry.octets
	l.unlink(x)
	x.entry = entry{}
}

func (l *ledger) unlink(x *conn) {
	e := &x.entry
	if !e.in {
		return
	}
	if e.prev != nil {
		e.prev.entry.next = e.next
	} else {
		l.oldest = e.next
	}
	if e.next != nil {
		e.next.entry.prev = e.prev
	} else {
		l.newest = e.prev
	}
	e.in = false
}

// Octets that a conversation, an exchange and a place cost besides the data.
const (
	connCost     = 2 << 10
	exchangeCost = 1 << 10
	placeCost    = 48
)

// octets gives about how much memory is held for a conversation: connCost of one
// that begins.
func (x *conn) octets() int {
	n := connCost + x.queued.octets + x.orphaned.octets + len(x.prefix[0].Data) + len(x.prefix[1].Data)
	n += x.behind.octets()
	for s := range x.lanes {
		n += x.lanes[s].octets()
	}
	if x.tls != nil {
		n += tlsCost + x.tls.inside.octets()
	}
	if x.mux != nil {
		n += x.mux.octets()
	}
	if w := x.watch; w != nil {
		n += watchCost + w.ex.octets()
	}
	return n
}

// octets gives the octets of the heads of a request and its response.
func (ex *exchange) octets() int {
	n := 0
	for _, m := range [...]*Message{ex.req, ex.resp} {
		if m != nil {
			n += len(m.Raw)
		}
	}
	return n
}

// watchCost is what a session may cost besides the heads of its exchange.
const watchCost = 3 << 10

// tlsCost is what following a TLS handshake may cost: the records of both sides.
const tlsCost = 4 << 10

func (l *lane) octets() int {
	n := len(l.sniff) + placeCost*len(l.track.places)
	if l.http != nil {
		n += l.http.Buffered()
	}
	return n
}
