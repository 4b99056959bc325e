package catalogue

import "testing"

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
