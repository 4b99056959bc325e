package analyzer

import (
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// Defaults of Options.
const (
	DefaultTimeout        = 10e9 // nanoseconds without a response
	DefaultLookAheadTime  = 5e9  // nanoseconds after a 101
	DefaultLookAheadBytes = 64 << 10
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
	// Live is set where packets are seen as they are captured: see [Analyzer.Tick].
	Live bool
	// MaxHeld bounds the bytes of unfinished heads over all conversations, in the
	// long run; the oldest are given up and counted. 0 = DefaultMaxHeld if Live,
	// else DefaultMaxHeldOfFiles.
	MaxHeld int
}

// Analyzer turns streams into handshakes. It implements reassembly.Handler and
// is used by one goroutine.
type Analyzer struct {
	opts   Options
	emit   func(*Handshake)
	now    int64 // latest capture time seen
	names  names
	errors icmpErrors
	jars   cookies
	stats  Stats
	active active
}

// New gives an Analyzer that hands each finished handshake to emit, in the order
// in which they are decided. emit may keep the handshake.
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
	switch {
	case o.MaxHeld != 0:
	case o.Live:
		o.MaxHeld = DefaultMaxHeld
	default:
		o.MaxHeld = DefaultMaxHeldOfFiles
	}
	return &Analyzer{opts: o, emit: emit}
}

// Stats gives what was counted so far.
func (a *Analyzer) Stats() *Stats { return &a.stats }

// Opened implements reassembly.Handler.
func (a *Analyzer) Opened(c *reassembly.Conversation) {
	a.see(c.First.Time)
	a.stats.Conversations++
	if a.opts.Live {
		a.conn(c) // a tick may have to judge it before anything is said
	}
}

// Data implements reassembly.Handler.
func (a *Analyzer) Data(c *reassembly.Conversation, ch *reassembly.Chunk) {
	a.see(ch.Ref.Time)
	a.conn(c).data(ch)
	a.weigh(len(ch.Data))
}

// Signal implements reassembly.Handler.
func (a *Analyzer) Signal(c *reassembly.Conversation, s *reassembly.Signal) {
	a.see(s.Ref.Time)
	a.conn(c).signal(s)
}

// Closed implements reassembly.Handler.
func (a *Analyzer) Closed(c *reassembly.Conversation, end reassembly.End) {
	a.see(c.Last.Time)
	a.conn(c).close(end)
	c.User = nil
}

// see moves capture time forward; it never goes back.
func (a *Analyzer) see(t int64) {
	if t > a.now {
		a.now = t
	}
}

func (a *Analyzer) conn(c *reassembly.Conversation) *conn {
	if x, ok := c.User.(*conn); ok {
		return x
	}
	x := newConn(a, c)
	c.User = x
	return x
}

// ICMPError takes an ICMP error; it is kept for the connection that it quotes.
func (a *Analyzer) ICMPError(e *capture.ICMPError) {
	a.see(e.Ref.Time)
	a.errors.add(e)
}

// DNS takes a DNS message; answers are kept with connections to the addresses
// that they name.
func (a *Analyzer) DNS(m *capture.DNSMessage) {
	a.see(m.Ref.Time)
	a.names.add(m)
}
