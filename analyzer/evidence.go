package analyzer

import (
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
)

// evidence fills in what the capture shows of an attempt, and what it lacks. A
// thing that never existed (the response head of a server that reset) is in
// neither set.
func (x *conn) evidence(h *Handshake) {
	x.requestEvidence(h)
	x.responseEvidence(h)
	x.connEvidence(h)
	x.frameEvidence(h)
}

func (h *Handshake) note(e Evidence, have, lost bool) {
	switch {
	case lost:
		h.Lost |= e
	case have:
		h.Have |= e
	}
}

func (x *conn) requestEvidence(h *Handshake) {
	r := h.Request
	if r == nil {
		lost := h.Response != nil && h.TLS == nil && len(h.Prefix[reassembly.Client].Data) == 0 || !x.c.SYN.Seen || x.missed(reassembly.Client)
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

func (x *conn) responseEvidence(h *Handshake) {
	r := h.Response
	if r == nil {
		lost := x.missed(reassembly.Server) || h.Outcome == Incomplete
		h.note(ResponseHead, false, lost)
		h.note(ResponseStart, len(h.Prefix[reassembly.Server].Data) > 0, lost)
		return
	}
	h.note(ResponseHead, r.Complete, cutShort(r))
	h.note(ResponseStart, true, false)
	whole := h.Body.Complete || len(h.Body.Data) >= BodyLimit
	h.note(ResponseBody, whole, !whole && (x.missed(reassembly.Server) || h.AtEnd))
}

func (x *conn) connEvidence(h *Handshake) {
	h.note(TCPOpen, x.c.SYN.Seen, !x.c.SYN.Seen)
	h.note(TCPClose, true, x.end == reassembly.EndEvicted)
	one := x.oneWay() != 2
	h.note(BothSides, !one, one)
	if h.TLS != nil && h.Request == nil {
		h.note(Plaintext, false, x.tls.opaque())
	}
}

func (x *conn) frameEvidence(h *Handshake) {
	s := h.Upgraded
	if s == nil {
		h.note(Frames, false, h.Response != nil && h.Response.Status == 101)
		return
	}
	lost := s.LostSync[0] || s.LostSync[1]
	h.note(Frames, !lost, lost)
}
