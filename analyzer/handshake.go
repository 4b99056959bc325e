package analyzer

import (
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// Handshake is one attempt to open a WebSocket (RFC 6455 section 4), or an
// attempt to connect that died before it could show what it was for. It is
// complete and unchanging when the Analyzer hands it on; rules only read it.
type Handshake struct {
	WebSocket Certainty // whether this is a WebSocket attempt at all
	Guessed   bool      // a 101 was seen, but what it switches to was not captured
	Dialect   Dialect   // valid only if Request is not nil

	// Conn is the TCP connection as it stood when the handshake was judged.
	Conn reassembly.Conversation
	// ConnEnd tells whether and why the assembler had closed the connection by then;
	// 0 = still followed.
	ConnEnd reassembly.End
	// Amends is set when the handshake was handed on before, with the same ID, as
	// unanswered: its end came after the timeout. Live only.
	Amends  bool
	Nth     int // of its connection's handshakes that were handed on, from 0
	Ordinal int // number of HTTP exchanges on this connection before this one

	Request  *Message   // nil: no readable request head
	Interim  []*Message // 1xx responses other than 101, in order
	Response *Message   // final response or 101; nil: none
	// Upgraded is the session after a 101, or in HTTP/2 after a 2xx to a CONNECT; else nil.
	Upgraded *Session

	RequestBody Body // octets of the client after its request head and before the response
	Body        Body // body of the final response

	Proxy  *ProxyHeader // PROXY protocol prefix, if any
	Tunnel *Tunnel      // the CONNECT exchange this handshake runs inside, if any
	TLS    *TLS         // set when the connection speaks TLS from its first byte or after a CONNECT
	HTTP2  *HTTP2       // set when the attempt is a stream of HTTP/2
	Idle   *IdleHTTP2   // what the server of a refused attempt had opened while it had the request; nil = none

	// Prefix holds the first octets of each side, by Side, at most PrefixLimit: what
	// was sent when it was not HTTP. Of a head that came whole in the first packet it
	// may hold no more than the start.
	Prefix [2]Prefix

	// Cookies lists what earlier responses in the capture set for this client and
	// host; at most 32.
	Cookies []SetCookie

	ICMP []capture.ICMPError // errors that quote packets of this connection, in order; at most 8
	// Lookup is set for a name that did not resolve, so that there was no
	// connection: Conn then holds the endpoints of the look-up.
	Lookup *capture.DNSMessage
	DNS    []capture.DNSMessage // answers earlier in the capture that named the server's address; at most 8

	Outcome Outcome
	EndedBy Party
	Ending  Ending
	// Objection is set for an established handshake that the client left without
	// having sent an octet: if the rules find something that the client had to
	// object to, the outcome is aborted with this ending after all.
	Objection *Ending

	Have Evidence // what the capture shows of this attempt
	Lost Evidence // what existed on the wire, or may have, and is not in the capture

	Start int64 // capture time of the first SYN, else of the first packet, nanoseconds
	// Until is the capture time up to which the attempt was watched: its end, the
	// end of the look-ahead, or the end of the capture.
	Until   int64
	AtEnd   bool  // the capture ended while the attempt was being watched
	Timeout int64 // the no-response limit in force, nanoseconds

	swallowed bool // see following.swallowed
	open      bool // Decide has not been called yet
}

// PrefixLimit bounds Prefix.Data.
const PrefixLimit = 512

// BodyLimit bounds Body.Data.
const BodyLimit = 4096

// Prefix is the beginning of one side's stream.
type Prefix struct {
	Data []byte
	Ref  capture.Ref // packet that carried the first octet; valid only if Data is not empty
}

// Body is what is known of a message body.
type Body struct {
	Data     []byte // prefix, transfer coding removed, at most BodyLimit
	Length   uint64 // octets seen
	Complete bool   // all octets that the framing announced were seen
	Ref      capture.Ref
}

// Certainty says whether an attempt was meant to be a WebSocket.
type Certainty uint8

// Degrees of certainty.
const (
	Unknown Certainty = iota // failed before it could show
	Likely                   // the same server carries WebSocket elsewhere in the capture, or the user named it
	Yes                      // the request or the response says so
)

// Dialect is the handshake dialect that the request speaks.
type Dialect uint8

// Dialects.
const (
	RFC6455 Dialect = iota // Sec-WebSocket-Key/-Version; drafts hybi-04 to -17 too
	Hixie75
	Hixie76
)

// Message is a message head with the packets that carried it.
type Message struct {
	http1.Message
	// Packed is set for a head that was sent in HTTP/2, compressed: Raw says what it says,
	// but its octets are not in the stream.
	Packed bool
	From   reassembly.Side
	First  capture.Ref   // packet of the first octet of the head
	Last   capture.Ref   // packet of the last octet of the head
	Refs   []capture.Ref // packets that carried the head, in stream order; at most 64
	Acked  uint64        // how much of the other side's stream the sender of the first octet had acknowledged
	HasAck bool

	spans []span
	// What Refs and spans begin in: most heads are in one packet.
	oneRef  [1]capture.Ref
	oneSpan [1]span

	packedEnd uint64 // see End
}

// Session is what followed a 101 within the look-ahead.
type Session struct {
	// Frames counts the frames of each side, by Side.
	Frames [2]int
	// First holds the first frames of each side, by Side; at most FramesKept.
	First [2][]Frame
	// Closes holds the first Close frame of each side, by Side.
	Closes [2]*Close
	// Events lists frames and TCP endings of both sides in the order of packets;
	// at most EventsKept.
	Events []Event
	// Start holds the first octets of the server after the 101.
	Start Prefix
	// NotFrames holds the first octets of a side that are not a frame, by Side;
	// nil while they are, or while there are none.
	NotFrames [2]*Prefix
	// Glued is set when octets of the server followed the 101 head in the same packet.
	Glued bool
	// Early holds client octets that were sent before the client could have seen
	// the 101 (judged by acknowledgement number).
	Early *Prefix
	// After is the number of octets of each side after the 101, by Side.
	After [2]uint64
	// LostSync is set for a side whose frames could not be followed past a gap.
	LostSync [2]bool
	// Ping is the first Ping that no Pong answered; nil = none. The look-ahead goes
	// on for PongTime after it.
	Ping     *Frame
	PingFrom reassembly.Side // valid only if Ping is not nil
	// Resent counts what the server sent again after its 101 was whole.
	Resent uint32
	// Watched says why watching ended.
	Watched WatchEnd
	// Last is the time of the last packet of the session that was seen.
	Last int64

	inflated *[2][]Frame // see Messages; nil: nothing had to be inflated
	torn     int         // the first FIN or RST of Events, from 1; 0 = none
	usual    bool        // see Usual
	unread   *watch      // has what was not looked at yet; nil: all was
}

// FramesKept and EventsKept bound what a Session keeps.
const (
	FramesKept = 8
	EventsKept = 64
)

// WatchEnd says why the look-ahead after a 101 ended.
type WatchEnd uint8

// Ends of the look-ahead.
const (
	WatchTime    WatchEnd = iota + 1 // LookAheadTime passed
	WatchBytes                       // LookAheadBytes seen
	WatchClosed                      // the connection ended
	WatchCapture                     // the capture ended
)

// Frame is a WebSocket frame with its packet.
type Frame struct {
	frame.Frame
	Ref capture.Ref
}

// Close is a Close frame.
type Close struct {
	Code    uint16 // 1005 when the frame has no body
	Reason  []byte // at most 123 octets
	BodyLen uint64 // payload length
	Ref     capture.Ref
}

// Event is one thing that happened after the 101.
type Event struct {
	Kind   EventKind
	From   reassembly.Side
	Opcode frame.Opcode // frames only
	Ref    capture.Ref
}

// EventKind is the kind of an Event.
type EventKind uint8

// Kinds of Event.
const (
	EventFrame EventKind = iota + 1
	EventFIN
	EventRST
	EventGarbage // octets that are not a frame
)

// ProxyHeader is a PROXY protocol prefix (v1 or v2).
type ProxyHeader struct {
	Version  int
	Src, Dst string // addresses with ports as announced; empty for UNKNOWN or LOCAL
	Raw      []byte // at most 232 octets
	Ref      capture.Ref
}

// Tunnel is a CONNECT exchange (RFC 9110 section 9.3.6).
type Tunnel struct {
	Request  *Message
	Response *Message // nil: unanswered
}

// TLS is what the wire shows of a TLS handshake.
type TLS struct {
	tls.Facts
	// ClientRef, ServerRef are the packets of the first octet of each side.
	ClientRef, ServerRef capture.Ref
	// AlertRefs are the packets of Facts.Alerts, index by index.
	AlertRefs []capture.Ref
	// NotHTTP2 is set when the server selected h2 in clear and the client did not
	// behave as one that speaks HTTP/2 (RFC 9113 section 3.4).
	NotHTTP2 bool
	// AnswerRef is the packet of the client's first protected record.
	AnswerRef capture.Ref
	// Uncertified is set when, by the lengths of protected records of TLS 1.3, the
	// client had no certificate to send and the server ended the handshake with an
	// alert for it (RFC 8446 section 4.4.2.4).
	Uncertified bool
	// Muted is set for a side of which something that was said inside could not be read,
	// though the other side, or some of it, was.
	Muted [2]bool
	// Locked says why secrets that are known do not open the records of a side; empty =
	// they do, or none are known.
	Locked string
}
