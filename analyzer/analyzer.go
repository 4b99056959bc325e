package analyzer

import (
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// Defaults of Options.
const (
	DefaultTimeout        = 10e9 // nanoseconds without a response
	DefaultLookAheadTime  = 5e9  // nanoseconds after a 101
	DefaultLookAheadBytes = 64 << 10
	DefaultMaxHeld        = 40 << 20
)

// Options tune an Analyzer. The zero value is useful.
type Options struct {
	// Timeout is how long a request may stay unanswered before it counts as
	// unanswered for good, in nanoseconds of capture time; 0 = DefaultTimeout.
	Timeout int64
	// LookAheadTime and LookAheadBytes (each way) bound what is watched after a
	// 101; 0 = the defaults.
	LookAheadTime  int64
	LookAheadBytes uint64
	// Named reports whether the user named this server; attempts to it count as
	// likely WebSocket attempts even if they never reached HTTP. May be nil.
	Named func(server capture.Endpoint) bool
	// Ended is called for each session that outlived its look-ahead, when its
	// connection ends, but not for those in HTTP/2; may be nil.
	Ended func(*SessionEnd)
	// Abandoned is called for each conversation about which nothing will be said any
	// more, whatever comes, or that was given up to stay within MaxHeld: its memory can
	// be given back, though not during the call. May be nil.
	Abandoned func(*reassembly.Conversation)
	// Live is set where packets are seen as they are captured: see [Analyzer.Tick].
	Live bool
	// Hold keeps the handshakes that were handed on as they are, until they are given
	// back: see [Analyzer.Cut]. Whoever looks at one calls [Handshake.Decide] first.
	// Not for use with Live.
	Hold bool
	// Keys are the secrets with which what is inside of TLS can be read; there may be more
	// of them while it is. nil = none.
	Keys *tls.KeyLog
	// LateKeys is set where secrets may come after the records that they are for: these
	// wait, up to a bound.
	LateKeys bool
	// MaxHeld bounds the octets that are held for conversations which are not
	// decided, over all of them; those that were quiet for longest are given up
	// first. 0 = DefaultMaxHeld.
	MaxHeld int
}

// Analyzer turns streams into handshakes. It implements reassembly.Handler and
// is used by one goroutine. The time of each packet is told by [Analyzer.See].
type Analyzer struct {
	opts   Options
	emit   func(*Handshake)
	now    int64 // latest capture time seen
	ahead  bool  // the packet before was far ahead of it
	names  names
	errors icmpErrors
	jars   cookies
	idle   idleHTTP2
	stats  Stats
	pool   pool
	forms  http1.Forms
	held   ledger
	hand   Handshake // the one that is being handed on
	ticked int64     // capture time of the last look at all conversations
	opened opened
}

// New gives an Analyzer that hands each finished handshake to emit, in the order
// in which they are decided. Unless Options.Hold is set, the handshake and all that
// it refers to are valid during the call only: their memory serves the next one.
func New(emit func(*Handshake), o Options) *Analyzer {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.LookAheadTime == 0 {
		o.LookAheadTime = DefaultLookAheadTime
	}
	if o.LookAheadBytes == 0 {
		o.LookAheadBytes = DefaultLookAheadBytes
	}
	if o.MaxHeld == 0 {
		o.MaxHeld = DefaultMaxHeld
	}
	a := &Analyzer{opts: o, emit: emit}
	if o.Hold {
		a.pool.lot = new(Lot)
	}
	return a
}

// Stats gives what was counted so far.
func (a *Analyzer) Stats() *Stats {
	a.opened.enter(&a.stats)
	return &a.stats
}

// Opened implements reassembly.Handler.
func (a *Analyzer) Opened(c *reassembly.Conversation) {
	if a.opened.capture != c.First.Capture {
		a.opened.enter(&a.stats)
		a.opened.capture = c.First.Capture
	}
	a.opened.n++
	if a.opts.Live {
		a.conn(c) // a tick may have to judge it before anything is said
	}
}

// Data implements reassembly.Handler.
func (a *Analyzer) Data(c *reassembly.Conversation, ch *reassembly.Chunk) {
	x, ok := c.User.(*conn)
	if !ok {
		if x = a.conn(c); x == nil {
			return
		}
	}
	x.data(ch)
	a.after(x)
}

// Signal implements reassembly.Handler.
func (a *Analyzer) Signal(c *reassembly.Conversation, s *reassembly.Signal) {
	if u, ok := c.User.(session); ok {
		c.User = decided{}
		a.ends(c, u, s)
		return
	}
	if x := a.conn(c); x != nil {
		x.signal(s)
		a.after(x)
	}
}

// Closed implements reassembly.Handler.
func (a *Analyzer) Closed(c *reassembly.Conversation, end reassembly.End) {
	if x := a.conn(c); x != nil {
		x.close(end)
		a.release(x)
	}
	c.User = nil
}

// decided stands for what was followed of a conversation about which everything
// has been said.
type decided struct{}

// after frees the memory of a conversation that was decided, and keeps within
// the limit otherwise.
func (a *Analyzer) after(x *conn) {
	if x.c.Ignored() && a.leave(x) {
		return
	}
	a.held.note(x)
	for a.held.octets > a.opts.MaxHeld {
		a.giveUp(a.held.oldest)
	}
}

// leave frees the memory of a conversation that was decided, and reports whether
// it was.
func (a *Analyzer) leave(x *conn) bool {
	if !x.c.Ignored() || !x.said() {
		return false
	}
	switch x.c.User = (decided{}); {
	case x.session.known:
		x.c.User = x.session
	case x.emitted == 0: // others end soon
		a.abandon(x.c)
	}
	a.release(x)
	return true
}

// abandon leaves a conversation about which nothing will be said any more.
func (a *Analyzer) abandon(c *reassembly.Conversation) {
	c.User = decided{}
	if a.opts.Abandoned != nil {
		c.Abandon()
		a.opts.Abandoned(c)
	}
}

// giveUp decides a conversation by what is known of it now.
func (a *Analyzer) giveUp(x *conn) {
	a.stats.Shed++
	x.c.Abandon()
	x.close(reassembly.EndEvicted)
	a.abandon(x.c)
	a.release(x)
}

func (a *Analyzer) release(x *conn) {
	a.held.remove(x)
	a.pool.conn(x)
}

// See moves capture time to that of a packet, in nanoseconds; it never goes back. It
// is called before the packet is handed to the assembler, whatever connection it is
// of: silence is measured by it.
//
// A single packet that is further ahead than a response may take is not believed
// before the next one says the same: clocks of interfaces and of merged files differ.
func (a *Analyzer) See(t int64) {
	switch {
	case t <= a.now:
		a.ahead = false
	case t-a.now > a.opts.Timeout && a.now != 0 && !a.ahead:
		a.ahead = true
	default:
		a.now, a.ahead = t, false
	}
}

// conn gives what is followed of a conversation; nil when it was decided.
func (a *Analyzer) conn(c *reassembly.Conversation) *conn {
	switch u := c.User.(type) {
	case *conn:
		return u
	case decided, session:
		return nil
	}
	x := a.pool.conns.get()
	x.begin(a, c)
	c.User = x
	a.held.enter(x)
	return x
}

// ICMPError takes an ICMP error; it is kept for the connection that it quotes.
func (a *Analyzer) ICMPError(e *capture.ICMPError) {
	a.See(e.Ref.Time)
	a.errors.add(e)
}

// DNS takes a DNS message; answers are kept with connections to the addresses
// that they name.
func (a *Analyzer) DNS(m *capture.DNSMessage) {
	a.See(m.Ref.Time)
	a.names.add(m)
}
