package reassembly

// link is a conn's place in an intrusive list.
type link struct {
	prev, next *conn
	in         bool
}

// chain is an intrusive list of conns, oldest first. pick tells which link of a
// conn belongs to it.
type chain struct {
	head, tail *conn
	pick       func(*conn) *link
	length     int
}

func (l *chain) push(c *conn) {
	k := l.pick(c)
	if k.in {
		return
	}
	*k = link{prev: l.tail, in: true}
	if l.tail != nil {
		l.pick(l.tail).next = c
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
	if k.prev != nil {
		l.pick(k.prev).next = k.next
	} else {
		l.head = k.next
	}
	if k.next != nil {
		l.pick(k.next).prev = k.prev
	} else {
		l.tail = k.prev
	}
	*k = link{}
	l.length--
}

func newChain(pick func(*conn) *link) chain { return chain{pick: pick} }
