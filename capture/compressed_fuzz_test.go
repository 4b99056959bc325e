package capture

import (
	"bytes"
	"testing"
)

// FuzzCompressed damages compressed captures: the input is what stands in the
// place of some octets, from the one at a position on, and kind says of which
// format.
func FuzzCompressed(f *testing.F) {
	whole := make([][]byte, len(packers))
	for i, p := range packers {
		whole[i] = p.pack(f, samplePcapng(f, 4))
		f.Add([]byte{0xff}, uint16(10*i), uint8(i), false)
		f.Add([]byte{}, uint16(len(whole[i])/2), uint8(i), true)
		f.Add(whole[i], uint16(len(whole[i])), uint8(i), false)
	}
	f.Fuzz(func(t *testing.T, patch []byte, at uint16, kind uint8, cut bool) {
		good := whole[int(kind)%len(whole)]
		from := min(int(at), len(good))
		b := append(bytes.Clone(good[:from]), patch...)
		if rest := from + len(patch); !cut && rest < len(good) {
			b = append(b, good[rest:]...)
		}
		checkSource(t, b)
	})
}
