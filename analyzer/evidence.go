package analyzer

import (
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
)

// evidence fills in what the capture shows of an attempt, and what it lacks. A
// thing that never existed (the response head of a server that reset) is in
// neither set.
func (x *conn) evidence(h *Handshake) {
	h.evidence()
	if h.TLS != nil && h.Request == nil {
		h.note(Plaintext, false, x.tls.opaque())
	}
}

func (h *Handshake) evidence() {
	h.requestEvidence()
	h.responseEvidence()
	h.connEvidence()
	h.frameEvidence()
}

func (h *Handshake) note(e Evidence, have, lost bool) {
	switch {
	case lost:
		h.Lost |= e
	case have:
		h.Have |= e
	}
}

func (h *Handshake) requestEvidence() {
	r := h.Request
	if r == nil {
		unheard := h.TLS == nil && len(h.Prefix[reassembly.Client].Data) == 0 || h.TLS != nil && h.TLS.Decrypted
		lost := h.Response != nil && unheard || !h.Conn.SYN.Seen || h.Missed(reassembly.Client)
		h.note(RequestHead, false, lost)
		h.note(RequestStart, len(h.Prefix[reassembly.Client].Data) > 0, lost && len(h.Prefix[reassembly.Client].Data) == 0)
		return
	}
	h.note(RequestHead, r.Complete, cutShort(r))
	h.note(RequestStart, true, false)
	h.note(Plaintext, true, false)
}

// cutShort reports whether the rest of a head was or may have been on the wire.
func cutShort(m *Message) bool { return m.Why == http1.StopGap || m.Why == http1.StopOpen }

func (h *Handshake) responseEvidence() {
	r := h.Response
	if r == nil {
		lost := (h.Missed(reassembly.Server) || h.Outcome == Incomplete) && !h.lostByNetwork()
		h.note(ResponseHead, false, lost)
		h.note(ResponseStart, len(h.Prefix[reassembly.Server].Data) > 0, lost)
		return
	}
	h.note(ResponseHead, r.Complete, cutShort(r) && h.Outcome != NoResponse)
	h.note(ResponseStart, true, false)
	whole := h.Body.Complete || len(h.Body.Data) >= BodyLimit
	h.note(ResponseBody, whole, !whole && (h.Missed(reassembly.Server) || h.AtEnd))
}

// lostByNetwork reports whether an answer that is missing did not reach the client either.
func (h *Handshake) lostByNetwork() bool { return h.Outcome == NoResponse && h.EndedBy == ByNetwork }

func (h *Handshake) connEvidence() {
	h.note(TCPOpen, h.Conn.SYN.Seen, !h.Conn.SYN.Seen)
	h.note(TCPClose, true, h.ConnEnd == reassembly.EndEvicted)
	one := oneWay(&h.Conn) != 2
	h.note(BothSides, !one, one)
}

func (h *Handshake) frameEvidence() {
	s := h.Upgraded
	if s == nil {
		h.note(Frames, false, h.Accepted() && !h.lostByNetwork())
		return
	}
	lost := s.LostSync[0] || s.LostSync[1]
	h.note(Frames, !lost, lost)
}
