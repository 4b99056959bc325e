package capture

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hexBytes reads annotated hexadecimal: blanks do not count, and what follows //
// on a line is a comment.
func hexBytes(t testing.TB, parts ...string) []byte {
	t.Helper()
	var text strings.Builder
	for _, part := range parts {
		for line := range strings.Lines(part) {
			line, _, _ = strings.Cut(line, "//")
			text.WriteString(strings.Join(strings.Fields(line), ""))
		}
	}
	b, err := hex.DecodeString(text.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The packet that every encapsulation of the tests carries: "GET " from
// 192.0.2.1:50000 to 192.0.2.2:80, or the same over IPv6.
const (
	tcpGet = `
		c350 0050            // ports 50000, 80
		000003e8 000007d0    // sequence 1000, acknowledgement 2000
		50 18 2000 0000 0000 // 20 bytes, PSH ACK, window 8192
		47455420             // GET
		`
	ip4Get = `
		45 00 002c 0001 4000 40 06 0000 // 44 bytes, don't fragment, TTL 64, TCP
		c0000201 c0000202` + tcpGet
	ip6Header = `
		60000000 0018 06 40             // 24 bytes, TCP, hop limit 64
		20010db8000000000000000000000001
		20010db8000000000000000000000002`
	ip6Get = ip6Header + tcpGet

	macs    = "020000000002 020000000001"
	ethGet  = macs + "0800" + ip4Get
	outer4  = "45 00 00ff 0002 0000 40" // followed by the protocol
	outer4b = "0000 c6336401 c6336402"
	// Outer IPv4 headers state a length of zero, so that they fit any content.
	outerGRE = "45 00 0000 0002 0000 40 2f 0000 c6336401 c6336402"
	outerUDP = "45 00 0000 0002 0000 40 11 0000 c6336401 c6336402"
	outer6b  = "40 20010db8000000000000000000000011 20010db8000000000000000000000012"
)

// handed collects what a Decoder hands over, copied.
type handed struct {
	segments []Segment
	icmp     []ICMPError
	dns      []DNSMessage
}

func (f *handed) Segment(s *Segment) {
	c := *s
	c.Payload = append([]byte(nil), s.Payload...)
	f.segments = append(f.segments, c)
}
func (f *handed) ICMPError(e *ICMPError) { f.icmp = append(f.icmp, *e) }
func (f *handed) DNS(m *DNSMessage)      { f.dns = append(f.dns, *m) }

func wantGet(v6 bool) Segment {
	src, dst := AddrFrom4([]byte{192, 0, 2, 1}), AddrFrom4([]byte{192, 0, 2, 2})
	if v6 {
		src, dst = Addr{Hi: 0x20010db8 << 32, Lo: 1}, Addr{Hi: 0x20010db8 << 32, Lo: 2}
	}
	return Segment{
		Ref: Ref{Frame: 1, Time: 1}, Src: Endpoint{src, 50000}, Dst: Endpoint{dst, 80},
		Seq: 1000, Ack: 2000, Flags: PSH | ACK, Window: 8192, TTL: 64, Scale: -1,
		Payload: []byte("GET "), Wire: 4,
	}
}

type encapsulation struct {
	name string
	link LinkType
	data string
	v6   bool
	path []string
}

func (e encapsulation) packet(t testing.TB) *Packet {
	b := hexBytes(t, e.data)
	return &Packet{Ref: Ref{Frame: 1, Time: 1}, Link: e.link, Data: b, Wire: len(b)}
}

func encapsulations() []encapsulation {
	return append(linkEncapsulations(), tunnelEncapsulations()...)
}

func TestDecodeEncapsulations(t *testing.T) {
	for _, e := range encapsulations() {
		for _, layersOnly := range []bool{false, true} {
			d := NewDecoder(DecoderOptions{})
			d.layersOnly = layersOnly
			var f handed
			d.Decode(e.packet(t), &f)
			if len(f.segments) != 1 {
				t.Errorf("%s: %d segments; want 1: %+v", e.name, len(f.segments), d.Stats())
				continue
			}
			got, want := f.segments[0], wantGet(e.v6)
			if diff := cmp.Diff(e.path, d.Path(got.Path)); diff != "" {
				t.Errorf("%s: path (-want +got):\n%s", e.name, diff)
			}
			got.Path = 0
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: segment (-want +got):\n%s", e.name, diff)
			}
		}
	}
}

// accounted is the number of packets that the statistics explain.
func accounted(s DecoderStats) uint64 {
	n := s.TCP + s.UDP + s.DNS + s.ICMP + s.Fragments.Fragments
	for _, list := range [][]Count{s.Other, s.Undecoded} {
		for _, c := range list {
			n += c.N
		}
	}
	return n
}

// Every encapsulation is cut at every byte, by the snap length and as if the
// sender had stopped there. No packet may vanish without a count.
func TestDecodeCutEverywhere(t *testing.T) {
	for _, e := range encapsulations() {
		whole := e.packet(t)
		for n := range len(whole.Data) {
			for _, wire := range []int{len(whole.Data), n} {
				cut := *whole
				cut.Data, cut.Wire = whole.Data[:n:n], wire
				d := NewDecoder(DecoderOptions{})
				var f handed
				d.Decode(&cut, &f)
				s := d.Stats()
				if accounted(s) == 0 {
					t.Errorf("%s cut at %d of %d: nothing counted", e.name, n, wire)
				}
				for _, c := range s.Undecoded {
					if c.Name == "decoder failed" {
						t.Errorf("%s cut at %d of %d: %s", e.name, n, wire, c.Name)
					}
				}
			}
		}
	}
}

func TestDecodeTooDeep(t *testing.T) {
	tests := map[string]string{
		"vlan": macs + strings.Repeat("8100 0001", 30) + "0800" + ip4Get,
		"ipip": macs + "0800" + strings.Repeat("4500 0000 0002 0000 40 04 0000 c6336401 c6336402", 30) + ip4Get,
	}
	for name, data := range tests {
		d := NewDecoder(DecoderOptions{})
		var f handed
		b := hexBytes(t, data)
		d.Decode(&Packet{Link: LinkEthernet, Data: b, Wire: len(b)}, &f)
		if got := d.Stats().Undecoded; len(got) != 1 || got[0].Name != "too deeply nested" {
			t.Errorf("%s: undecoded %v; want too deeply nested", name, got)
		}
	}
}

func TestDecodeCounts(t *testing.T) {
	tests := []struct {
		name string
		link LinkType
		data string
		want string // a name in Other or Undecoded
	}{
		{"arp", LinkEthernet, macs + "0806 0001", "ARP"},
		{"lldp", LinkEthernet, macs + "88cc 0001", "LLDP"},
		{"stp", LinkEthernet, macs + "0026 424203 0000", "STP"},
		{"ethertype", LinkEthernet, macs + "4321 00", "EtherType 0x4321"},
		{"igmp", LinkRaw, outer4 + "02" + outer4b, "IGMP"},
		{"esp", LinkRaw, outer4 + "32" + outer4b + "0000000100000001", "IPsec ESP"},
		{"esp in udp", LinkRaw, outerUDP + "1194 1194 0010 0000 00000001 00000001", "IPsec ESP"},
		{"ah without length", LinkRaw, outer4 + "33" + outer4b + "06 00 0000 00000001 00000001", "IPsec AH length below 12"},
		{"macsec", LinkEthernet, macs + "88e5 00000000", "MACsec"},
		{"link type", 147, "00", "link type LINKTYPE_147 not decoded"},
		{"named link type", 189, "00", "link type USB_LINUX not decoded"},
		{"header cut", LinkRaw, "45 00 0028", "IPv4 header ends after 4 of 20 bytes"},
		{"version", LinkEthernet, macs + "0800" + ip6Get, "IPv4 header of version 6"},
		{"header length", LinkRaw, "42 00 0028 0000 0000 40 06 0000 c0000201 c0000202", "IPv4 header length below 20 bytes"},
		{"total length", LinkRaw, "45 00 0010 0000 0000 40 06 0000 c0000201 c0000202", "IPv4 total length shorter than the header"},
		{"data offset", LinkRaw, "45 00 0028 0000 0000 40 06 0000 c0000201 c0000202 c3500050 00000000 00000000 4018 2000 00000000", "TCP data offset below 20 bytes"},
		{"data offset beyond", LinkRaw, "45 00 0028 0000 0000 40 06 0000 c0000201 c0000202 c3500050 00000000 00000000 6018 2000 00000000", "TCP data offset beyond the segment"},
		{"netlink", LinkLinuxSLL, "0000 0338 0000 0000000000000000 0800" + ip4Get, "netlink"},
		{"netlink, second form", LinkLinuxSLL2, "0800 0000 00000002 0338 00 00 0000000000000000" + ip4Get, "netlink"},
		{"encrypted 802.11", LinkIEEE80211, "0841 0000 020000000001 020000000002 020000000003 0000 0000000000000000", "802.11 encrypted"},
		{"beacon", LinkIEEE80211, "8000 0000 ffffffffffff 020000000002 020000000002 0000 0000000000000000", "802.11 management or control"},
	}
	for _, test := range tests {
		d := NewDecoder(DecoderOptions{})
		var f handed
		b := hexBytes(t, test.data)
		d.Decode(&Packet{Link: test.link, Data: b, Wire: len(b)}, &f)
		s := d.Stats()
		all := append(s.Other, s.Undecoded...)
		if len(all) != 1 || all[0] != (Count{test.want, 1}) {
			t.Errorf("%s: counted %v; want %q", test.name, all, test.want)
		}
	}
}

func TestDecodeSnapLength(t *testing.T) {
	b := hexBytes(t, ethGet)
	tests := []struct {
		name     string
		captured int
		payload  string
		segments int
	}{
		{"whole", len(b), "GET ", 1},
		{"payload cut", len(b) - 3, "G", 1},
		{"no payload", len(b) - 4, "", 1},
		{"header cut", len(b) - 5, "", 0},
	}
	for _, test := range tests {
		d := NewDecoder(DecoderOptions{})
		var f handed
		d.Decode(&Packet{Link: LinkEthernet, Data: b[:test.captured], Wire: len(b)}, &f)
		if len(f.segments) != test.segments {
			t.Errorf("%s: %d segments; want %d", test.name, len(f.segments), test.segments)
			continue
		}
		if test.segments == 0 {
			if got := d.Stats().Undecoded[0].Name; got != "TCP header cut at 19 of 20 bytes" {
				t.Errorf("%s: counted as %q", test.name, got)
			}
			continue
		}
		if s := f.segments[0]; string(s.Payload) != test.payload || s.Wire != 4 {
			t.Errorf("%s: payload %q of %d; want %q of 4", test.name, s.Payload, s.Wire, test.payload)
		}
	}
}

// A SYN whose options the snap length cut keeps those before the cut.
func TestDecodeOptionsCut(t *testing.T) {
	syn := macs + `0800 45 00 0034 0001 4000 40 06 0000 c0000201 c0000202
		c3500050 000003e8 00000000 80 02 2000 0000 0000 020405b4 01 030307 01 01 0402`
	b := hexBytes(t, syn)
	tests := []struct {
		captured int
		mss      uint16
		scale    int8
	}{{len(b), 1460, 7}, {len(b) - 4, 1460, 7}, {len(b) - 5, 1460, -1}, {len(b) - 9, 0, -1}, {len(b) - 12, 0, -1}}
	for _, test := range tests {
		d := NewDecoder(DecoderOptions{})
		var f handed
		d.Decode(&Packet{Link: LinkEthernet, Data: b[:test.captured], Wire: len(b)}, &f)
		if len(f.segments) != 1 {
			t.Errorf("%d bytes: %d segments; want 1", test.captured, len(f.segments))
			continue
		}
		if s := f.segments[0]; s.MSS != test.mss || s.Scale != test.scale || s.Wire != 0 || len(s.Payload) != 0 || !s.Flags.Has(SYN) {
			t.Errorf("%d bytes: %+v; want MSS %d, scale %d", test.captured, s, test.mss, test.scale)
		}
	}
}

// An atomic fragment stands alone, even beside fragments of the same number.
func TestDecodeAtomicFragment(t *testing.T) {
	d := NewDecoder(DecoderOptions{})
	feed(d, &discard{}, 0, ipPiece{from: 0, to: 40}.ipv6(1), ipPiece{from: 0, to: 120, last: true}.ipv6(1))
	if s := d.Stats(); s.TCP != 1 || s.Fragments.Fragments != 1 || s.Fragments.Open != 1 {
		t.Errorf("%+v; want one segment beside one fragment", s)
	}
}

// A length of zero and a cut: the capture says how long the packet was.
func TestDecodeLengthZeroCut(t *testing.T) {
	for _, data := range []string{
		"45 00 0000 0001 4000 40 06 0000 c0000201 c0000202" + tcpGet,
		"60000000 0000 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002" + tcpGet,
	} {
		b := hexBytes(t, data)
		p := &Packet{Ref: Ref{Frame: 1}, Link: LinkRaw, Data: b, Wire: len(b) + 1000}
		if diff := newTwoWays().difference(p); diff != "" {
			t.Errorf("-layers +quick:\n%s", diff)
		}
		var f handed
		NewDecoder(DecoderOptions{}).Decode(p, &f)
		if f.segments[0].Wire != 1004 {
			t.Errorf("wire %d; want 1004", f.segments[0].Wire)
		}
	}
}

// Lengths beyond 16 bits: by the jumbo option, cut here, and as Linux sends
// them to itself, with a length of zero.
func TestDecodeBigTCP(t *testing.T) {
	jumbo := "60000000 0000 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002 06 00 c20400011000" + tcpGet
	zero4 := "45 00 0000 0001 4000 40 06 0000 c0000201 c0000202" + tcpGet
	zero6 := "60000000 0000 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002" + tcpGet
	const extra = 70000
	tests := []struct {
		name, data string
		grow       int
		wire       int
	}{
		{"jumbo option", jumbo, 0, 0x11000 - 28},
		{"ipv4, length zero", zero4, extra, 4 + extra},
		{"ipv6, length zero", zero6, extra, 4 + extra},
	}
	for _, test := range tests {
		b := append(hexBytes(t, test.data), make([]byte, test.grow)...)
		for _, layersOnly := range []bool{false, true} {
			d := NewDecoder(DecoderOptions{})
			d.layersOnly = layersOnly
			var f handed
			d.Decode(&Packet{Link: LinkRaw, Data: b, Wire: len(b)}, &f)
			if len(f.segments) != 1 || f.segments[0].Wire != test.wire || len(f.segments[0].Payload) != 4+test.grow {
				t.Errorf("%s: %d segments, wire %d; want %d", test.name, len(f.segments), f.segments[0].Wire, test.wire)
			}
		}
	}
}

// An inner length may not reach beyond the length around it; the capture's own
// length on the wire is not such a bound.
func TestDecodeInnerLengthLies(t *testing.T) {
	pppoe := macs + "8864 11 00 0011 002a 0021 45 00 002e 0001 4000 40 06 0000 c0000201 c0000202 c3500050 00000000 00000000 5010 2000 0000 0000 000000000000"
	plain := macs + "0800 45 00 002e 0001 4000 40 06 0000 c0000201 c0000202 c3500050 00000000 00000000 5010 2000 0000 0000"
	for data, want := range map[string]int{pppoe: 0, plain: 6} {
		d := NewDecoder(DecoderOptions{})
		var f handed
		b := hexBytes(t, data)
		d.Decode(&Packet{Link: LinkEthernet, Data: b, Wire: len(b)}, &f)
		if len(f.segments) != 1 || f.segments[0].Wire != want || len(f.segments[0].Payload) != 0 {
			t.Errorf("segments %+v; want one of %d bytes on the wire", f.segments, want)
		}
	}
}

func TestSYNOptions(t *testing.T) {
	tests := []struct {
		name, options string
		mss           uint16
		scale         int8
	}{
		{"none", "", 0, -1},
		{"usual", "020405b4 0402 080a0000000100000000 01 030307", 1460, 7},
		{"end of list", "020405b4 00 030307", 1460, -1},
		{"length zero", "020405b4 0300 07", 1460, -1},
		{"length beyond", "020405b4 03ff07", 1460, -1},
		{"kind alone", "020405b4 03", 1460, -1},
		{"wrong length", "0203ff 03040700", 0, -1},
		{"shift above 14", "0303ff", 0, 14},
	}
	for _, test := range tests {
		mss, scale := synOptions(hexBytes(t, test.options))
		if mss != test.mss || scale != test.scale {
			t.Errorf("%s: got %d, %d; want %d, %d", test.name, mss, scale, test.mss, test.scale)
		}
	}
}

// An aggregated 802.11 frame carries several packets; the last subframe may be
// cut.
func TestDecodeAggregated(t *testing.T) {
	const subframe = "020000000001 020000000002 0034 aaaa03 000000 0800"
	b := hexBytes(t, "8801 0000 020000000001 020000000002 020000000003 0000 8000"+
		subframe+ip4Get+"0000"+subframe+ip4Get+"deadbeef")
	for cut, want := range map[int]int{0: 2, 4: 2, 8: 2, 9: 1, 70: 1} {
		d := NewDecoder(DecoderOptions{})
		var f handed
		d.Decode(&Packet{Link: LinkIEEE80211, Data: b[:len(b)-cut], Wire: len(b)}, &f)
		if len(f.segments) != want {
			t.Errorf("%d bytes cut: %d segments; want %d: %+v", cut, len(f.segments), want, d.Stats())
		}
	}
}

// panicking is a handler with a fault of its own.
type panicking struct{ handed }

func (panicking) Segment(*Segment) { panic("handler") }

func TestDecodeLeavesHandlerPanicsAlone(t *testing.T) {
	for _, layersOnly := range []bool{false, true} {
		d := NewDecoder(DecoderOptions{})
		d.layersOnly = layersOnly
		func() {
			defer func() {
				if r := recover(); r != "handler" {
					t.Errorf("recovered %v; want the handler's panic", r)
				}
			}()
			b := hexBytes(t, ethGet)
			d.Decode(&Packet{Link: LinkEthernet, Data: b, Wire: len(b)}, &panicking{})
		}()
	}
}
