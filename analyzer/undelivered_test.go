package analyzer

import (
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// TestLostOnTheWay changes one thing at a time in a 101 that did not arrive.
func TestLostOnTheWay(t *testing.T) {
	tests := []struct {
		name   string
		change func(h *Handshake, c, s *reassembly.Half)
		want   bool
	}{
		{"as it is", func(*Handshake, *reassembly.Half, *reassembly.Half) {}, true},
		{"sent again twice", func(h *Handshake, _, _ *reassembly.Half) { h.Upgraded.Resent = 2 }, false},
		{"for half a second", func(_ *Handshake, _, s *reassembly.Half) { s.LastData.Time = 600 * ms }, false},
		{"acknowledged", func(_ *Handshake, _, s *reassembly.Half) { s.Acked = 129 }, false},
		{"acknowledged in part", func(_ *Handshake, _, s *reassembly.Half) { s.Acked = 100 }, true},
		{"the client sent something", func(h *Handshake, _, _ *reassembly.Half) { h.Upgraded.After[client] = 1 }, false},
		{"no bare acknowledgement", func(_ *Handshake, c, _ *reassembly.Half) { c.Packets = 2 }, false},
		{"octets of the client not captured", func(_ *Handshake, c, _ *reassembly.Half) { c.BeyondAck = true }, false},
		{"the client had left", func(_ *Handshake, c, _ *reassembly.Half) {
			c.FIN = reassembly.Mark{Seen: true, Ref: capture.Ref{Time: 50 * ms}}
		}, false},
		{"the client leaves", func(_ *Handshake, c, _ *reassembly.Half) {
			c.FIN = reassembly.Mark{Seen: true, Ref: capture.Ref{Time: 5000 * ms}}
		}, true},
		{"inside TLS", func(h *Handshake, _, _ *reassembly.Half) { h.TLS = &TLS{} }, false},
	}
	for _, tt := range tests {
		h := &Handshake{Response: &Message{Last: capture.Ref{Time: 100 * ms}}, Upgraded: &Session{Resent: 3}}
		h.Response.Raw = make([]byte, 129)
		c, s := &h.Conn.Halves[client], &h.Conn.Halves[server]
		h.Conn.SYNs, c.Packets, c.DataPackets = 1, 3, 1
		s.Packets, s.LastData.Time = 5, 1500*ms
		tt.change(h, c, s)
		if got := h.lostOnTheWay(); got != tt.want {
			t.Errorf("%s: lostOnTheWay = %t; want %t", tt.name, got, tt.want)
		}
	}
}
