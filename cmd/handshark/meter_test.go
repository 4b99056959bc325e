package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/handshark/handshark/report"
)

// TestCountsOfOne: what there is one of is named in the singular.
func TestCountsOfOne(t *testing.T) {
	if got, want := (&meter{}).text(1e6, 1, time.Second), "1 MB/s, 1 packet"; got != want {
		t.Errorf("meter: %q; want %q", got, want)
	}
	var out bytes.Buffer
	p := &program{stderr: &out}
	p.mentionCapture(&report.Capture{File: "a.pcap", Format: "pcap", Packets: 1, Bytes: 74, Conversations: 1}, true)
	if got, want := out.String(), "handshark: a.pcap: pcap, 1 packet, 74 bytes, 1 conversation\n"; got != want {
		t.Errorf("-v: %q; want %q", got, want)
	}
}
