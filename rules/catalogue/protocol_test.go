package catalogue

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/handshark/handshark/capture"
)

func TestProtocolByMagic(t *testing.T) {
	tests := []struct{ octets, want string }{
		{"SSH-2.0-OpenSSH_9.6\r\n", "SSH"},
		{"\x15\x03\x01\x00\x02\x02\x46", "a TLS alert"},
		{"\x00\x00\x12\x04\x00", "an HTTP/2 SETTINGS frame"},
		{"\x81\x05Hello", "a WebSocket frame without a handshake"},
		{"<html>", "bare HTML or XML without an HTTP head"},
		{"\x00", ""}, {"", ""}, {"hello", ""},
	}
	for _, tt := range tests {
		if got := protocolByMagic([]byte(tt.octets)); got != tt.want {
			t.Errorf("protocolByMagic(%q) = %q; want %q", tt.octets, got, tt.want)
		}
	}
}

func TestLoopback(t *testing.T) {
	for _, text := range []string{"127.0.0.1", "127.255.0.0", "128.0.0.1", "126.0.0.127", "::1", "::", "1::1", "::7f00:1", "fe80::1"} {
		b := netip.MustParseAddr(text).As16()
		a := capture.Addr{Hi: binary.BigEndian.Uint64(b[:8]), Lo: binary.BigEndian.Uint64(b[8:])}
		if got, want := loopback(a), a.Netip().IsLoopback(); got != want {
			t.Errorf("%s: got %t", text, got)
		}
	}
}
