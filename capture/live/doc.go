// Package live reads packets as they are captured: from network interfaces, and
// from files and pipes that another program is still writing.
//
// A [Source] is a [capture.Stream]: it does not wait for ever, tells what time it
// is in the capture, which goes on while no packet comes, and where packets were
// lost.
//
// Interfaces are read through libpcap (cgo). A build without cgo, or with the tag
// nopcap, has the same functions; opening an interface fails there with
// [ErrUnavailable]. Following files needs no libpcap.
package live

import "errors"

// ErrUnavailable says that this program has no libpcap.
var ErrUnavailable = errors.New("built without libpcap: interfaces cannot be captured from")

// ErrNoRights says that the operating system does not let this program capture.
var ErrNoRights = errors.New("no permission to capture: run it with sudo, or let the program capture with: setcap cap_net_raw=ep PROGRAM")
