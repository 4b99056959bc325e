package report

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
)

// idsAtOnce is how many ids share one allocation after the first one. One that is
// kept keeps them all.
const idsAtOnce = 32

// ids makes texts of ids.
type ids struct{ room strings.Builder }

func (g *ids) text(id analyzer.ID) string {
	var digits [16]byte
	text := id.AppendTo(digits[:0])
	if room := g.room.Cap(); room-g.room.Len() < len(text) {
		g.room = strings.Builder{}
		g.room.Grow(min(1+room, idsAtOnce) * len(text))
	}
	at := g.room.Len()
	g.room.Write(text)
	return g.room.String()[at:]
}
