package reassembly

// listID names one of the lists in which flows stand by age.
type listID uint8

// Every flow is in exactly one list. A flow is not moved at each of its packets:
// it keeps its place and is put to the end when it comes to the head and turns
// out to have had packets since. So a packet costs nothing here, and looking at
// a head is paid for by the packets that made it stale.
const (
	forgettable   listID = iota // closed and silent: no Conversation behind it
	opening                     // not established
	establishedID               // data or a completed handshake was seen
	listCount
)

// queue is an intrusive list of flows.
type queue struct{ head, tail uint32 }

func (t *table) push(q *queue, i uint32) {
	f := t.flow(i)
	f.prev, f.next = q.tail, 0
	if q.tail != 0 {
		t.flow(q.tail).next = i
	} else {
		q.head = i
	}
	q.tail = i
}

func (t *table) unlink(q *queue, i uint32) {
	f := t.flow(i)
	if f.prev != 0 {
		t.flow(f.prev).next = f.next
	} else {
		q.head = f.next
	}
	if f.next != 0 {
		t.flow(f.next).prev = f.prev
	} else {
		q.tail = f.prev
	}
	f.prev, f.next = 0, 0
}

// enlist moves flow i to the end of list id.
func (a *Assembler) enlist(i uint32, id listID) {
	f := a.flows.flow(i)
	if f.list == id && f.next == 0 {
		f.queued = f.last
		return
	}
	a.flows.unlink(&a.lists[f.list], i)
	f.list, f.queued = id, f.last
	a.flows.push(&a.lists[id], i)
}

// oldest gives the flow of list id that was idle for longest, or 0.
func (a *Assembler) oldest(id listID) uint32 {
	for {
		i := a.lists[id].head
		if i == 0 || a.flows.flow(i).queued == a.flows.flow(i).last {
			return i
		}
		a.enlist(i, id)
	}
}

// expired looks at the head of list id and gives its flow if it was idle for
// longer than limit seconds, else 0. It visits one flow.
func (a *Assembler) expired(id listID, limit uint32) uint32 {
	i := a.lists[id].head
	if i == 0 {
		return 0
	}
	f := a.flows.flow(i)
	if a.clock.second-min(f.queued, a.clock.second) <= limit {
		return 0
	}
	if f.queued != f.last {
		a.enlist(i, id)
		return 0
	}
	return i
}
