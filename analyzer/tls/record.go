package tls

import "encoding/binary"

// Content types (RFC 8446 section 5.1; heartbeat: RFC 6520).
const (
	typeChangeCipherSpec = 20
	typeAlert            = 21
	typeHandshake        = 22
	typeApplicationData  = 23
	typeHeartbeat        = 24
)

// maxRecord is the longest record of any version: 2^14 octets and the expansion
// of TLS 1.2 (RFC 5246 section 6.2.3).
const maxRecord = 1<<14 + 2048

const recordHeader = 5

// LooksLikeTLS reports whether data, the first bytes of a side, starts a TLS
// connection: a handshake or alert record, or the ClientHello of SSL 2.0. Three
// octets are enough for a guess, six for a good one.
func LooksLikeTLS(data []byte) bool {
	switch {
	case len(data) < 3:
		return false
	case isSSLv2(data):
		return true
	case data[0] != typeHandshake && data[0] != typeAlert, data[1] != 3, data[2] > 4:
		return false
	case len(data) < recordHeader:
		return true
	}
	n := binary.BigEndian.Uint16(data[3:])
	switch {
	case n == 0 || n > maxRecord:
		return false
	case data[0] == typeAlert:
		return n == 2
	}
	return len(data) == recordHeader || data[5] == msgClientHello || data[5] == msgServerHello || data[5] == msgHelloRequest
}

// isSSLv2 recognises the hello that clients of SSL 2.0 and careful ones of its
// successors sent (RFC 6101 appendix E).
func isSSLv2(data []byte) bool {
	return len(data) >= 5 && data[0]&0x80 != 0 && sslv2Length(data) >= 9 && data[2] == 1 &&
		(data[3] == 0 && data[4] == 2 || data[3] == 3 && data[4] <= 4)
}

// sslv2Length gives the octets after the two of the record header.
func sslv2Length(data []byte) int { return int(data[0]&0x7F)<<8 | int(data[1]) }

// isRecord reports whether h can be the header of a record.
func isRecord(h []byte) bool {
	return h[0] >= typeChangeCipherSpec && h[0] <= typeHeartbeat && h[1] == 3 && h[2] <= 4 &&
		binary.BigEndian.Uint16(h[3:]) <= maxRecord
}
