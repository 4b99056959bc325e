package analyzer

import (
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// SessionEnd is how an established session ended after its look-ahead was over:
// frames are not followed any more then, but the end of the connection is.
type SessionEnd struct {
	ID    string // of the handshake
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
type session struct{ id string }

// ends hands on the end of a session.
func (a *Analyzer) ends(c *reassembly.Conversation, id string, s *reassembly.Signal) {
	if a.opts.Ended == nil || id == "" {
		return
	}
	client, server := &c.Halves[reassembly.Client], &c.Halves[reassembly.Server]
	last := max(client.LastData.Time, server.LastData.Time)
	a.opts.Ended(&SessionEnd{
		ID: id, From: s.From, Reset: s.Kind == reassembly.RST, Ref: s.Ref, Idle: s.Ref.Time - last,
		Closed: lastIsClose(client) || lastIsClose(server),
	})
}

// lastIsClose reports whether the last payload of a side is a Close frame, as
// far as a small segment shows it.
func lastIsClose(h *reassembly.Half) bool {
	s := h.LastSmall
	return s != nil && s.Ref == h.LastData && len(s.Data) >= 2 && s.Data[0] == 0x80|byte(frame.Close)
}
