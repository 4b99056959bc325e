package analyzer

import (
	"slices"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/reassembly"
)

// Messages gives First of a side with what compressed messages came to in the place of
// their payload, as far as that can be read: in the frame in which a message ends, those
// before it are empty, and none has RSV1. Before Decide it is First.
func (s *Session) Messages(side reassembly.Side) []Frame {
	if s.inflated == nil {
		return s.First[side]
	}
	return s.inflated[side]
}

// inflate reads the compressed messages that a session begins with, where the 101
// agreed to permessage-deflate (RFC 7692) and nothing else. It is left to whoever judges,
// unless the outcome depends on it.
func (h *Handshake) inflate() {
	s := h.Upgraded
	if s == nil || h.Response == nil || s.usual || s.inflated != nil {
		return
	}
	if !compresses(s.First[reassembly.Client]) && !compresses(s.First[reassembly.Server]) {
		return
	}
	takeover, ok := agreedDeflate(h.Response)
	if !ok {
		return
	}
	s.inflated = new([2][]Frame)
	for side := range s.First {
		s.inflated[side] = inflated(s.First[side], takeover[side])
	}
}

func compresses(list []Frame) bool {
	for i := range list {
		if list[i].RSV1 {
			return true
		}
	}
	return false
}

// agreedDeflate reports whether a 101 accepts permessage-deflate alone, with parameters
// that are known and in order, and for each side whether a message may refer to those
// before it (RFC 7692 section 7.1.1). The windows do not matter to who reads.
func agreedDeflate(m *Message) (takeover [2]bool, ok bool) {
	list, faults := field.ParseExtensions(m.Values("Sec-WebSocket-Extensions")...)
	if len(list) != 1 || len(faults) > 0 || list[0].Name != "permessage-deflate" {
		return takeover, false
	}
	takeover = [2]bool{true, true}
	for i, p := range list[0].Params {
		if first, _ := list[0].Param(p.Name); i > 0 && first != p {
			return takeover, false
		}
		switch p.Name {
		case "client_no_context_takeover":
			takeover[reassembly.Client] = false
		case "server_no_context_takeover":
			takeover[reassembly.Server] = false
		case "client_max_window_bits", "server_max_window_bits":
		default:
			return takeover, false
		}
	}
	return takeover, true
}

// inflated gives a list of frames with what their messages came to.
func inflated(list []Frame, takeover bool) []Frame {
	x := inflating{Inflater: frame.Inflater{Takeover: takeover}, list: slices.Clone(list)}
	for i := range list {
		if !x.take(i) {
			break
		}
	}
	return x.list
}

// inflating puts the compressed messages of a side together.
type inflating struct {
	frame.Inflater
	list    []Frame
	opening int    // frame that opens the message that is being read
	open    bool   // there is one, and it is compressed
	payload []byte // of its frames so far
}

// take takes the next frame, and reports whether one after it may be read.
func (x *inflating) take(i int) bool {
	f := &x.list[i]
	if f.Opcode.Control() {
		return true
	}
	if f.Opcode != frame.Continuation {
		x.open, x.opening, x.payload = f.RSV1, i, x.payload[:0]
	}
	switch {
	case !x.open:
		return true
	case !f.Complete || uint64(len(f.Payload)) < f.Length: // longer than what is kept
		x.open = false
		return !x.Takeover
	}
	x.payload = append(x.payload, f.Payload...)
	return !f.FIN || x.end(i)
}

// end reads a message that ends in a frame.
func (x *inflating) end(i int) bool {
	text, err := x.Message(x.payload)
	if err != nil {
		return false
	}
	opcode := x.list[x.opening].Opcode
	for k := range x.list[x.opening:i] {
		if f := &x.list[x.opening+k]; !f.Opcode.Control() {
			f.RSV1, f.Payload = false, nil
		}
	}
	f := &x.list[i]
	f.Payload, f.Opcode, f.RSV1, x.open = text, opcode, false, false
	return true
}
