package textcase

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
)

// decoded is a TCP packet as a plain reader of the file sees it.
type decoded struct {
	from, to netip.AddrPort
	seq      uint32
	flags    byte
	data     []byte
}

// decode reads Ethernet, perhaps a tag, IP and TCP, and checks both checksums.
func decode(t *testing.T, p Packet) (d decoded, ok bool) {
	t.Helper()
	b := p.Data[12:]
	if b[0] == 0x81 {
		b = b[4:]
	}
	six, b := b[0] == 0x86, b[2:]
	from, to, proto, rest := netip.Addr{}, netip.Addr{}, byte(0), []byte(nil)
	if six {
		from, _ = netip.AddrFromSlice(b[8:24])
		to, _ = netip.AddrFromSlice(b[24:40])
		proto, rest = b[6], b[40:]
	} else {
		from, _ = netip.AddrFromSlice(b[12:16])
		to, _ = netip.AddrFromSlice(b[16:20])
		proto, rest = b[9], b[20:]
		if sum := fold(addWords(0, b[:20])); sum != 0 {
			t.Errorf("IP checksum leaves %04x; want 0", sum)
		}
	}
	if proto != protoTCP {
		return d, false
	}
	pseudo := append(append(from.AsSlice(), to.AsSlice()...), 0, proto, byte(len(rest)>>8), byte(len(rest)))
	if sum := fold(addWords(addWords(0, pseudo), rest)); sum != 0 {
		t.Errorf("TCP checksum leaves %04x; want 0", sum)
	}
	be := binary.BigEndian
	return decoded{
		from: netip.AddrPortFrom(from, be.Uint16(rest)), to: netip.AddrPortFrom(to, be.Uint16(rest[2:])),
		seq: be.Uint32(rest[4:]), flags: rest[13], data: rest[rest[12]>>4*4:],
	}, true
}

// streams puts the data of each port pair into order, first copy first, by the
// SYN of that direction.
func streams(t *testing.T, c *Capture) map[[2]uint16]string {
	t.Helper()
	first := map[[2]uint16]uint32{}
	var all []decoded
	for _, p := range c.Packets {
		d, ok := decode(t, p)
		if !ok {
			continue
		}
		if d.flags&flagSYN != 0 {
			first[[2]uint16{d.from.Port(), d.to.Port()}] = d.seq + 1
		}
		all = append(all, d)
	}
	out := map[[2]uint16][]byte{}
	for _, d := range all {
		key := [2]uint16{d.from.Port(), d.to.Port()}
		at, s := int(d.seq-first[key]), out[key]
		if len(d.data) == 0 {
			continue
		}
		if grow := at + len(d.data) - len(s); grow > 0 {
			s = append(s, make([]byte, grow)...)
		}
		copy(s[at:], d.data)
		out[key] = s
	}
	text := map[[2]uint16]string{}
	for k, v := range out {
		text[k] = string(v)
	}
	return text
}

const variantCase = `-- a --
dns ws.example.test A server
split 50
>
<
<+frame text "hello"
>frame text "hello"
close client
-- b --
open refused
icmp 3 3
open
>
< HTTP/1.1 404 Not Found
<body gone
`

// TestVariantsCarryTheSame checks that every variant puts the same octets on
// the same connections, in rising time.
func TestVariantsCarryTheSame(t *testing.T) {
	plainForm := build(t, variantCase, Variant{})
	want := streams(t, plainForm)
	if len(want) != 4 {
		t.Fatalf("got %d streams; want 4", len(want))
	}
	for _, v := range Variants() {
		c := build(t, variantCase, v)
		got := streams(t, c)
		for k := range want {
			if got[k] != want[k] {
				t.Errorf("%s: ports %d: got %q; want %q", v.Name, k, got[k], want[k])
			}
		}
		if !slices.IsSortedFunc(c.Packets, func(a, b Packet) int { return int(a.Time - b.Time) }) {
			t.Errorf("%s: times go backwards", v.Name)
		}
		if v.kind != plain && slices.EqualFunc(c.Packets, plainForm.Packets, func(a, b Packet) bool { return string(a.Data) == string(b.Data) }) {
			t.Errorf("%s: packets are those of the plain form", v.Name)
		}
	}
}

func TestLostLacksOneHeadPiece(t *testing.T) {
	c, err := Parse("x.txtar", []byte(variantCase))
	if err != nil {
		t.Fatal(err)
	}
	n := c.HeadPieces()
	if n < 12 {
		t.Fatalf("got %d head pieces; want at least 12", n)
	}
	whole := len(inPieces(mustPlay(t, c), true, thirds))
	for k := range n {
		b, err := c.Build(Lost(k))
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Packets) != whole-1 {
			t.Errorf("lost %d: got %d packets; want %d", k, len(b.Packets), whole-1)
		}
	}
}

func mustPlay(t *testing.T, c *Case) []*event {
	t.Helper()
	events, _, err := c.play()
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestSequenceNumbersWrapInsideTheHead(t *testing.T) {
	c := build(t, "-- a --\n>\n<\n", Variants()[3])
	wraps := 0
	for _, p := range c.Packets {
		if d, _ := decode(t, p); len(d.data) > 0 && d.seq+uint32(len(d.data)) < d.seq {
			wraps++
		}
	}
	if wraps != 2 {
		t.Errorf("got %d heads over the wrap; want 2", wraps)
	}
}

// TestBuildTwiceIsEqual guards Build against sharing between variants.
func TestBuildTwiceIsEqual(t *testing.T) {
	c, err := Parse("x.txtar", []byte(variantCase))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range append(Variants(), Variant{}, Lost(2)) {
		a, errA := c.Build(v)
		b, errB := c.Build(v)
		if errA != nil || errB != nil || string(a.File()) != string(b.File()) {
			t.Errorf("%s: two builds differ (%v, %v)", v.Name, errA, errB)
		}
	}
}
