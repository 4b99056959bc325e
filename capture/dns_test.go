package capture

import (
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

// Between two servers both ports are 53: who asks is the client.
func TestDNSBetweenServers(t *testing.T) {
	up := strings.Replace(dnsUp, "c350 0035", "0035 0035", 1)
	down := strings.Replace(dnsDown, "0035 c350", "0035 0035", 1)
	for _, data := range []string{up + "1234 0100 0001 0000 0000 0000" + dnsQuestion, down + "1234 8180 0001 0000 0000 0000" + dnsQuestion} {
		var f handed
		b := hexBytes(t, data)
		NewDecoder(DecoderOptions{}).Decode(&Packet{Link: LinkRaw, Data: b, Wire: len(b)}, &f)
		if len(f.dns) != 1 || f.dns[0].Client.Addr != AddrFrom4([]byte{192, 0, 2, 1}) {
			t.Errorf("%+v; want client 192.0.2.1", f.dns)
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
	if n := len(d.layers.dns.Authorities) + len(d.layers.dns.Additionals); n != 0 {
		t.Errorf("%d records read that nobody needs", n)
	}
	if len(f.dns) != 1 || len(f.dns[0].Addrs) != maxDNSRecords {
		t.Errorf("got %d messages; want 1 with %d addresses", len(f.dns), maxDNSRecords)
	}
}
