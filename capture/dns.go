package capture

import (
	"bytes"
	"encoding/binary"

	"github.com/google/gopacket/layers"
)

const portDNS = 53

// Bounds of what is read of one DNS message. Compressed names can unfold to
// many times the message, so the records are bounded too.
const (
	maxDNSMessage = 4096
	maxDNSRecords = 64
)

// dns hands over a DNS message, or what the snap length left of it as long as
// that includes the question.
func (d *Decoder) dns(src, dst Endpoint, v view) {
	if !d.need(v, 12, "DNS") {
		return
	}
	m := &d.layers.dns
	_ = m.DecodeFromBytes(d.dnsBounded(v.data), ignored) // what was read before an error is good
	if len(m.Questions) == 0 {
		d.dnsWithoutQuestion(v)
		return
	}
	q := &m.Questions[0]
	out := DNSMessage{
		Ref: d.packet.Ref, Client: src, Server: dst, ID: m.ID, Response: m.QR,
		Name: string(bytes.ToLower(q.Name)), Type: uint16(q.Type),
	}
	if src.Port == portDNS && (dst.Port != portDNS || m.QR) {
		out.Client, out.Server = dst, src
	}
	if m.QR {
		out.RCode = uint8(m.ResponseCode)
		out.Addrs = dnsAddrs(m.Answers)
	}
	d.deliverDNS(&out)
}

func (d *Decoder) dnsWithoutQuestion(v view) {
	if binary.BigEndian.Uint16(v.data[4:]) == 0 {
		d.pass("DNS without question")
		return
	}
	d.fail("DNS question malformed or cut")
}

// dnsBounded copies the message with its record counts bounded and without
// authority and additional records, in which nothing of interest stands.
func (d *Decoder) dnsBounded(b []byte) []byte {
	out := d.layers.message[:copy(d.layers.message[:], b)]
	for at := 4; at < 8; at += 2 {
		n := min(binary.BigEndian.Uint16(out[at:]), maxDNSRecords)
		binary.BigEndian.PutUint16(out[at:], n)
	}
	clear(out[8:12])
	return out
}

// dnsAddrs collects the address records.
func dnsAddrs(records []layers.DNSResourceRecord) []Addr {
	var out []Addr
	for i := range records {
		switch r := &records[i]; {
		case r.Class != layers.DNSClassIN:
		case r.Type == layers.DNSTypeA && len(r.Data) == 4:
			out = append(out, AddrFrom4(r.Data))
		case r.Type == layers.DNSTypeAAAA && len(r.Data) == 16:
			out = append(out, AddrFrom16(r.Data))
		}
	}
	return out
}
