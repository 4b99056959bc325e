package diagnosis_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
)

// container writes packets of one link type into a file format.
type container struct {
	name  string
	write func([]packet) []byte
	// timeless containers have no time stamps: only the frames of messages are
	// compared.
	timeless bool
	// scattered containers give neighbouring packets to different interfaces. What
	// is sent again and comes in elsewhere is taken for a second copy.
	scattered bool
}

// order is a byte order that can append.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// writePcap writes pcap with a magic number; header is the size of a record's
// header, unit that of the second time field in nanoseconds.
func writePcap(o order, magic uint32, header int, unit int64, snap uint32) func([]packet) []byte {
	return func(list []packet) []byte {
		b := o.AppendUint32(nil, magic)
		b = o.AppendUint16(o.AppendUint16(b, 2), 4)
		b = o.AppendUint32(o.AppendUint32(b, 0), 0)
		b = o.AppendUint32(o.AppendUint32(b, snap), uint32(list[0].link))
		for _, p := range list {
			b = o.AppendUint32(b, uint32(p.time/1e9))
			b = o.AppendUint32(b, uint32(p.time%1e9/unit))
			b = o.AppendUint32(o.AppendUint32(b, uint32(len(p.data))), uint32(p.wire))
			b = append(b, make([]byte, header-16)...)
			b = append(b, p.data...)
		}
		return b
	}
}

// blocks writes pcapng blocks.
type blocks struct {
	order
	b []byte
}

func (w *blocks) u16(v uint16)  { w.b = w.AppendUint16(w.b, v) }
func (w *blocks) u32(v uint32)  { w.b = w.AppendUint32(w.b, v) }
func (w *blocks) pad(b []byte)  { w.b = append(append(w.b, b...), make([]byte, -len(b)&3)...) }
func (w *blocks) time(t uint64) { w.u32(uint32(t >> 32)); w.u32(uint32(t)) }

// block writes one block with its lengths.
func (w *blocks) block(kind uint32, body func()) {
	start := len(w.b)
	w.u32(kind)
	w.u32(0)
	body()
	n := uint32(len(w.b) - start + 4)
	w.u32(n)
	w.PutUint32(w.b[start+4:], n)
}

func (w *blocks) section() {
	w.block(0x0a0d0d0a, func() {
		w.u32(0x1a2b3c4d)
		w.u16(1)
		w.u16(0)
		w.time(1<<64 - 1)
	})
}

// resolution says how an interface counts time: the if_tsresol octet (0 = the
// option is left out), nanoseconds to units, and if_tsoffset in seconds.
type resolution struct {
	octet  byte
	units  func(ns int64) uint64
	offset int64
}

func micro() resolution {
	return resolution{units: func(ns int64) uint64 { return uint64(ns) / 1000 }}
}

func nano() resolution {
	return resolution{octet: 9, units: func(ns int64) uint64 { return uint64(ns) }}
}

// binaryResolution counts in 2^-24 s.
func binaryResolution() resolution {
	return resolution{octet: 0x80 | 24, units: func(ns int64) uint64 {
		return uint64(ns)/1e9<<24 + (uint64(ns)%1e9<<24+1e9-1)/1e9
	}}
}

func shifted() resolution {
	const seconds = 1_000_000
	return resolution{octet: 9, offset: seconds, units: func(ns int64) uint64 { return uint64(ns - seconds*1e9) }}
}

func (w *blocks) description(link capture.LinkType, r resolution) {
	w.block(1, func() {
		w.u16(uint16(link))
		w.u16(0)
		w.u32(0)
		if r.octet != 0 {
			w.u16(9)
			w.u16(1)
			w.pad([]byte{r.octet})
		}
		if r.offset != 0 {
			w.u16(14)
			w.u16(8)
			w.b = w.AppendUint64(w.b, uint64(r.offset))
		}
		w.u32(0)
	})
}

func (w *blocks) enhanced(id uint32, p packet, r resolution) {
	w.block(6, func() {
		w.u32(id)
		w.time(r.units(p.time))
		w.u32(uint32(len(p.data)))
		w.u32(uint32(p.wire))
		w.pad(p.data)
	})
}

// obsolete writes the packet block that came before the enhanced one.
func (w *blocks) obsolete(p packet, r resolution) {
	w.block(2, func() {
		w.u16(0)
		w.u16(0xffff) // drops unknown
		w.time(r.units(p.time))
		w.u32(uint32(len(p.data)))
		w.u32(uint32(p.wire))
		w.pad(p.data)
	})
}

func (w *blocks) simple(p packet) {
	w.block(3, func() {
		w.u32(uint32(p.wire))
		w.pad(p.data)
	})
}

// noise writes blocks that carry no packet: names, statistics, TLS keys, and a
// type that nobody knows.
func (w *blocks) noise(id uint32) {
	w.block(4, func() { w.u16(1); w.u16(8); w.pad([]byte("\xc0\x00\x02\x01a\x00\x00\x00")); w.u32(0) })
	w.block(5, func() {
		w.u32(id)
		w.time(0)
		w.u16(5)
		w.u16(8)
		w.time(0)
		w.u32(0)
	})
	w.block(10, func() { w.u32(0x544c534b); w.u32(8); w.pad([]byte("# keys\r\n")) })
	w.block(0x7fff0001, func() { w.pad([]byte("what is this")) })
}

// writePcapng writes one section with one interface.
func writePcapng(o order, r resolution, put func(*blocks, packet, resolution)) func([]packet) []byte {
	return func(list []packet) []byte {
		w := &blocks{order: o}
		w.section()
		w.description(list[0].link, r)
		for _, p := range list {
			put(w, p, r)
		}
		return w.b
	}
}

func enhanced(w *blocks, p packet, r resolution) { w.enhanced(0, p, r) }
func obsolete(w *blocks, p packet, r resolution) { w.obsolete(p, r) }
func simple(w *blocks, p packet, _ resolution)   { w.simple(p) }

func noisy(w *blocks, p packet, r resolution) {
	w.noise(0)
	w.enhanced(0, p, r)
	w.noise(0)
}

// writeSections puts each packet into a section of its own, in alternating byte
// orders and time resolutions.
func writeSections(list []packet) []byte {
	var b []byte
	for i, p := range list {
		w := &blocks{order: binary.BigEndian}
		r := nano()
		if i%2 == 0 {
			w, r = &blocks{order: binary.LittleEndian}, shifted()
		}
		w.section()
		w.description(p.link, r)
		w.enhanced(0, p, r)
		b = append(b, w.b...)
	}
	return b
}

// writeInterfaces spreads the packets over interfaces of different link types
// and resolutions.
func writeInterfaces(list []packet) []byte {
	w := &blocks{order: binary.LittleEndian}
	w.section()
	w.description(capture.LinkLinuxSLL, nano())
	w.description(list[0].link, binaryResolution())
	w.description(capture.LinkRaw, shifted())
	for i, p := range list {
		switch etherType, ip := p.network(); i % 3 {
		case 0:
			head := join(octets("0000 0001 0006 0200000000010000"), u16(int(etherType)))
			w.enhanced(0, packet{p.time, p.wire - (len(p.data) - len(ip)) + len(head), 0, join(head, ip)}, nano())
		case 1:
			w.enhanced(1, p, binaryResolution())
		case 2:
			w.enhanced(2, packet{p.time, p.wire - (len(p.data) - len(ip)), 0, ip}, shifted())
		}
	}
	return w.b
}

func containers() []container {
	le, be := binary.LittleEndian, binary.BigEndian
	const micros, nanos, patched = 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34
	return []container{
		{name: "pcap", write: writePcap(le, micros, 16, 1000, 65535)},
		{name: "pcap big endian", write: writePcap(be, micros, 16, 1000, 65535)},
		{name: "pcap nanoseconds", write: writePcap(le, nanos, 16, 1, 262144)},
		{name: "pcap nanoseconds big endian", write: writePcap(be, nanos, 16, 1, 262144)},
		{name: "pcap modified", write: writePcap(le, patched, 24, 1000, 65535)},
		{name: "pcap modified big endian", write: writePcap(be, patched, 24, 1000, 65535)},
		{name: "pcap snaplen 0", write: writePcap(le, micros, 16, 1000, 0)},
		{name: "pcap snaplen 2^32-1", write: writePcap(le, micros, 16, 1000, 1<<32-1)},
		{name: "pcap snaplen too small", write: writePcap(le, micros, 16, 1000, 16)},
		{name: "pcapng", write: writePcapng(le, micro(), enhanced)},
		{name: "pcapng big endian", write: writePcapng(be, micro(), enhanced)},
		{name: "pcapng nanoseconds", write: writePcapng(le, nano(), enhanced)},
		{name: "pcapng binary resolution", write: writePcapng(be, binaryResolution(), enhanced)},
		{name: "pcapng time offset", write: writePcapng(le, shifted(), enhanced)},
		{name: "pcapng obsolete packet block", write: writePcapng(le, micro(), obsolete)},
		{name: "pcapng obsolete packet block big endian", write: writePcapng(be, nano(), obsolete)},
		{name: "pcapng simple packet block", write: writePcapng(le, micro(), simple), timeless: true},
		{name: "pcapng simple packet block big endian", write: writePcapng(be, micro(), simple), timeless: true},
		{name: "pcapng other blocks", write: writePcapng(le, nano(), noisy)},
		{name: "pcapng other blocks big endian", write: writePcapng(be, nano(), noisy)},
		{name: "pcapng sections", write: writeSections, scattered: true},
		{name: "pcapng interfaces", write: writeInterfaces, scattered: true},
	}
}

// packing compresses a file.
type packing struct {
	name string
	pack func([]byte) []byte
}

func packings(t testing.TB) []packing {
	through := func(make func(io.Writer) (io.WriteCloser, error)) func([]byte) []byte {
		return func(data []byte) []byte {
			var b bytes.Buffer
			w, err := make(&b)
			if err == nil {
				_, err = w.Write(data)
			}
			if err != nil || w.Close() != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
	}
	gz := through(func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
	zs := through(func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
	lz := through(func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil })
	halves := func(pack func([]byte) []byte) func([]byte) []byte {
		return func(b []byte) []byte { return join(pack(b[:len(b)/2]), pack(b[len(b)/2:])) }
	}
	return []packing{
		{"plain", func(b []byte) []byte { return b }},
		{"gzip", gz}, {"zstd", zs}, {"lz4", lz},
		{"gzip in two members", halves(gz)}, {"zstd in two frames", halves(zs)}, {"lz4 in two frames", halves(lz)},
		{"zstd with a skippable frame", func(b []byte) []byte { return join(zs(b), octets("502a4d18 04000000 00000000")) }},
	}
}

// TestContainers writes every recording into every file format: the verdicts
// are those of the recording, in the same frames.
func TestContainers(t *testing.T) {
	for _, file := range recordings(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".pcap"), func(t *testing.T) {
			list := readPackets(t, file)
			plain := analyzeBytes(t, pcapOf(t, list))
			for _, c := range containers() {
				checkContainer(t, c, list, plain)
			}
		})
	}
}

func checkContainer(t *testing.T, c container, list []packet, plain analyzed) {
	t.Helper()
	got := analyzeBytes(t, c.write(list))
	for _, d := range got.damage() {
		t.Errorf("%s: %s", c.name, d)
	}
	switch {
	case c.scattered && resent(plain):
	case c.timeless:
		if d := cmp.Diff(messages(plain.handshakes), messages(got.handshakes)); d != "" {
			t.Errorf("%s: messages differ (-plain +%s):\n%s", c.name, c.name, d)
		}
	default:
		sameMarks(t, c.name, plain.handshakes, got.handshakes)
		sameVerdicts(t, c.name, plain.handshakes, got.handshakes)
	}
}

// resent reports whether what was recorded hangs on retransmissions.
func resent(a analyzed) bool {
	return slices.ContainsFunc(a.handshakes, func(h *report.Handshake) bool { return h.Outcome == "no-response" })
}

// messages are the frames of the messages.
func messages(list []*report.Handshake) []string {
	var out []string
	for _, line := range marks(list) {
		if _, m, ok := strings.Cut(line, " request "); ok {
			out = append(out, m)
		}
	}
	return out
}

// TestCompressed compresses recordings of both formats in every way.
func TestCompressed(t *testing.T) {
	for _, file := range recordings(t)[:20] {
		list := readPackets(t, file)
		plain := analyzeBytes(t, pcapOf(t, list))
		for _, c := range []container{containers()[0], containers()[9]} {
			for _, p := range packings(t) {
				name := filepath.Base(file) + ": " + c.name + ", " + p.name
				got := analyzeBytes(t, p.pack(c.write(list)))
				sameVerdicts(t, name, plain.handshakes, got.handshakes)
				for _, d := range got.damage() {
					t.Errorf("%s: %s", name, d)
				}
			}
		}
	}
}
