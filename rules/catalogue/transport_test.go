package catalogue

import (
	"strings"
	"testing"
	"time"

	"github.com/handshark/handshark/capture"
)

func TestICMPWords(t *testing.T) {
	tests := []struct {
		v6         bool
		kind, code uint8
		want       string
	}{
		{false, 3, 1, "host unreachable"},
		{false, 3, 4, ""}, // fragmentation needed
		{false, 3, 13, "communication administratively prohibited"},
		{false, 3, 8, "destination unreachable, code 8"},
		{false, 3, 200, "destination unreachable, code 200"},
		{false, 11, 0, "time exceeded"},
		{false, 5, 0, ""}, // redirect
		{true, 1, 4, "port unreachable"},
		{true, 1, 9, "destination unreachable, code 9"},
		{true, 2, 0, ""}, // packet too big
		{true, 3, 0, "time exceeded"},
	}
	for _, tt := range tests {
		got := icmpWords(&capture.ICMPError{V6: tt.v6, Type: tt.kind, Code: tt.code})
		if got != tt.want {
			t.Errorf("icmpWords(v6 %t, type %d, code %d) = %q; want %q", tt.v6, tt.kind, tt.code, got, tt.want)
		}
	}
}

func TestTransportLimit(t *testing.T) {
	tests := []struct {
		after time.Duration
		want  string
	}{
		{4950 * time.Millisecond, "5s is"}, {10100 * time.Millisecond, "10s is"},
		{45 * time.Second, "gorilla"}, {7 * time.Second, ""}, {0, ""},
	}
	for _, tt := range tests {
		got := transportLimit(tt.after)
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("transportLimit(%v) = %q; want %q in it", tt.after, got, tt.want)
		}
	}
}

func TestAfterWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "at once after it", 0: "at once after it", 400 * time.Microsecond: "at once after it",
		600 * time.Microsecond: "1ms after it", 1234 * time.Millisecond: "1.234s after it",
	} {
		if got := afterWords(d, "it"); got != want {
			t.Errorf("afterWords(%v) = %q; want %q", d, got, want)
		}
	}
}
