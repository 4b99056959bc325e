//go:build !linux

package privilege

import "errors"

// Supported reports whether Drop works on this system.
const Supported = false

// Capture reports true: whether packets may be captured shows on opening.
func Capture() bool { return true }

// Drop fails if a user is named; else it does nothing.
func Drop(to *Account, _ bool) error {
	if to == nil {
		return nil
	}
	return errors.New("drop privileges: only on Linux")
}
