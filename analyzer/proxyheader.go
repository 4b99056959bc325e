package analyzer

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/handshark/handshark/reassembly"
)

// The PROXY protocol puts one header before the first octet of a connection:
// version 1 as a text line of at most 107 octets, version 2 in binary.
const (
	proxyV1Limit     = 107
	proxyV2Signature = "\r\n\r\n\x00\r\nQUIT\n"
	proxyV2Header    = 16
	proxyV2Limit     = 4096 // longer ones are not taken for a header
)

func proxyPrefix(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PROXY ")) || bytes.HasPrefix(data, []byte(proxyV2Signature))
}

// stripProxy reads a PROXY header and goes on with what follows it.
func (l *lane) stripProxy(from uint64, data []byte) {
	n, ok := proxyLength(data)
	switch {
	case !ok:
		l.beginHTTP(from, data)
		return
	case n == 0 || n > len(data):
		l.sniff = append(l.sniff[:0], data...)
		return
	}
	l.x.proxy = parseProxy(data[:n])
	l.x.proxy.Ref = l.track.at(from).ref
	l.x.dropPrefix(l.side, from+uint64(n))
	l.look(from+uint64(n), data[n:])
}

func (l *lane) chunkAt(offset uint64, data []byte) *reassembly.Chunk {
	p := l.track.at(offset)
	return &reassembly.Chunk{From: l.side, Offset: offset, Data: data, Ref: p.ref, Acked: p.acked, HasAck: p.hasAck}
}

// proxyLength gives the length of the header; 0 = more octets are needed.
func proxyLength(data []byte) (n int, ok bool) {
	if data[0] == 'P' {
		i := bytes.Index(data[:min(len(data), proxyV1Limit)], []byte("\r\n"))
		if i < 0 {
			return 0, len(data) < proxyV1Limit
		}
		return i + 2, true
	}
	if len(data) < proxyV2Header {
		return 0, true
	}
	n = proxyV2Header + int(binary.BigEndian.Uint16(data[14:]))
	return n, n <= proxyV2Limit
}

func parseProxy(head []byte) *ProxyHeader {
	h := &ProxyHeader{Version: 1, Raw: append([]byte(nil), head[:min(len(head), 232)]...)}
	if head[0] == 'P' {
		h.parseV1(strings.Fields(string(head)))
		return h
	}
	h.Version = 2
	h.parseV2(head)
	return h
}

func (h *ProxyHeader) parseV1(f []string) {
	if len(f) == 6 && (f[1] == "TCP4" || f[1] == "TCP6") {
		h.Src, h.Dst = joinPort(f[2], f[4]), joinPort(f[3], f[5])
	}
}

func joinPort(addr, port string) string {
	if strings.Contains(addr, ":") {
		return "[" + addr + "]:" + port
	}
	return addr + ":" + port
}

// parseV2 reads the addresses of the TCP over IPv4 and IPv6 families.
func (h *ProxyHeader) parseV2(head []byte) {
	const tcp4, tcp6 = 0x11, 0x21
	body := head[proxyV2Header:]
	switch {
	case head[13] == tcp4 && len(body) >= 12:
		h.setV2(body[:4], body[4:8], body[8:12])
	case head[13] == tcp6 && len(body) >= 36:
		h.setV2(body[:16], body[16:32], body[32:36])
	}
}

func (h *ProxyHeader) setV2(src, dst, ports []byte) {
	s, _ := netip.AddrFromSlice(src)
	d, _ := netip.AddrFromSlice(dst)
	h.Src = netip.AddrPortFrom(s, binary.BigEndian.Uint16(ports)).String()
	h.Dst = netip.AddrPortFrom(d, binary.BigEndian.Uint16(ports[2:])).String()
}
