package report

import (
	"math"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
)

// timing has room for the values of a Timing.
type timing struct{ connect, tls, response, total float64 }

func (t *timing) of(h *analyzer.Handshake) (out Timing) {
	if h.Conn.SYN.Seen && h.Conn.SYNACK.Seen && h.Ordinal == 0 {
		out.Connect = elapsed(&t.connect, h.Conn.SYN.Ref, h.Conn.SYNACK.Ref)
	}
	if h.Request == nil {
		return out
	}
	if h.TLS != nil && h.Ordinal == 0 {
		out.TLS = elapsed(&t.tls, h.TLS.ClientRef, h.Request.First)
	}
	if h.Response != nil {
		out.Response = elapsed(&t.response, h.Request.Last, h.Response.First)
		out.Total = elapsed(&t.total, capture.Ref{Frame: 1, Time: begin(h)}, h.Response.Last)
	}
	return out
}

// begin is where the total time starts: the SYN, or the request on a
// connection that was open already.
func begin(h *analyzer.Handshake) int64 {
	if h.Ordinal > 0 {
		return h.Request.First.Time
	}
	return h.Start
}

// elapsed gives the time from a to b in milliseconds, in ms; nil when one of them is
// not known or the capture's clock went backwards.
func elapsed(ms *float64, a, b capture.Ref) *float64 {
	if !a.Known() || !b.Known() || b.Time < a.Time {
		return nil
	}
	*ms = millis(b.Time - a.Time)
	return ms
}

// millis turns nanoseconds into milliseconds with three decimals: more would
// be noise of the capturing clock.
func millis(ns int64) float64 { return math.Round(float64(ns)/1e3) / 1e3 }
