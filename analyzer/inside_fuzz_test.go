package analyzer

import (
	"crypto/tls"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	facts "github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
)

// notInside are phrases that mean something else inside of TLS, and empty lines, which in a
// record of their own in front of a head have it begin where they do.
var notInside = []string{
	"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", "\x15\x03\x03\x00\x02\x02\x28", "\r\n", "\r\n\r\n",
}

// FuzzInside lets two sides say phrases in any order, in clear and inside of TLS: what is
// handed on is the same.
func FuzzInside(f *testing.F) {
	f.Add([]byte{0, 3, 13, 12}, uint8(0), true)
	f.Add([]byte{0, 9, 255}, uint8(29), false)
	f.Add([]byte{4, 7, 0, 254, 3, 11, 12, 252}, uint8(7), true)
	f.Add([]byte{12, 0, 12, 3, 14, 17, 250, 253}, uint8(1), false)
	f.Fuzz(func(t *testing.T, in []byte, size uint8, tls13 bool) {
		if len(in) > 24 {
			return
		}
		version := uint16(tls.VersionTLS12)
		if tls13 {
			version = tls.VersionTLS13
		}
		keys := facts.NewKeyLog()
		inside := newRig(t, Options{Keys: keys})
		inside.inner = newSealed(t, version, keys)
		defer inside.inner.close()
		inside.size = int(size) // of segments; a record is always said as a whole
		clear := newRig(t, Options{})
		for _, r := range []*rig{clear, inside} {
			r.open().speak(in)
		}
		if d := cmp.Diff(clear.got, inside.got); d != "" && !odd(in) {
			t.Errorf("handshakes (-in clear +inside of TLS):\n%s", d)
		}
	})
}

// speak says what octets stand for, from the client's request on: before it, who speaks
// first differs.
func (r *rig) speak(in []byte) {
	r.from(client, ask)
	for _, b := range in {
		switch {
		case b >= 254:
			r.fin(reassembly.Side(b & 1))
		case b >= 252:
			r.rst(reassembly.Side(b & 1))
		case b >= 248:
			r.wait(3e9)
		default:
			r.from(reassembly.Side(b&1), phraseOf(b))
		}
	}
	r.end(reassembly.EndCapture)
}

func phraseOf(b byte) string { return phrases[int(b>>1)%len(phrases)] }

// odd reports whether something is said that is not the same inside.
func odd(in []byte) bool {
	return slices.ContainsFunc(in, func(b byte) bool { return b < 248 && slices.Contains(notInside, phraseOf(b)) })
}
