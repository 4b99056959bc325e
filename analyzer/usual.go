package analyzer

import (
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/reassembly"
)

// Usual reports whether all frames of a session are as nearly all are, so that nobody
// has to look at them one by one: whole messages with a payload, texts in ASCII, then at
// most one Close frame of each side; masked by the client, its first two not with the
// same key, and not by the server; without reserved bits; none of the server
// [MayRefuse]. Not every session of which that is true is known to be usual.
func (s *Session) Usual() bool { return s.usual }

// Torn reports whether a FIN or RST followed the 101.
func (s *Session) Torn() bool { return s.torn > 0 }

// First octets of the frames of a usual session.
const (
	wholeText   = 0x80 | byte(frame.Text)
	wholeBinary = 0x80 | byte(frame.Binary)
	wholeClose  = 0x80 | byte(frame.Close)
)

// usualFrame reports whether the newest frame of a side is one of a usual session if
// those before it are; opening is its first octet.
func (s *Session) usualFrame(from reassembly.Side, opening byte) bool {
	list := s.First[from]
	f := &list[len(list)-1]
	switch {
	case f.Masked != (from == reassembly.Client), s.Closes[from] != nil:
		return false
	case f.Masked && len(list) == 2 && f.Mask == list[0].Mask:
		return false
	case opening == wholeText && !frame.ASCII(f.Payload):
		return false
	case opening != wholeText && opening != wholeBinary && opening != wholeClose:
		return false
	case len(f.Payload) == 0:
		return opening == wholeClose
	}
	return from == reassembly.Client || !MayRefuse(f.Payload)
}
