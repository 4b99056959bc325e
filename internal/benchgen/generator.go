package benchgen

import (
	"io"
	"math/rand/v2"

	"github.com/handshark/handshark/capture"
)

func newWriter(w io.Writer, ng bool) (writer, error) {
	const ethernet = 1
	if !ng {
		return capture.NewPcapWriter(w, ethernet, false, 262144)
	}
	p, err := capture.NewPcapngWriter(w)
	if err != nil {
		return nil, err
	}
	_, err = p.AddInterface(capture.Interface{Name: "bench0", Link: ethernet, Snap: 262144})
	return ngWriter{p}, err
}

// concurrent is how many connections of each kind of traffic are open at once.
func (k Kind) concurrent() int { return [...]int{300, 200, 400}[k] }

// generator interleaves connections until enough bytes are written.
type generator struct {
	out  writer
	rng  *rand.Rand
	left int64
	now  int64
	kind Kind
	open []*conn
	made uint32
	held []byte // a packet that is to come after the next one
	buf  []byte
	pool []byte   // random octets
	text [][]byte // compressed messages
	err  error
}

func (g *generator) run() {
	for g.err == nil && (g.left > 0 || len(g.open) > 0) {
		for g.left > 0 && len(g.open) < g.kind.concurrent() {
			g.open = append(g.open, g.newConn())
		}
		i := g.rng.IntN(len(g.open))
		for range 1 + g.rng.IntN(4) {
			if c := g.open[i]; !c.next(g) || g.left < -g.drain() {
				g.open[i] = g.open[len(g.open)-1]
				g.open = g.open[:len(g.open)-1]
				break
			}
		}
	}
}

// drain bounds the bytes that are written after the size was reached, so that
// connections end properly.
func (g *generator) drain() int64 { return 16 << 20 }

// packet writes one TCP segment of c.
func (g *generator) packet(c *conn, fromServer bool, flags byte, payload []byte) {
	g.now += 2000 + int64(g.rng.IntN(6000))
	g.buf = c.segment(g.buf[:0], uint32(g.now/1e6), fromServer, flags, payload)
	if g.kind == Mixed && len(payload) > 0 {
		switch n := g.rng.IntN(1000); {
		case n < 5: // lost
			return
		case n < 15 && g.held == nil:
			g.held = append([]byte(nil), g.buf...)
			return
		}
	}
	g.write(g.buf)
	if g.held != nil {
		g.write(g.held)
		g.held = nil
	}
}

func (g *generator) write(b []byte) {
	if g.err == nil {
		g.err = g.out.WritePacket(g.now, len(b), b)
	}
	g.left -= int64(len(b)) + 16
}
