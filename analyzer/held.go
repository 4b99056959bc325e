package analyzer

import "github.com/handshark/handshark/reassembly"

// Defaults of Options.MaxHeld, in bytes.
const (
	DefaultMaxHeld        = 64 << 20
	DefaultMaxHeldOfFiles = 256 << 20
)

// weighEvery is how many bytes go by between two weighings of all conversations,
// where no tick does it: a walk over all of them must stay rare.
const weighEvery = 16 << 20

// fairShare is what a conversation may hold in bytes without being among the
// first to be given up.
const fairShare = 16 << 10

// weigh looks now and then what all conversations hold together.
func (a *Analyzer) weigh(n int) {
	if a.active.passed += n; a.opts.Live || a.active.passed < weighEvery {
		return
	}
	a.active.passed = 0
	held := 0
	for x := a.active.head; x != nil; {
		next := x.listed.next
		if x.c.Ignored() {
			a.active.remove(x)
		} else {
			held += x.held()
		}
		x = next
	}
	a.shed(held)
}

// held gives the bytes kept for a conversation.
func (x *conn) held() int {
	n := 0
	for s := range x.lanes {
		l := &x.lanes[s]
		n += len(l.sniff) + len(x.prefix[s].Data)
		if l.http != nil {
			n += l.http.Buffered()
		}
		for i := range l.stray {
			n += len(l.stray[i].data)
		}
	}
	for _, ex := range x.queue {
		n += len(ex.req.Raw) + len(ex.reqBody.Data)
	}
	return n
}

// shed gives up the oldest conversations, first of those that hold much, until
// what all of them hold together is within bounds.
func (a *Analyzer) shed(held int) {
	for _, least := range [...]int{fairShare, 0} {
		for x := a.active.head; x != nil && held > a.opts.MaxHeld; {
			next := x.listed.next
			if n := x.held(); n >= least {
				x.giveUp()
				held -= n
			}
			x = next
		}
	}
	a.active.held = held
}

// giveUp judges what is there and follows the conversation no more.
func (x *conn) giveUp() {
	x.a.stats.Shed++
	x.end = reassembly.EndEvicted
	for s := range x.lanes {
		x.lanes[s].finish(x.end)
	}
	x.settle()
	x.end = 0
	for s := range x.lanes {
		x.lanes[s].mode, x.lanes[s].http, x.lanes[s].sniff, x.lanes[s].stray = modeOther, nil, nil, nil
	}
	x.ignore()
	x.a.active.remove(x)
}
