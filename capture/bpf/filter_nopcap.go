//go:build !cgo || nopcap

package bpf

import "github.com/handshark/handshark/capture"

// Available reports whether filters can be compiled.
const Available = false

// FilterSet has no values in this build.
type FilterSet struct{}

var _ capture.Filter = (*FilterSet)(nil)

// CompileFilter always fails with ErrUnavailable.
func CompileFilter(string) (*FilterSet, error) { return nil, ErrUnavailable }

// Match reports false.
func (*FilterSet) Match(*capture.Packet) bool { return false }

// Err is ErrUnavailable for every link type.
func (*FilterSet) Err(capture.LinkType) error { return ErrUnavailable }
