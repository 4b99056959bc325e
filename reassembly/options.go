package reassembly

import "time"

// Options bound an Assembler. The zero value is useful: each field that is zero
// takes the default in its comment.
type Options struct {
	// HoldTime is how long (capture time) bytes wait for a packet that should
	// have come before them and that the other side has received: 200 ms.
	HoldTime time.Duration
	// HoldSegments is how many packets of the conversation may pass in that
	// wait: 32.
	HoldSegments int
	// HoldBytes is how many bytes of one side may pile up in that wait: 64 KiB.
	HoldBytes int
	// MaxSide bounds the waiting bytes of one side of a conversation: 256 KiB.
	MaxSide int
	// MaxWaiting bounds the waiting bytes of all conversations, and what those
	// conversations take themselves: 64 MiB.
	MaxWaiting int
	// MaxHistory bounds the delivered bytes that are kept to compare overlaps
	// with, over all conversations: 16 MiB. One side keeps at most 16 KiB.
	MaxHistory int
	// MaxFlows bounds the five-tuples that are remembered, finished ones
	// included: 1,000,000. Finished ones are forgotten first, then the
	// conversation that was idle for longest is closed.
	MaxFlows int
	// MaxOpen bounds the conversations that are followed, half-open ones that were
	// answered included: one of those that were idle for longest is closed when
	// another is opened. Zero means that MaxFlows is the only bound. Each takes
	// about 1.5 KB.
	MaxOpen int
	// OpeningIdle closes a conversation that was never established and had no
	// packet for so long: 10 minutes. Negative means never.
	OpeningIdle time.Duration
	// Idle closes an established conversation that had no packet for so long.
	// Zero means never.
	Idle time.Duration
	// Surface opens a conversation at the second SYN that nothing answered, so
	// that the handler can tell in time that it fails. Without it the handler
	// hears of such a SYN when it is given up.
	Surface bool
}

func (o Options) withDefaults() Options {
	o.HoldTime = or(o.HoldTime, 200*time.Millisecond)
	o.HoldSegments = or(o.HoldSegments, 32)
	o.HoldBytes = or(o.HoldBytes, 64<<10)
	o.MaxSide = or(o.MaxSide, 256<<10)
	o.MaxWaiting = or(o.MaxWaiting, 64<<20)
	o.MaxHistory = or(o.MaxHistory, 16<<20)
	o.MaxFlows = or(o.MaxFlows, 1_000_000)
	o.OpeningIdle = or(o.OpeningIdle, 10*time.Minute)
	return o
}

func or[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// Stats are the counters of an Assembler.
type Stats struct {
	Segments        uint64
	Flows           int    // five-tuples remembered now
	Conversations   uint64 // conversations so far; a lone SYN is one, a flow of pure ACKs is not
	Open            int    // conversations open now
	Silent          uint64 // five-tuples of which only pure ACKs were seen first; some opened later
	Evicted         uint64 // conversations closed to stay within MaxFlows or MaxOpen
	Forgotten       uint64 // finished or silent five-tuples forgotten to stay within MaxFlows
	Copies          uint64 // packets that were second copies
	Retransmissions uint64
	OutOfOrder      uint64
	Conflicts       uint64 // overlaps with different bytes
	Gaps            uint64 // gaps delivered
	GapBytes        uint64
	EvictedBytes    uint64 // of them because of MaxSide or MaxWaiting
	Ignored         uint64 // payload bytes that passed after Ignore
	Late            uint64 // segments of finished conversations and of earlier epochs
	StraySYNs       uint64 // SYNs with a foreign sequence number that opened nothing
	Waiting         int    // bytes waiting now
	WaitingPeak     int
	History         int // bytes of history now
	Expiries        uint64
	Surfaced        int // conversations open now because of Options.Surface, unanswered so far
}
