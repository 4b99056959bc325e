package analyzer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/handshark/handshark/reassembly"
)

// idLen is the length of an id in octets: hexadecimal digits.
const idLen = 12

// idsAtOnce is how many ids share one allocation. One that is kept keeps them all.
const idsAtOnce = 32

// ids gives handshakes their ids.
type ids struct{ room strings.Builder }

// of gives the id of the n-th handshake of a conversation: the same in every run
// over the same packets.
func (g *ids) of(c *reassembly.Conversation, start int64, n int) string {
	var b [52]byte
	e := binary.BigEndian
	e.PutUint64(b[0:], c.Client.Addr.Hi)
	e.PutUint64(b[8:], c.Client.Addr.Lo)
	e.PutUint16(b[16:], c.Client.Port)
	e.PutUint64(b[18:], c.Server.Addr.Hi)
	e.PutUint64(b[26:], c.Server.Addr.Lo)
	e.PutUint16(b[34:], c.Server.Port)
	e.PutUint64(b[36:], uint64(start))
	e.PutUint64(b[44:], uint64(n))
	sum := sha256.Sum256(b[:])
	var text [idLen]byte
	hex.Encode(text[:], sum[:idLen/2])
	return g.keep(text[:])
}

// keep makes a string of an id.
func (g *ids) keep(id []byte) string {
	if g.room.Cap()-g.room.Len() < len(id) {
		g.room = strings.Builder{}
		g.room.Grow(idsAtOnce * idLen)
	}
	at := g.room.Len()
	g.room.Write(id)
	return g.room.String()[at:]
}
