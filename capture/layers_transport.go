package capture

import (
	"encoding/binary"

	"github.com/google/gopacket/layers"
)

// tcp hands over a segment. Malformed options are none of its payload's
// business; a header whose options the snap length cut still names its bytes.
func (d *Decoder) tcp(h ipHeader, v view) {
	if !d.need(v, 20, "TCP") {
		return
	}
	t := &d.layers.tcp
	_ = t.DecodeFromBytes(v.data, ignored) // the fields are set whatever the options are
	size := int(t.DataOffset) * 4
	switch {
	case size < 20:
		d.fail("TCP data offset below 20 bytes")
		return
	case size > v.wire:
		d.fail("TCP data offset beyond the segment")
		return
	}
	captured := min(size, len(v.data))
	d.segment = Segment{
		Ref: d.packet.Ref, Interface: d.packet.Interface, Path: d.path,
		Src: Endpoint{Addr: h.src, Port: uint16(t.SrcPort)},
		Dst: Endpoint{Addr: h.dst, Port: uint16(t.DstPort)},
		Seq: t.Seq, Ack: t.Ack, Flags: tcpFlags(t), Window: t.Window,
		TTL: h.ttl, Scale: -1,
		Payload: v.data[captured:], Wire: v.wire - size,
	}
	if t.SYN {
		d.segment.MSS, d.segment.Scale = synOptions(v.data[20:captured])
	}
	d.deliverSegment()
}

func tcpFlags(t *layers.TCP) Flags {
	var f Flags
	for i, set := range [...]bool{t.FIN, t.SYN, t.RST, t.PSH, t.ACK, t.URG} {
		if set {
			f |= 1 << i
		}
	}
	return f
}

// synOptions finds the maximum segment size and the window scale (RFC 9293
// section 3.2, RFC 7323); 0 and -1 stand for absent. It stops at the first
// malformed option and keeps what stood before it.
func synOptions(b []byte) (mss uint16, scale int8) {
	scale = -1
	for len(b) > 0 && b[0] != 0 {
		if b[0] == 1 {
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			break
		}
		switch {
		case b[0] == 2 && b[1] == 4:
			mss = binary.BigEndian.Uint16(b[2:])
		case b[0] == 3 && b[1] == 3:
			scale = int8(min(b[2], 14)) // larger shifts count as 14 (RFC 7323 section 2.3)
		}
		b = b[b[1]:]
	}
	return mss, scale
}

// udp looks into tunnels and DNS and counts the rest.
func (d *Decoder) udp(h ipHeader, v view) {
	if !d.need(v, 8, "UDP") {
		return
	}
	u := &d.layers.udp
	if err := u.DecodeFromBytes(v.data, ignored); err != nil {
		d.fail("UDP length below 8")
		return
	}
	payload := v.skip(8)
	if u.Length >= 8 {
		payload = payload.limit(min(int(u.Length)-8, payload.wire))
	}
	src := Endpoint{Addr: h.src, Port: uint16(u.SrcPort)}
	dst := Endpoint{Addr: h.dst, Port: uint16(u.DstPort)}
	switch {
	case d.udpTunnel(src.Port, dst.Port, payload):
	case src.Port == portDNS || dst.Port == portDNS:
		d.dns(src, dst, payload)
	default:
		d.stats.UDP++
	}
}
