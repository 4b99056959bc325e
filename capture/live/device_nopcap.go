//go:build !cgo || nopcap

package live

import "time"

// Available reports whether interfaces can be captured from.
const Available = false

// Open fails with ErrUnavailable.
func Open(Options) (*Source, error) { return nil, ErrUnavailable }

// Devices fails with ErrUnavailable.
func Devices() ([]Device, error) { return nil, ErrUnavailable }

// Count fails with ErrUnavailable.
func Count(string, time.Duration) (int, error) { return 0, ErrUnavailable }
