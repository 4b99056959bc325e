package capture

import "errors"

// ErrIdle is what a Stream returns when no packet came for a moment. It is no end.
var ErrIdle = errors.New("capture: no packet for a moment")

// FormatLive is the Info.Format of packets that come from interfaces: their frame
// numbers count the packets of the watch, no file has them.
const FormatLive = "live"

// Stream is a Source of packets that are being captured. Next does not wait for
// ever: it returns ErrIdle now and then when nothing comes. It is used by one
// goroutine.
type Stream interface {
	Source
	// Now gives the time in the capture in nanoseconds: that of the last packet and
	// what went by since.
	Now() int64
	// LostBetween reports whether packets were dropped between two capture times.
	LostBetween(from, to int64) bool
	// Dropped gives how many packets were dropped by the kernel, because they were
	// not read in time, and by interfaces.
	Dropped() (kernel, iface uint64)
	// Notices gives what happened to the inputs since the last call.
	Notices() []Notice
}

// Notice is something that happened to an input and that a person wants to know.
type Notice struct {
	Input string // interface or file
	Text  string // lower case, without the input
	Err   error  // why; may be nil
}
