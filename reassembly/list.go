package reassembly

// link is a conn's place in an intrusive list: the indices of its neighbours in
// Assembler.conns, 0 at the ends.
type link struct {
	prev, next uint32
	in         bool
}

// chain is an intrusive list of conns, oldest first. pick tells which link of a
// conn belongs to it.
type chain struct {
	head, tail *conn
	conns      *[]*conn
	pick       func(*conn) *link
	length     int
}

// at gives the conn of an index, nil for 0.
func (l *chain) at(i uint32) *conn { return (*l.conns)[i] }

func (l *chain) push(c *conn) {
	k := l.pick(c)
	if k.in {
		return
	}
	*k = link{in: true}
	if l.tail != nil {
		k.prev = l.tail.index
		l.pick(l.tail).next = c.index
	} else {
		l.head = c
	}
	l.tail = c
	l.length++
}

func (l *chain) unlink(c *conn) {
	k := l.pick(c)
	if !k.in {
		return
	}
	prev, next := l.at(k.prev), l.at(k.next)
	if prev != nil {
		l.pick(prev).next = k.next
	} else {
		l.head = next
	}
	if next != nil {
		l.pick(next).prev = k.prev
	} else {
		l.tail = prev
	}
	*k = link{}
	l.length--
}
