package reassembly

// chainID names one of the lists in which conns stand.
type chainID uint8

const (
	holding   chainID = iota // a wait is on the clock
	waiting                  // items wait
	lingering                // about to close
	chainCount
)

// link is a conn's place in an intrusive list: the indices of its neighbours in
// Assembler.conns, 0 at the ends.
type link struct {
	prev, next uint32
	in         bool
}

// chain is an intrusive list of conns, oldest first.
type chain struct {
	head, tail *conn
	conns      *[]*conn
	id         chainID
	length     int
}

// at gives the conn of an index, nil for 0.
func (l *chain) at(i uint32) *conn { return (*l.conns)[i] }

func (l *chain) push(c *conn) {
	k := &c.links[l.id]
	if k.in {
		return
	}
	*k = link{in: true}
	if l.tail != nil {
		k.prev = l.tail.index
		l.tail.links[l.id].next = c.index
	} else {
		l.head = c
	}
	l.tail = c
	l.length++
}

// unlink takes c out, if it is in.
func (l *chain) unlink(c *conn) {
	if c.links[l.id].in {
		l.remove(c)
	}
}

func (l *chain) remove(c *conn) {
	k := &c.links[l.id]
	prev, next := l.at(k.prev), l.at(k.next)
	if prev != nil {
		prev.links[l.id].next = k.next
	} else {
		l.head = next
	}
	if next != nil {
		next.links[l.id].prev = k.prev
	} else {
		l.tail = prev
	}
	*k = link{}
	l.length--
}
