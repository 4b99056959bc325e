package rules

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
)

// because says in plain words why evidence is not in the capture: the first
// piece that is missing and what became of it.
func because(h *analyzer.Handshake, missing analyzer.Evidence) string {
	if h.TLS != nil && h.Have&analyzer.Plaintext == 0 && missing&^tcpEvidence != 0 {
		return insideTLS(h.TLS)
	}
	for _, w := range evidenceWords {
		if missing&w.bit != 0 {
			return w.words + ": " + whyLost(h, w)
		}
	}
	return "not captured"
}

// insideTLS says why what is inside of TLS is not known.
func insideTLS(t *analyzer.TLS) string {
	if t.Locked != "" {
		return "inside TLS, which its keys do not open: " + t.Locked
	}
	return "inside TLS, no keys"
}

const tcpEvidence = analyzer.TCPOpen | analyzer.TCPClose | analyzer.BothSides

// evidenceWord names a piece of evidence and where it travels.
type evidenceWord struct {
	bit   analyzer.Evidence
	words string
	side  reassembly.Side
	both  bool
}

var evidenceWords = [...]evidenceWord{
	{analyzer.RequestHead, "request head", reassembly.Client, false},
	{analyzer.ResponseHead, "response head", reassembly.Server, false},
	{analyzer.ResponseBody, "response body", reassembly.Server, false},
	{analyzer.RequestStart, "first octets of the client", reassembly.Client, false},
	{analyzer.ResponseStart, "first octets of the server", reassembly.Server, false},
	{analyzer.Frames, "octets after the 101", reassembly.Server, true},
	{analyzer.BothSides, "the other direction", reassembly.Server, true},
	{analyzer.TCPOpen, "connection setup", reassembly.Client, true},
	{analyzer.TCPClose, "end of the connection", reassembly.Server, true},
	{analyzer.Plaintext, "plaintext", reassembly.Server, true},
}

func whyLost(h *analyzer.Handshake, w evidenceWord) string {
	switch {
	case w.bit == analyzer.TCPOpen:
		return "capture starts mid-stream"
	case oneWay(h, w):
		return "only one direction was captured"
	case h.TLS != nil && h.TLS.Muted[w.side] && h.TLS.Locked != "":
		return insideTLS(h.TLS)
	case h.ConnEnd == reassembly.EndEvicted:
		return "given up to stay within the memory limits"
	}
	if s := stopWords(messageOf(h, w.bit)); s != "" {
		return withCut(h, w, s)
	}
	return gapWords(h, w)
}

// oneWay reports whether the side that would carry the evidence is missing as a
// whole.
func oneWay(h *analyzer.Handshake, w evidenceWord) bool {
	if h.Lost&analyzer.BothSides == 0 {
		return false
	}
	return w.both || h.Conn.Halves[w.side].Packets == 0
}

func messageOf(h *analyzer.Handshake, bit analyzer.Evidence) *analyzer.Message {
	switch bit {
	case analyzer.RequestHead:
		return h.Request
	case analyzer.ResponseHead:
		return h.Response
	}
	return nil
}

const gapReason = "bytes missing (gap)"

func stopWords(m *analyzer.Message) string {
	if m == nil {
		return ""
	}
	switch m.Why {
	case http1.StopGap:
		return gapReason
	case http1.StopClose:
		return "the stream ended inside it"
	case http1.StopLimit:
		return "larger than the limit"
	case http1.StopOpen:
		return "the capture ended inside it"
	case http1.StopNone:
	}
	return ""
}

// withCut names the snap length where it made the gap.
func withCut(h *analyzer.Handshake, w evidenceWord, reason string) string {
	if reason == gapReason && h.Conn.Halves[w.side].Cut > 0 {
		return "cut by snap length"
	}
	return reason
}

func gapWords(h *analyzer.Handshake, w evidenceWord) string {
	cut, missing := uint64(0), uint64(0)
	for side := range h.Conn.Halves {
		if w.both || reassembly.Side(side) == w.side {
			cut += h.Conn.Halves[side].Cut
			missing += h.Conn.Halves[side].Missing
		}
	}
	switch {
	case cut > 0:
		return "cut by snap length"
	case missing > 0:
		return gapReason
	case h.AtEnd:
		return "the capture ended first"
	}
	return "not captured"
}
