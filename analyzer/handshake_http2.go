package analyzer

import (
	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// HTTP2 is what a connection in HTTP/2 (RFC 9113) shows of an attempt to open a WebSocket
// in one of its streams (RFC 8441). There END_STREAM does what FIN does to a connection,
// and RST_STREAM what RST does.
type HTTP2 struct {
	Stream uint32
	// Settings is the packet of the server's first SETTINGS; not Known: none was seen.
	Settings capture.Ref
	// Enabled lists what the server said of SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441
	// section 3) until the attempt was judged, in order; at most 8.
	Enabled []ConnectSetting
	// Ends is set for a side whose head has END_STREAM, by Side.
	Ends [2]bool
	// Ended are the packets of END_STREAM of the sides, by Side; not Known: none was seen.
	Ended [2]capture.Ref
	// Pseudo lists what is wrong with the pseudo-header fields of the request; at most 8.
	Pseudo []PseudoFault
	// Reset is the first RST_STREAM; nil = none.
	Reset *StreamReset
	// GoAway is a GOAWAY of the server that came before the answer, the first with an error
	// or else the last; nil = none.
	GoAway *GoAway
	// Accepts is set where the server accepted a WebSocket on this connection before.
	Accepts bool
	// Lost is set for a side of which not every frame could be read, by Side.
	Lost [2]bool
}

// ConnectSetting is a value of SETTINGS_ENABLE_CONNECT_PROTOCOL.
type ConnectSetting struct {
	Value uint32
	End   uint64 // stream offset of the server behind its SETTINGS frame
	Ref   capture.Ref
}

// PseudoFault is a fault of a pseudo-header field (RFC 9113 section 8.3).
type PseudoFault struct {
	Kind PseudoKind
	Name string // with its colon
}

// PseudoKind is the kind of a PseudoFault.
type PseudoKind uint8

// Kinds of PseudoFault.
const (
	PseudoMissing  PseudoKind = iota + 1 // the request lacks it
	PseudoEmpty                          // it has no value
	PseudoRepeated                       // it is there more than once
	PseudoLate                           // it stands behind a regular field
	PseudoUnknown                        // there is none of that name
)

// StreamReset is an RST_STREAM frame (RFC 9113 section 6.4).
type StreamReset struct {
	From reassembly.Side
	Code http2.ErrorCode
	Ref  capture.Ref
}

// GoAway is a GOAWAY frame (RFC 9113 section 6.8).
type GoAway struct {
	Last  uint32 // last stream that was or might be processed
	Code  http2.ErrorCode
	Debug string // at most 256 octets, as they were sent
	Ref   capture.Ref
}

// enabledKept and pseudoKept bound HTTP2.Enabled and HTTP2.Pseudo.
const (
	enabledKept = 8
	pseudoKept  = 8
)

// Accepted reports whether the server agreed to open the WebSocket: by 101, or in HTTP/2
// by a 2xx to a CONNECT (RFC 8441 section 5).
func (h *Handshake) Accepted() bool {
	switch {
	case h.Response == nil:
		return false
	case h.HTTP2 != nil:
		return h.Upgraded != nil
	}
	return h.Response.Status == 101
}
