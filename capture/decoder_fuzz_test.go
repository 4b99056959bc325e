package capture

import "testing"

// FuzzDecode feeds any bytes under any link type, several packets in a row, as
// state stays between them.
func FuzzDecode(f *testing.F) {
	for _, e := range encapsulations() {
		p := e.packet(f)
		f.Add(uint32(p.Link), p.Data, uint16(0))
	}
	f.Add(uint32(LinkRaw), hexBytes(f, dnsUp+"1234 0100 0001 0000 0000 0000"+dnsQuestion), uint16(3))
	f.Fuzz(func(t *testing.T, link uint32, data []byte, cut uint16) {
		d := NewDecoder(DecoderOptions{})
		before := string(data)
		for n := range 3 {
			var got handed
			p := Packet{Ref: Ref{Frame: uint64(n + 1)}, Link: LinkType(link), Data: data, Wire: len(data) + int(cut)}
			d.Decode(&p, &got)
			for _, s := range got.segments {
				if s.Wire < len(s.Payload) {
					t.Errorf("%d bytes of %d", len(s.Payload), s.Wire)
				}
			}
		}
		if s := d.Stats(); accounted(s) < s.Packets {
			t.Errorf("%d packets, %d accounted for: %+v", s.Packets, accounted(s), s)
		}
		if string(data) != before {
			t.Error("the packet was changed")
		}
	})
}
