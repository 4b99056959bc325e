// Package bpf chooses packets by a filter expression in the language of tcpdump
// (pcap-filter(7)).
//
// It uses libpcap through cgo. A build without cgo, or with the tag nopcap, has
// the same functions, and compiling any expression fails with
// [ErrUnavailable].
//
// An expression looks at the outer headers: "tcp port 80" matches neither a
// VLAN-tagged nor a tunnelled packet, "vlan and tcp port 80" the former.
package bpf

import "errors"

// ErrUnavailable says that this program has no libpcap.
var ErrUnavailable = errors.New("built without libpcap: BPF filters are not available")
