package analyzer

import (
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// SessionEnd is how an established session ended after its look-ahead was over:
// frames are not followed any more then, but the end of the connection is.
type SessionEnd struct {
	ID    ID // of the handshake
	From  reassembly.Side
	Reset bool // RST; else FIN
	Ref   capture.Ref
	// Idle is the time since the last payload of either side, nanoseconds.
	Idle int64
	// Closed is set when the last payload of a side is a Close frame.
	Closed bool
}

// session is what is kept of a connection whose handshake was handed on as
// established while the connection went on.
type session struct {
	id    ID
	known bool
}

// ends hands on the end of a session.
func (a *Analyzer) ends(c *reassembly.Conversation, of session, s *reassembly.Signal) {
	if a.opts.Ended == nil || !of.known {
		return
	}
	client, server := &c.Halves[reassembly.Client], &c.Halves[reassembly.Server]
	last := max(client.LastData.Time, server.LastData.Time)
	a.opts.Ended(&SessionEnd{
		ID: of.id, From: s.From, Reset: s.Kind == reassembly.RST, Ref: s.Ref, Idle: s.Ref.Time - last,
		Closed: lastIsClose(client) || lastIsClose(server),
	})
}

// lastIsClose reports whether the last payload of a side is a Close frame, or may
// be a part of one: a segment that is no whole run of frames cannot tell.
func lastIsClose(h *reassembly.Half) bool {
	s := h.LastSmall
	if s == nil || s.Ref != h.LastData {
		return false // larger than any Close frame, or seen by the watch
	}
	last, ok := lastOpcode(s.Data)
	return !ok || last == frame.Close
}

// lastOpcode gives the opcode of the last of the small frames that b consists of.
func lastOpcode(b []byte) (last frame.Opcode, ok bool) {
	const maxShort = 125
	for len(b) >= 2 {
		n := 2 + int(b[1]&0x7f)
		if b[1]&0x7f > maxShort {
			return 0, false
		}
		if b[1]&0x80 != 0 {
			n += 4
		}
		if n > len(b) {
			return 0, false
		}
		last, ok, b = frame.Opcode(b[0]&0x0f), true, b[n:]
	}
	return last, ok && len(b) == 0
}
