// Package http2 reads one side of an HTTP/2 connection (RFC 9113): its frames, and
// its header blocks without their compression (RFC 7541). It never fails over what a
// peer has to refuse: as long as the place of the next frame is known, it reads on.
//
// It takes bytes only and knows nothing of packets; positions are stream
// offsets that the caller can map to packets.
package http2

import "golang.org/x/net/http2/hpack"

// Preface is what the stream of a client begins with (RFC 9113 section 3.4).
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Bounds of what is kept.
const (
	MaxBlock    = 256 << 10 // octets of one header block, still compressed
	MaxSection  = 128 << 10 // octets of the fields of a Head, counted as hpack.HeaderField.Size does
	MaxFields   = 512       // fields of a Head
	MaxTable    = 64 << 10  // octets of the dynamic table (RFC 7541 section 4.1)
	MaxSettings = 64        // settings of one frame
	MaxDebug    = 256       // octets of the debug data of GOAWAY
	MaxControl  = 16 << 10  // octets of a frame that is neither DATA nor part of a header block nor unknown
)

// FrameType is the type of a frame (RFC 9113 section 6).
type FrameType uint8

// Frame types: those of RFC 9113, then ALTSVC (RFC 7838), ORIGIN (RFC 8336) and
// PRIORITY_UPDATE (RFC 9218).
const (
	Data           FrameType = 0x0
	Headers        FrameType = 0x1
	Priority       FrameType = 0x2
	RSTStream      FrameType = 0x3
	Settings       FrameType = 0x4
	PushPromise    FrameType = 0x5
	Ping           FrameType = 0x6
	GoAway         FrameType = 0x7
	WindowUpdate   FrameType = 0x8
	Continuation   FrameType = 0x9
	AltSvc         FrameType = 0xA
	Origin         FrameType = 0xC
	PriorityUpdate FrameType = 0x10
)

// Flags; what each means depends on the type of the frame.
const (
	FlagEndStream  uint8 = 0x1  // DATA, HEADERS
	FlagACK        uint8 = 0x1  // SETTINGS, PING
	FlagEndHeaders uint8 = 0x4  // HEADERS, PUSH_PROMISE, CONTINUATION
	FlagPadded     uint8 = 0x8  // DATA, HEADERS, PUSH_PROMISE
	FlagPriority   uint8 = 0x20 // HEADERS
)

// Frame is the header of a frame (RFC 9113 section 4.1).
type Frame struct {
	Type   FrameType
	Flags  uint8
	Stream uint32 // without its reserved bit
	Length uint32 // octets of the payload, padding included
	Offset uint64 // stream offset of the first octet of the frame header
}

// Has reports whether all of flags are set.
func (f *Frame) Has(flags uint8) bool { return f.Flags&flags == flags }

// SettingID names a parameter of SETTINGS (RFC 9113 section 6.5.2).
type SettingID uint16

// Parameters: those of RFC 9113, then those of RFC 8441 and RFC 9218.
const (
	HeaderTableSize       SettingID = 0x1
	EnablePush            SettingID = 0x2
	MaxConcurrentStreams  SettingID = 0x3
	InitialWindowSize     SettingID = 0x4
	MaxFrameSize          SettingID = 0x5
	MaxHeaderListSize     SettingID = 0x6
	EnableConnectProtocol SettingID = 0x8
	NoRFC7540Priorities   SettingID = 0x9
)

// Setting is one parameter of a SETTINGS frame, as sent.
type Setting struct {
	ID    SettingID
	Value uint32
}

// ErrorCode says why a stream or a connection was ended (RFC 9113 section 7).
type ErrorCode uint32

// Error codes.
const (
	NoError            ErrorCode = 0x0
	ProtocolError      ErrorCode = 0x1
	InternalError      ErrorCode = 0x2
	FlowControlError   ErrorCode = 0x3
	SettingsTimeout    ErrorCode = 0x4
	StreamClosed       ErrorCode = 0x5
	FrameSizeError     ErrorCode = 0x6
	RefusedStream      ErrorCode = 0x7
	Cancel             ErrorCode = 0x8
	CompressionError   ErrorCode = 0x9
	ConnectError       ErrorCode = 0xA
	EnhanceYourCalm    ErrorCode = 0xB
	InadequateSecurity ErrorCode = 0xC
	HTTP11Required     ErrorCode = 0xD
)

// Loss says why a side is not read any further.
type Loss uint8

// Reasons.
const (
	NotHTTP2       Loss = iota + 1 // no preface, or the first frame is not SETTINGS
	FrameTooLarge                  // a frame longer than MaxControl: more likely no frame at all
	NotCaptured                    // octets are missing, and not only some that need not be looked at
	BadCompression                 // a header block cannot be decoded: what later ones mean is unknown
	HeadTooLarge                   // a header block is longer than MaxBlock
)

// Incomplete says what is missing of a Head.
type Incomplete uint8

// What may be missing.
const (
	Whole     Incomplete = iota
	OverLimit            // fields beyond MaxSection or MaxFields were left out
	Broken               // fields from the one on that could not be decoded; the side is lost
)

// Head is a whole field section: that of a request, a response or a promise, or
// trailers (RFC 9113 section 8.1).
type Head struct {
	Stream    uint32
	Promised  uint32 // PUSH_PROMISE: the stream that is promised; else 0
	Offset    uint64 // stream offset of the header of the HEADERS or PUSH_PROMISE frame
	End       uint64 // stream offset behind the last octet of the last frame, padding included
	EndStream bool   // HEADERS with END_STREAM

	// Fields are in order, and names as sent: upper case is a fault, and so is a pseudo
	// field behind others. The list is valid during the call only; its strings belong to
	// whoever keeps them.
	Fields []hpack.HeaderField
	Why    Incomplete
}

// Handler receives what a [Reader] finds in one side's stream, in order. Frames,
// heads and lists are valid during the call only. A handler does not call the reader.
type Handler interface {
	// Settings is called for SETTINGS without ACK, with at most MaxSettings parameters.
	Settings(f *Frame, list []Setting)
	// Head is called for every field section whose end has arrived.
	Head(h *Head)
	// Data is called for octets of a DATA frame as they arrive, padding removed, and
	// only if its stream is wanted. offset is the stream offset of data[0].
	Data(f *Frame, offset uint64, data []byte)
	// Missing is called where Data would have been, had n octets from offset on been
	// captured.
	Missing(f *Frame, offset, n uint64)
	// End is called for DATA or HEADERS with END_STREAM: after their Head or the last of
	// their Data, whether the stream is wanted or not.
	End(f *Frame)
	// Reset is called for RST_STREAM.
	Reset(f *Frame, code ErrorCode)
	// GoAway is called for GOAWAY: no stream above last was or will be acted on. Of the
	// debug data there are at most MaxDebug octets.
	GoAway(f *Frame, last uint32, code ErrorCode, debug []byte)
	// Wants reports whether Data is wanted for a stream. It is asked once for each DATA
	// frame, when its header has arrived.
	Wants(stream uint32) bool
	// Lost is called at most once: nothing of this side is read any more. offset is that of
	// the frame or of the octets that did it.
	Lost(offset uint64, why Loss)
}
