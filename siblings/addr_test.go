package siblings

import (
	"testing"

	"github.com/handshark/handshark/capture"
)

// TestAddr: each address stands for itself, whether it is numbered or not.
func TestAddr(t *testing.T) {
	d := NewDigests()
	list := []capture.Addr{
		{}, {Lo: 1}, {Hi: 1}, {Hi: 1, Lo: 1}, {Lo: 1 << 63}, {Lo: 1<<63 + 1}, {Hi: 1 << 63}, {Hi: 1 << 63, Lo: 1 << 63},
		capture.AddrFrom4([]byte{127, 0, 0, 1}), capture.AddrFrom4([]byte{0, 0, 0, 1}), capture.AddrFrom4([]byte{255, 255, 255, 255}),
	}
	seen := map[addr]capture.Addr{}
	for range 2 {
		for _, a := range list {
			of := d.addr(a)
			if other, known := seen[of]; d.address(of) != a || known && other != a {
				t.Errorf("%v is %x, as %v", a, uint64(of), d.address(of))
			}
			seen[of] = a
		}
	}
	if len(seen) != len(list) || len(d.addrs.list) != 6 {
		t.Errorf("%d addresses, %d numbered", len(seen), len(d.addrs.list))
	}
}

// TestLoopback: the same client may come again over the other family.
func TestLoopback(t *testing.T) {
	four, six := loopback4.family(), loopback6.family()
	if four != loopback6 || six != loopback4 || addr(2).family() != 2 {
		t.Errorf("%x and %x", uint64(four), uint64(six))
	}
	d := NewDigests()
	for _, a := range []addr{loopback4, loopback6} {
		if x := d.address(a); !d.loopback(a) || d.addr(x) != a {
			t.Errorf("%x is %v", uint64(a), x)
		}
	}
}
