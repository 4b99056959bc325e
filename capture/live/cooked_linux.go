//go:build cgo && !nopcap

package live

/*
#cgo LDFLAGS: -lpcap
#include <pcap/pcap.h>

#ifndef DLT_LINUX_SLL2
#define DLT_LINUX_SLL2 276
#endif
*/
import "C"

import (
	"encoding/binary"
	"net"
	"reflect"
	"strconv"

	"github.com/google/gopacket/pcap"

	"github.com/handshark/handshark/capture"
)

// setCooked2 asks for the second Linux cooked header, which has the number of the
// interface in it. It reports whether libpcap is new enough. gopacket's type for
// link types has 8 bits and cannot name it.
func setCooked2(h *pcap.Handle) bool {
	p := reflect.ValueOf(h).Elem().FieldByName("cptr")
	if !p.IsValid() || p.Kind() != reflect.Pointer || p.IsNil() {
		return false
	}
	return C.pcap_set_datalink((*C.pcap_t)(p.UnsafePointer()), C.DLT_LINUX_SLL2) == 0
}

// interfacesKept bounds the interfaces that are told apart on "any": containers
// come and go.
const interfacesKept = 1024

// on gives the number, in the Info, of the interface that a packet of "any" came
// through, or false when the Source was closed.
func (d *device) on(data []byte) (uint32, bool) {
	const header = 20
	if len(data) < header {
		return uint32(d.r.input), true
	}
	index := binary.BigEndian.Uint32(data[4:])
	if n, known := d.numbers[index]; known {
		return n, true
	}
	if len(d.numbers) >= interfacesKept {
		return uint32(d.r.input), true
	}
	n := d.r.s.number()
	d.numbers[index] = n
	i := capture.Interface{Name: interfaceName(int(index)), Link: d.link, Snap: d.describe().Snap}
	return n, d.r.tell(report{found: &found{n, i}})
}

func interfaceName(index int) string {
	if i, err := net.InterfaceByIndex(index); err == nil {
		return i.Name
	}
	return "if" + strconv.Itoa(index) // gone already
}
