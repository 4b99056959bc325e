//go:build !linux && cgo && !nopcap

package live

import "github.com/google/gopacket/pcap"

// setCooked2 reports that only Linux has the second Linux cooked header.
func setCooked2(*pcap.Handle) bool { return false }

// on gives the number of the device itself.
func (d *device) on([]byte) (uint32, bool) { return uint32(d.r.input), true }
