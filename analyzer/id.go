package analyzer

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/handshark/handshark/capture"
)

// ID tells handshakes apart; it is below 2^48.
type ID uint64

// idDigits is the length of an ID in text.
const idDigits = 12

// String gives the 12 hexadecimal digits that stand in reports.
func (id ID) String() string { return string(id.AppendTo(nil)) }

// AppendTo appends what String gives to b.
func (id ID) AppendTo(b []byte) []byte {
	const hexDigits = "0123456789abcdef"
	for i := idDigits - 1; i >= 0; i-- {
		b = append(b, hexDigits[id>>(4*i)&15])
	}
	return b
}

// IDOf gives the id of the n-th handshake of a conversation, from 0: the same in every
// run over the same packets.
func IDOf(client, server capture.Endpoint, start int64, n int) ID {
	var b [52]byte
	e := binary.BigEndian
	e.PutUint64(b[0:], client.Addr.Hi)
	e.PutUint64(b[8:], client.Addr.Lo)
	e.PutUint16(b[16:], client.Port)
	e.PutUint64(b[18:], server.Addr.Hi)
	e.PutUint64(b[26:], server.Addr.Lo)
	e.PutUint16(b[34:], server.Port)
	e.PutUint64(b[36:], uint64(start))
	e.PutUint64(b[44:], uint64(n))
	sum := sha256.Sum256(b[:])
	return ID(e.Uint64(sum[:]) >> (64 - 4*idDigits))
}

// ID is a digest of five-tuple, start time and number. It is worked out anew with each
// call: where only some handshakes are shown, few are asked for it.
func (h *Handshake) ID() ID { return IDOf(h.Conn.Client, h.Conn.Server, h.Start, h.Nth) }
