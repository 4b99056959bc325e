// Package reassembly puts TCP segments into order.
//
// An [Assembler] takes segments and pushes to its [Handler], for each
// [Conversation], the bytes of each side in order, each [Chunk] with the packet
// that carried it; bytes that were never captured arrive as an explicit gap.
// Memory is bounded; what is given up is counted.
package reassembly

import "github.com/handshark/handshark/capture"

// Side is one end of a conversation.
type Side uint8

// The two sides. The client is the one that opened the connection.
const (
	Client Side = iota
	Server
)

// Other gives the opposite side.
func (s Side) Other() Side { return s ^ 1 }

// String gives "client" or "server".
func (s Side) String() string {
	if s == Client {
		return "client"
	}
	return "server"
}

// RoleSource says how the client was told from the server.
type RoleSource uint8

// Ways of telling client from server, surest first.
const (
	RolesBySYN     RoleSource = iota // a SYN or SYN-ACK was seen
	RolesByContent                   // request line, ClientHello or status line
	RolesByPort                      // lower port is the server
)

// Loss says why bytes are missing.
type Loss uint8

// Reasons for a gap.
const (
	LossNone        Loss = iota
	LossNotCaptured      // sequence numbers advance over bytes that no packet carried
	LossCut              // the packet was there, the snap length cut its tail
	LossEvicted          // given up to stay within the memory limits
)

// Chunk is a run of bytes of one side, or a gap in them.
type Chunk struct {
	From   Side
	Offset uint64 // position of the first byte in that side's stream; 0 = first byte after the SYN, or first byte seen
	Data   []byte // the bytes, valid during the call only; nil for a gap
	Gap    uint64 // number of missing bytes; 0 for data
	Loss   Loss   // reason of the gap
	Ref    capture.Ref
	// Acked is how much of the other side's stream the sender had acknowledged in
	// the packet that carried these bytes; valid only if HasAck.
	Acked  uint64
	HasAck bool
	// Unkept is set by the handler for bytes that need not be compared with others
	// that may come in their place later: no copy of them is kept.
	Unkept bool
}

// Signal is a TCP control event in one side's stream.
type Signal struct {
	From   Side
	Kind   SignalKind
	Offset uint64 // stream position
	Ref    capture.Ref
	TTL    uint8
	Window Window // RST only: where its sequence number lay
}

// Window says where the sequence number of an RST lay.
type Window uint8

// Places of a sequence number. A receiver ignores an RST outside of its window
// (RFC 9293 section 3.10.7.4), so data may well go on after it.
const (
	InWindow      Window = iota // near the next expected byte, or nothing is known against it
	OutsideWindow               // far away from everything seen
)

// SignalKind is the kind of a Signal.
type SignalKind uint8

// Control events.
const (
	FIN SignalKind = iota + 1
	RST
)

// Mark is a packet and whether it was seen.
type Mark struct {
	Ref    capture.Ref // valid only if Seen
	Offset uint64      // stream position, for FIN and RST
	TTL    uint8
	Window Window // RST only
	Seen   bool
}

// Small is a copy of a short segment.
type Small struct {
	Ref    capture.Ref
	Offset uint64 // stream position of its first byte
	Data   []byte // 1 to MaxSmall bytes
}

// MaxSmall is the longest payload in bytes that Half.LastSmall keeps.
const MaxSmall = 256

// Half is what is known of one side of a conversation. Packets that are second
// copies count in Conversation.Copies and nowhere else. After Ignore, Bytes and
// Retransmissions go on by sequence numbers alone, Missing and Cut stand still.
type Half struct {
	// What every packet writes, one cache line.
	Packets     uint32
	DataPackets uint32
	Bytes       uint64      // stream bytes accounted for, gaps included
	Last        capture.Ref // last packet of any kind
	LastData    capture.Ref

	Acked    uint64 // highest stream offset that the other side acknowledged
	ISN      uint32 // initial sequence number; from its SYN, or from what the other side acknowledged in its SYN-ACK; valid only if ISNKnown
	ISNKnown bool
	// BeyondAck is set when the other side acknowledged bytes of this side that
	// no packet of the capture carried. A single byte at the very end does not
	// count: it is the FIN. While packets are still out of order it may be set
	// for a moment; it is final at Closed.
	BeyondAck       bool
	MSS             uint16 // from its SYN; 0 = unknown
	FirstData       capture.Ref
	Missing         uint64      // of Bytes, never captured
	Cut             uint64      // of Bytes, cut by the snap length
	Retransmissions uint32      // segments whose bytes had all been seen before; SYNs and keep-alives not counted
	KeepAlives      uint32      // segments of 0 or 1 byte just before the next byte: keep-alives and zero-window probes
	ZeroWindows     uint32      // packets that announced a window of 0; SYN, FIN and RST not counted
	OutOfOrder      uint32      // segments with new bytes that came after later bytes: late, or sent again after a loss
	AfterFIN        uint32      // segments with bytes beyond the FIN; not delivered
	Conflicts       uint32      // overlaps with different bytes; the first copy was kept
	Conflict        capture.Ref // first packet with a conflicting overlap
	FIN, RST        Mark        // the first of each; an RST inside the window replaces one outside of it
	// LastSmall is the last segment with 1 to MaxSmall bytes since Ignore; nil
	// before. A Close frame just before the FIN is found here. It is complete
	// and the last data of this side only if its Ref equals LastData.
	LastSmall *Small
}

// Conversation is both sides of one TCP connection as captured. It is owned by
// the Assembler; a handler may read it during callbacks and keep it until
// Closed returned.
type Conversation struct {
	ignored     bool
	uncompared  bool
	abandoned   bool
	StreamExact bool
	Roles       RoleSource
	// Ahead is set for a side of which a packet without bytes was numbered beyond all
	// that was seen of it: it sent bytes that did not come by here. A single byte does
	// not count: it is the FIN. Further bytes of that side reset it.
	Ahead       [2]bool
	Interface   uint32
	Path        capture.PathID // encapsulation of its first packet
	First, Last capture.Ref
	Halves      [2]Half // by Side

	// User belongs to the handler.
	User any

	// Stream is the order of first appearance, from 0, and Wireshark's tcp.stream
	// while StreamExact. Two conversations have the same number when the second
	// followed the first on its five-tuple without a SYN in between.
	Stream       int64
	Client       capture.Endpoint
	Server       capture.Endpoint
	HandshakeACK capture.Ref // first packet of the client after the SYN-ACK
	SYN          Mark        // the client's first SYN
	SYNACK       Mark        // the server's first SYN-ACK
	LastSYN      capture.Ref
	SYNs         uint32           // client SYNs seen, retransmissions included
	SYNACKs      uint32           // SYN-ACKs seen
	Copies       uint32           // packets that were second copies
	Interfaces   []uint32         // further interfaces on which its packets were seen; at most maxSeenOn
	Paths        []capture.PathID // further encapsulations; at most maxSeenOn
}

// StopComparing tells the assembler that bytes of c that come again need not be
// compared any more with those that were delivered: it keeps no copies of them.
func (c *Conversation) StopComparing() { c.uncompared = true }

// Ignore tells the assembler that the handler wants no more bytes of c: from
// now on only control packets and counters are followed and nothing is
// buffered. Closed is still called.
func (c *Conversation) Ignore() { c.ignored = true }

// Abandon is Ignore for a conversation about which nothing will be said any more:
// [Assembler.Drop] gives its memory back.
func (c *Conversation) Abandon() { c.ignored, c.abandoned = true, true }

// Ignored reports whether Ignore was called.
func (c *Conversation) Ignored() bool { return c.ignored }

// End says why a conversation was closed in the assembler.
type End uint8

// Ends of a conversation.
const (
	EndFinished End = iota + 1 // FIN from both sides and the last ACK, or RST inside the window
	EndReused                  // the five-tuple began again
	EndIdle                    // no packet for the idle limit
	EndEvicted                 // given up to stay within the memory limits
	EndCapture                 // the capture ended
)

// Handler receives the streams. All calls for one Assembler come from the
// goroutine that feeds it.
type Handler interface {
	// Opened is called before anything else of a conversation: at its first
	// packet with data, FIN or RST, or at another packet that is no usual part of
	// a handshake. One of which nothing was ever seen but a SYN, or SYN, SYN-ACK
	// and ACK, is opened and closed when it is given up, so that a million of them
	// stay small. Pure ACKs alone open nothing.
	// Roles may not be sure yet: they are final at the first Data, Signal or
	// Closed.
	Opened(*Conversation)
	// Data is called for each run of bytes or gap, in order of each side's
	// stream. Between the two sides the order is that of the packets.
	Data(*Conversation, *Chunk)
	// Signal is called for the first FIN and the first RST of a side: a FIN after
	// all bytes before it; an RST after the bytes that are waiting, which it
	// awaits for no longer than the hold window. An RST inside the window is
	// signalled even after one outside of it.
	Signal(*Conversation, *Signal)
	// Closed is called once; c is not used any more afterwards.
	Closed(*Conversation, End)
}
