package siblings

import "github.com/handshark/handshark/capture"

// addr is an address in an Attempt: the last 64 bits of one that has no others, as of
// IPv4, for which nothing has to be looked up, or the number that Digests gave it.
type addr uint64

// numbered marks those that are numbers.
const numbered = addr(1) << 63

const (
	loopback4 = addr(0xffff_7f00_0001)
	loopback6 = addr(1)
)

// addr gives what stands for an address among the attempts of d.
func (d *Digests) addr(a capture.Addr) addr {
	if own := addr(a.Lo); a.Hi == 0 && own&numbered == 0 {
		return own
	}
	return addr(d.addrs.of(a)) | numbered
}

// address gives the address that a stands for.
func (d *Digests) address(a addr) capture.Addr {
	if a&numbered == 0 {
		return capture.Addr{Lo: uint64(a)}
	}
	return d.addrs.list[a&^numbered]
}

func (d *Digests) loopback(a addr) bool { return d.address(a).Netip().IsLoopback() }

// family gives the loopback address of the other family for that of one, else the
// address itself.
func (a addr) family() addr {
	switch a {
	case loopback4:
		return loopback6
	case loopback6:
		return loopback4
	}
	return a
}
