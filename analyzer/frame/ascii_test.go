package frame

import (
	"bytes"
	"testing"
)

func TestASCII(t *testing.T) {
	for n := range 40 {
		b := bytes.Repeat([]byte{0x7F}, n)
		if !ASCII(b) {
			t.Errorf("%d octets of ASCII are not", n)
		}
		for i := range b {
			b[i] = 0x80
			if ASCII(b) {
				t.Errorf("octet %d of %d is overlooked", i, n)
			}
			b[i] = 0
		}
	}
}
