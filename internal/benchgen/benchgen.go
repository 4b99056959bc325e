// Package benchgen writes large captures for measurements: the same seed and
// size give the same bytes.
package benchgen

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/handshark/handshark/capture"
)

// Version changes whenever the bytes change that the same options give.
const Version = 2

// Kind is a kind of traffic.
type Kind uint8

// Kinds of traffic.
const (
	Bulk       Kind = iota // a few hundred connections, mostly WebSocket frames
	Handshakes             // many connections, each with a handshake and little payload
	Mixed                  // TLS bulk 60 %, HTTP 25 %, WebSocket 15 %; 1 % reordered, 0.5 % lost
)

// String gives the name of the kind.
func (k Kind) String() string { return [...]string{"bulk", "handshakes", "mixed"}[k] }

// Options say what to write.
type Options struct {
	Kind   Kind
	Bytes  int64 // about how large the file becomes
	Pcapng bool
	Seed   uint64
}

// writer is what the two file formats have in common.
type writer interface {
	WritePacket(time int64, wire int, data []byte) error
}

// Write writes a capture to w.
func Write(w io.Writer, o Options) error {
	b := bufio.NewWriterSize(w, 1<<20)
	out, err := newWriter(b, o.Pcapng)
	if err != nil {
		return err
	}
	g := &generator{
		out: out, rng: rand.New(rand.NewPCG(o.Seed, uint64(o.Kind))), left: o.Bytes,
		now: 1_767_323_045_000_000_000, kind: o.Kind,
	}
	g.pool, g.text = randomOctets(g.rng), compressed(g.rng)
	g.run()
	if g.err != nil {
		return fmt.Errorf("write %s capture: %w", o.Kind, g.err)
	}
	return b.Flush()
}

// ngWriter writes to the only interface of a pcapng file.
type ngWriter struct{ *capture.PcapngWriter }

func (w ngWriter) WritePacket(time int64, wire int, data []byte) error {
	return w.PcapngWriter.WritePacket(0, time, wire, data, "")
}
