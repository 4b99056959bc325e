package report

import (
	"math"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
)

func timingOf(h *analyzer.Handshake) Timing {
	var t Timing
	if h.Conn.SYN.Seen && h.Conn.SYNACK.Seen && h.Ordinal == 0 {
		t.Connect = elapsed(h.Conn.SYN.Ref, h.Conn.SYNACK.Ref)
	}
	if h.Request == nil {
		return t
	}
	if h.TLS != nil && h.Ordinal == 0 {
		t.TLS = elapsed(h.TLS.ClientRef, h.Request.First)
	}
	if h.Response != nil {
		t.Response = elapsed(h.Request.Last, h.Response.First)
		t.Total = elapsed(capture.Ref{Frame: 1, Time: begin(h)}, h.Response.Last)
	}
	return t
}

// begin is where the total time starts: the SYN, or the request on a
// connection that was open already.
func begin(h *analyzer.Handshake) int64 {
	if h.Ordinal > 0 {
		return h.Request.First.Time
	}
	return h.Start
}

// elapsed gives the time from a to b in milliseconds; nil when one of them is
// not known or the capture's clock went backwards.
func elapsed(a, b capture.Ref) *float64 {
	if !a.Known() || !b.Known() || b.Time < a.Time {
		return nil
	}
	ms := millis(b.Time - a.Time)
	return &ms
}

// millis turns nanoseconds into milliseconds with three decimals: more would
// be noise of the capturing clock.
func millis(ns int64) float64 { return math.Round(float64(ns)/1e3) / 1e3 }
