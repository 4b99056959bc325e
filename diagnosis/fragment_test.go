package diagnosis_test

import (
	"encoding/binary"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
)

// fragmentIPv4 cuts an IPv4 packet into fragments of at most size octets of
// payload, a multiple of eight. A packet without a length (the sum was left to
// the network card) stays whole.
func fragmentIPv4(ip []byte, size int) [][]byte {
	head := int(ip[0]&0x0f) * 4
	total := int(binary.BigEndian.Uint16(ip[2:]))
	if total <= head+size || total > len(ip) {
		return [][]byte{ip}
	}
	var out [][]byte
	payload := ip[head:total]
	for at := 0; at < len(payload); at += size {
		part := payload[at:min(at+size, len(payload))]
		f := join(ip[:head], part)
		field := uint16(at / 8)
		if at+len(part) < len(payload) {
			field |= 0x2000 // more fragments
		}
		binary.BigEndian.PutUint16(f[2:], uint16(len(f)))
		binary.BigEndian.PutUint16(f[6:], field)
		out = append(out, f)
	}
	return out
}

// fragmentIPv6 does the same to an IPv6 packet without extension headers.
func fragmentIPv6(ip []byte, size int, id uint32) [][]byte {
	payload := ip[40:]
	var out [][]byte
	for at := 0; at < len(payload); at += size {
		part := payload[at:min(at+size, len(payload))]
		field := at
		if at+len(part) < len(payload) {
			field |= 1 // more fragments
		}
		header := join([]byte{ip[6], 0}, u16(field), binary.BigEndian.AppendUint32(nil, id))
		f := join(ip[:40], header, part)
		binary.BigEndian.PutUint16(f[4:], uint16(len(header)+len(part)))
		f[6] = 44
		out = append(out, f)
	}
	return out
}

// fragmentation is a way to cut every packet and to send the pieces.
type fragmentation struct {
	name string
	cut  func(n int, etherType uint16, ip []byte) (uint16, [][]byte)
	mix  func([][]byte) [][]byte
}

// cutNative cuts packets as their own IP version does it.
func cutNative(n int, etherType uint16, ip []byte) (uint16, [][]byte) {
	if isIPv6(etherType) {
		return etherType, fragmentIPv6(ip, 24, uint32(n))
	}
	ip = slices.Clone(ip)
	binary.BigEndian.PutUint16(ip[4:], uint16(n))
	return etherType, fragmentIPv4(ip, 24)
}

// cutOuter puts packets into IPv6, whose packets are cut.
func cutOuter(n int, etherType uint16, ip []byte) (uint16, [][]byte) {
	return 0x86dd, fragmentIPv6(outerIPv6(pick(etherType, "04", "29")[0], ip), 32, uint32(n))
}

// cutVXLAN puts packets into VXLAN, whose IPv4 packets are cut.
func cutVXLAN(n int, etherType uint16, ip []byte) (uint16, [][]byte) {
	outer := outerUDP(4789, join(octets("08000000 00002a00"), ethernet(etherType, ip)))
	binary.BigEndian.PutUint16(outer[4:], uint16(n))
	return 0x0800, fragmentIPv4(outer, 64)
}

func fragmentations() []fragmentation {
	inOrder := func(f [][]byte) [][]byte { return f }
	backwards := func(f [][]byte) [][]byte {
		slices.Reverse(f)
		return f
	}
	twice := func(f [][]byte) [][]byte { return append(f, f...) }
	return []fragmentation{
		{"in order", cutNative, inOrder},
		{"last fragment first", cutNative, backwards},
		{"sent twice", cutNative, twice},
		{"around IPv6", cutOuter, inOrder},
		{"around IPv6, last fragment first", cutOuter, backwards},
		{"around VXLAN", cutVXLAN, inOrder},
	}
}

// apply gives the packets of a recording in pieces.
func (f fragmentation) apply(list []packet) []packet {
	var out []packet
	for n, p := range list {
		etherType, ip := p.network()
		etherType, pieces := f.cut(n+1, etherType, ip)
		for _, piece := range f.mix(pieces) {
			data := ethernet(etherType, piece)
			out = append(out, packet{p.time, len(data), capture.LinkEthernet, data})
		}
	}
	return out
}

// TestFragmented cuts every packet of every recording into IP fragments.
func TestFragmented(t *testing.T) {
	for _, file := range recordings(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".pcap"), func(t *testing.T) {
			list := readPackets(t, file)
			if cutShort(list) {
				t.Skip("packets that the snap length cut are incomplete fragments")
			}
			plain := analyzeBytes(t, pcapOf(t, list))
			for _, f := range fragmentations() {
				got := analyzeBytes(t, pcapOf(t, f.apply(list)))
				sameVerdicts(t, f.name, plain.handshakes, got.handshakes)
			}
		})
	}
}

func cutShort(list []packet) bool {
	return slices.ContainsFunc(list, func(p packet) bool { return p.wire > len(p.data) })
}
