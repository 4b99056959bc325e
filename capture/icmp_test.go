package capture

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestICMPErrors(t *testing.T) {
	const (
		ip4   = "45 00 0000 0002 0000 40 01 0000 c6336401 c0000201" // from 198.51.100.1
		ip6   = "60000000 0000 3a" + outer6b
		quote = "45 00 003c 0001 4000 3f 06 0000 c0000201 c0000202 c3500050 000003e8" // 8 bytes of TCP
	)
	from4, from6 := AddrFrom4([]byte{198, 51, 100, 1}), Addr{Hi: 0x20010db8 << 32, Lo: 0x11}
	want := wantGet(false)
	want6 := wantGet(true)
	error4 := func(kind, code uint8, mtu uint32) *ICMPError {
		return &ICMPError{Ref: Ref{Frame: 1}, From: from4, Type: kind, Code: code, MTU: mtu, Src: want.Src, Dst: want.Dst, Seq: 1000}
	}
	error6 := func(kind, code uint8, mtu uint32) *ICMPError {
		return &ICMPError{Ref: Ref{Frame: 1}, From: from6, V6: true, Type: kind, Code: code, MTU: mtu, Src: want6.Src, Dst: want6.Dst, Seq: 1000}
	}
	quoted6 := ip6Header + "c3500050 000003e8"
	tests := []struct {
		name, data string
		want       *ICMPError
	}{
		{"port unreachable", ip4 + "03 03 0000 00000000" + quote, error4(3, 3, 0)},
		{"administratively prohibited, whole quote", ip4 + "03 0d 0000 00000000" + ip4Get, error4(3, 13, 0)},
		{"fragmentation needed", ip4 + "03 04 0000 0000 05dc" + quote, error4(3, 4, 1500)},
		{"time exceeded", ip4 + "0b 00 0000 00000000" + quote, error4(11, 0, 0)},
		{"parameter problem", ip4 + "0c 00 0000 14000000" + quote, error4(12, 0, 0)},
		{"redirect", ip4 + "05 00 0000 c6336401" + quote, nil},
		{"echo", ip4 + "08 00 0000 00000000" + quote, nil},
		{"quotes UDP", ip4 + "03 03 0000 00000000 45 00 003c 0001 4000 3f 11 0000 c0000201 c0000202 c3500035 00280000", nil},
		{"quotes a later fragment", ip4 + "03 03 0000 00000000 45 00 003c 0001 0001 3f 06 0000 c0000201 c0000202 c3500050 000003e8", nil},
		{"quote cut", ip4 + "03 03 0000 00000000 45 00 003c 0001 4000 3f 06 0000 c0000201 c0000202 c3500050", nil},
		{"v6 unreachable", ip6 + "01 04 0000 00000000" + quoted6, error6(1, 4, 0)},
		{"v6 too big", ip6 + "02 00 0000 00000500" + quoted6, error6(2, 0, 1280)},
		{"v6 time exceeded", ip6 + "03 00 0000 00000000" + quoted6, error6(3, 0, 0)},
		{"v6 parameter problem", ip6 + "04 01 0000 00000028" + quoted6, error6(4, 1, 0)},
		{"v6 neighbour solicitation", ip6 + "87 00 0000 00000000" + quoted6, nil},
		{"v6 quote with extension header", ip6 + "01 04 0000 00000000 60000000 0020 3c 40 20010db8000000000000000000000001 20010db8000000000000000000000002 06 00 010400000000 c3500050 000003e8", error6(1, 4, 0)},
	}
	for _, test := range tests {
		d := NewDecoder(DecoderOptions{})
		var f handed
		b := hexBytes(t, test.data)
		d.Decode(&Packet{Ref: Ref{Frame: 1}, Link: LinkRaw, Data: b, Wire: len(b)}, &f)
		var want []ICMPError
		if test.want != nil {
			want = []ICMPError{*test.want}
		}
		if diff := cmp.Diff(want, f.icmp); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if s := d.Stats(); s.ICMP != 1 || len(f.segments) != 0 || d.undecodable[reason{format: "decoder failed"}] != 0 {
			t.Errorf("%s: %d segments, %+v; want one ICMP message alone", test.name, len(f.segments), s)
		}
		for n := range b {
			NewDecoder(DecoderOptions{}).Decode(&Packet{Link: LinkRaw, Data: b[:n], Wire: n}, &discard{})
		}
	}
}
