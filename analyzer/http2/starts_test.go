package http2_test

import (
	"testing"

	"github.com/handshark/handshark/analyzer/http2"
)

func TestStarts(t *testing.T) {
	for data, want := range map[string]http2.Answer{
		"":                                     http2.Maybe,
		"\x00":                                 http2.Maybe,
		"\x00\x00\x12\x04":                     http2.Maybe,
		"\x00\x00\x12\x04\x00\x00\x00\x00\x00": http2.Yes,
		"\x00\x00\x00\x04\x00\x00\x00\x00\x00more": http2.Yes,
		"\x00\x00\x12\x04\x01":                     http2.No, // an ACK
		"\x00\x00\x13\x04":                         http2.No, // not whole settings
		"\x00\x00\x12\x00":                         http2.No,
		"\x01":                                     http2.No,
		"\x00\x00\x12\x04\x00\x00\x00\x00\x01":     http2.No, // of a stream
		"HTTP/1.1":                                 http2.No,
		"\x15\x03\x01":                             http2.No,
	} {
		if got := http2.Starts([]byte(data)); got != want {
			t.Errorf("%q: %d, want %d", data, got, want)
		}
	}
}

func TestPadding(t *testing.T) {
	padded, plain := http2.Frame{Type: http2.Data, Flags: http2.FlagPadded, Offset: 100}, http2.Frame{Type: http2.Data, Offset: 100}
	for at, want := range map[uint64]bool{109: true, 110: false} {
		if padded.Padding(at) != want || plain.Padding(at) {
			t.Errorf("at %d: %v and %v", at, padded.Padding(at), plain.Padding(at))
		}
	}
}
