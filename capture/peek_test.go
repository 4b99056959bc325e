package capture

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// discard is a handler without use for anything.
type discard struct{ segments int }

func (d *discard) Segment(*Segment)   { d.segments++ }
func (*discard) ICMPError(*ICMPError) {}
func (*discard) DNS(*DNSMessage)      {}

// twoWays decodes every packet with and without the quick path.
type twoWays struct {
	quick, layers *Decoder
}

func newTwoWays() twoWays {
	w := twoWays{NewDecoder(DecoderOptions{}), NewDecoder(DecoderOptions{})}
	w.layers.layersOnly = true
	return w
}

// difference says where the two disagree about p, empty when they do not.
func (w twoWays) difference(p *Packet) string {
	var a, b handed
	w.quick.Decode(p, &a)
	w.layers.Decode(p, &b)
	if a.equal(&b) {
		return ""
	}
	for i := range a.segments {
		if diff := cmp.Diff(w.layers.Path(b.at(i).Path), w.quick.Path(a.segments[i].Path)); diff != "" {
			return "path (-layers +quick): " + diff
		}
		a.segments[i].Path = b.at(i).Path
	}
	return cmp.Diff(b, a, cmp.AllowUnexported(handed{}))
}

// equal spares cmp the common case.
func (f *handed) equal(o *handed) bool {
	if len(f.segments) != 1 || len(o.segments) != 1 || f.segments[0].Path != 0 {
		return false
	}
	return reflect.DeepEqual(f.segments, o.segments)
}

func (f *handed) at(i int) Segment {
	if i < len(f.segments) {
		return f.segments[i]
	}
	return Segment{}
}

func TestQuickAgainstLayersCorpus(t *testing.T) {
	packets, segments := 0, uint64(0)
	for _, name := range corpusCaptures(t) {
		w := newTwoWays()
		eachPacket(t, name, func(p *Packet) {
			packets++
			if diff := w.difference(p); diff != "" {
				t.Fatalf("%s frame %d (-layers +quick):\n%s", name, p.Ref.Frame, diff)
			}
		})
		segments += w.quick.stats.TCP
		if diff := cmp.Diff(w.layers.Stats(), w.quick.Stats()); diff != "" {
			t.Errorf("%s: statistics (-layers +quick):\n%s", name, diff)
		}
	}
	t.Logf("%d packets, %d segments", packets, segments)
}

func FuzzQuickAgainstLayers(f *testing.F) {
	for _, e := range encapsulations() {
		p := e.packet(f)
		f.Add(uint32(p.Link), p.Data, 0)
	}
	f.Fuzz(func(t *testing.T, link uint32, data []byte, cut int) {
		p := Packet{Ref: Ref{Frame: 1}, Link: LinkType(link), Data: data, Wire: len(data) + min(max(cut, 0), 1<<20)}
		w := newTwoWays()
		if diff := w.difference(&p); diff != "" {
			t.Errorf("-layers +quick:\n%s", diff)
		}
		if diff := cmp.Diff(w.layers.Stats(), w.quick.Stats()); diff != "" {
			t.Errorf("statistics (-layers +quick):\n%s", diff)
		}
	})
}

// quickPackets are of the shape that the quick path is for.
func quickPackets(t testing.TB) []*Packet {
	var out []*Packet
	for _, e := range encapsulations() {
		p := e.packet(t)
		if d := NewDecoder(DecoderOptions{}); func() bool { d.packet = p; return d.peek(p) }() {
			out = append(out, p)
		}
	}
	return out
}

func TestQuickPathAllocatesNothing(t *testing.T) {
	packets := quickPackets(t)
	if len(packets) < 15 {
		t.Fatalf("only %d encapsulations take the quick path", len(packets))
	}
	d, h := NewDecoder(DecoderOptions{}), &discard{}
	decode := func() {
		for _, p := range packets {
			d.Decode(p, h)
		}
	}
	decode() // learns paths and link types
	if n := testing.AllocsPerRun(100, decode); n != 0 {
		t.Errorf("%v allocations for %d packets; want 0", n, len(packets))
	}
}

// The usual tunnels go through gopacket's layers without allocation as well.
func TestCommonTunnelsAllocateNothing(t *testing.T) {
	for _, e := range encapsulations() {
		switch e.name {
		case "three tags", "vxlan", "vxlan, vlans", "gre", "4in4", "geneve", "gtp", "segment routing":
		default:
			continue
		}
		d, h, p := NewDecoder(DecoderOptions{}), &discard{}, e.packet(t)
		d.Decode(p, h)
		if n := testing.AllocsPerRun(100, func() { d.Decode(p, h) }); n != 0 {
			t.Errorf("%s: %v allocations; want 0", e.name, n)
		}
	}
}

func benchmarkDecode(b *testing.B, data string, layersOnly bool) {
	d, h := NewDecoder(DecoderOptions{}), &discard{}
	d.layersOnly = layersOnly
	raw := hexBytes(b, data)
	p := &Packet{Link: LinkEthernet, Data: raw, Wire: len(raw)}
	b.ReportAllocs()
	for b.Loop() {
		d.Decode(p, h)
	}
}

func BenchmarkDecode(b *testing.B) {
	vxlan := macs + "0800" + udpTo("12b5", "08000000 00002a00"+ethGet)
	for _, c := range []struct {
		name, data string
		layersOnly bool
	}{
		{"quick", ethGet, false},
		{"quick vlan", macs + "8100 0007 0800" + ip4Get, false},
		{"quick ipv6", macs + "86dd" + ip6Get, false},
		{"layers", ethGet, true},
		{"layers ipv6", macs + "86dd" + ip6Get, true},
		{"layers vxlan", vxlan, false},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkDecode(b, c.data, c.layersOnly) })
	}
}
