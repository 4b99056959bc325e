package capture

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	dnsUp   = "45 00 0000 0002 0000 40 11 0000 c0000201 c0000235 c350 0035 0000 0000"
	dnsDown = "45 00 0000 0002 0000 40 11 0000 c0000235 c0000201 0035 c350 0000 0000"
	// eXample.test, type A, class IN
	dnsQuestion = "07 6558616d706c65 04 74657374 00 0001 0001"
)

func TestDNS(t *testing.T) {
	client := Endpoint{AddrFrom4([]byte{192, 0, 2, 1}), 50000}
	server := Endpoint{AddrFrom4([]byte{192, 0, 2, 53}), 53}
	message := func(m DNSMessage) *DNSMessage {
		m.Ref, m.Client, m.Server, m.ID = Ref{Frame: 1}, client, server, 0x1234
		m.Name, m.Type = "example.test", 1
		return &m
	}
	a, aaaa := AddrFrom4([]byte{192, 0, 2, 2}), Addr{Hi: 0x20010db8 << 32, Lo: 2}
	tests := []struct {
		name, data string
		want       *DNSMessage
	}{
		{"query", dnsUp + "1234 0100 0001 0000 0000 0000" + dnsQuestion, message(DNSMessage{})},
		{"query with EDNS", dnsUp + "1234 0100 0001 0000 0000 0001" + dnsQuestion + "00 0029 1000 00000000 0000", message(DNSMessage{})},
		{"no such name", dnsDown + "1234 8183 0001 0000 0000 0000" + dnsQuestion, message(DNSMessage{Response: true, RCode: 3})},
		{"answer", dnsDown + "1234 8180 0001 0003 0000 0000" + dnsQuestion +
			"c00c 0005 0001 0000003c 0004 0161 c014 c02a 0001 0001 0000003c 0004 c0000202 c02a 001c 0001 0000003c 0010 20010db8000000000000000000000002",
			message(DNSMessage{Response: true, Addrs: []Addr{a, aaaa}})},
		{"answer cut in its second record", dnsDown + "1234 8180 0001 0002 0000 0000" + dnsQuestion + "c00c 0001 0001 0000003c 0004 c0000202 c00c 0001",
			message(DNSMessage{Response: true, Addrs: []Addr{a}})},
		{"no question", dnsDown + "1234 8180 0000 0000 0000 0000", nil},
		{"name points to itself", dnsDown + "1234 8180 0001 0000 0000 0000 c00c 0001 0001", nil},
		{"mdns", "45 00 0000 0002 0000 ff 11 0000 c0000201 e00000fb 14e9 14e9 0000 0000 0000 0000 0001 0000 0000 0000" + dnsQuestion, nil},
	}
	for _, test := range tests {
		d := NewDecoder(DecoderOptions{})
		var f handed
		b := hexBytes(t, test.data)
		d.Decode(&Packet{Ref: Ref{Frame: 1}, Link: LinkRaw, Data: b, Wire: len(b)}, &f)
		var want []DNSMessage
		if test.want != nil {
			want = []DNSMessage{*test.want}
		}
		if diff := cmp.Diff(want, f.dns); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if accounted(d.Stats()) != 1 {
			t.Errorf("%s: counted %+v; want once", test.name, d.Stats())
		}
		for n := range b {
			NewDecoder(DecoderOptions{}).Decode(&Packet{Link: LinkRaw, Data: b[:n], Wire: len(b)}, &discard{})
		}
	}
}

// Thousands of records that unfold one long name cost what the bounds allow.
func TestDNSBounds(t *testing.T) {
	name := strings.Repeat("3f"+strings.Repeat("61", 63), 3) + "00"
	data := dnsDown + "1234 8180 0001 ffff ffff ffff" + name + "0001 0001" + strings.Repeat("c00c 0001 0001 00000000 0004 c0000202", 4000)
	b := hexBytes(t, data)
	d := NewDecoder(DecoderOptions{})
	var f handed
	d.Decode(&Packet{Link: LinkRaw, Data: b, Wire: len(b)}, &f)
	if len(f.dns) != 1 || len(f.dns[0].Addrs) != maxDNSRecords {
		t.Errorf("got %d messages; want 1 with %d addresses", len(f.dns), maxDNSRecords)
	}
}

func TestPaths(t *testing.T) {
	table := newPathTable()
	a := table.push(0, encapVLAN, 7)
	b := table.push(a, encapGRE, 5)
	tests := []struct {
		id   PathID
		want []string
	}{{0, nil}, {a, []string{"vlan 7"}}, {b, []string{"vlan 7", "gre"}}, {99, nil}}
	for _, test := range tests {
		if got := table.path(test.id); !slices.Equal(got, test.want) {
			t.Errorf("path(%d) = %v; want %v", test.id, got, test.want)
		}
	}
	if c := table.push(a, encapGRE, 6); c != b {
		t.Errorf("the number of a GRE key makes path %d; want %d", c, b)
	}
	if c := table.push(0, encapVLAN, 7); c != a {
		t.Errorf("the same hop again is %d; want %d", c, a)
	}
}

func TestPathsAreBounded(t *testing.T) {
	table := newPathTable()
	var last PathID
	for id := range uint32(maxPaths + 10) {
		last = table.push(0, encapVXLAN, id)
	}
	if last != otherPath || table.push(last, encapVLAN, 1) != otherPath || len(table.hops) != maxPaths {
		t.Errorf("path %d of %d; want %d", last, len(table.hops), otherPath)
	}
	if got := table.path(last); !slices.Equal(got, []string{"other"}) {
		t.Errorf("path %v; want other", got)
	}
	if id := table.push(0, encapVXLAN, 5); table.path(id)[0] != "vxlan 5" {
		t.Errorf("an early path became %v", table.path(id))
	}
}

func TestTallyIsBounded(t *testing.T) {
	d := NewDecoder(DecoderOptions{})
	for i := range uint32(10000) {
		d.fail("number %d", i)
		d.countLink(LinkType(i))
	}
	if n := len(d.undecodable); n != maxReasons+1 || len(d.links) != maxLinkCounts {
		t.Errorf("%d reasons, %d link types; want %d, %d", n, len(d.links), maxReasons+1, maxLinkCounts)
	}
}

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
