// Package frame reads WebSocket frames (RFC 6455 section 5) from a byte stream.
package frame

// Opcode is a frame's opcode (RFC 6455 section 5.2).
type Opcode uint8

// Opcodes.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// Control reports whether o is a control opcode.
func (o Opcode) Control() bool { return o >= 0x8 }

// Frame is one frame.
type Frame struct {
	Offset           uint64 // stream offset of its first byte
	Length           uint64 // payload length as announced
	Payload          []byte // first bytes of the payload, unmasked, at most the reader's limit and none after lost bytes
	HeaderLen        int
	FIN              bool
	RSV1, RSV2, RSV3 bool
	Opcode           Opcode
	Masked           bool
	Mask             [4]byte
	NotMinimal       bool // length not in its shortest form
	LengthMSB        bool // top bit of a 64-bit length set
	Complete         bool // all payload bytes arrived
}

// CloseCode is the status code of a Close frame (RFC 6455 section 7.4); 1005
// (no status received) when the frame has no body.
type CloseCode uint16

// Handler receives the frames that a [Reader] finds. A frame is valid during the
// call only, its payload until the reader is reset.
type Handler interface {
	// Header is called when the header of a frame is complete; the payload is
	// still to come.
	Header(*Frame)
	// Done is called with the same frame when its payload is over, or can go no
	// further: see Frame.Complete.
	Done(*Frame)
	// NotFrames is called at most once, where bytes are no frame beyond doubt;
	// the reader ignores everything after them. data is valid during the call only.
	NotFrames(offset uint64, data []byte)
}
