package diagnosis_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// looked is how many packets of a recording are taken away one by one.
const looked = 40

// TestDroppedInside takes packets out of recordings of HTTP/2 in TLS whose secrets are known,
// and the end off them: nothing fails for that, and nobody is told that the client spoke
// HTTP/1.1 to a server that had selected h2.
func TestDroppedInside(t *testing.T) {
	files, err := filepath.Glob("../testdata/pcaps/real/healthy-h2-*-tls.pcap")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d recordings (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".pcap"), func(t *testing.T) {
			t.Parallel()
			list, keys := readPackets(t, file), secretsOf(t, file)
			for i := range min(len(list), looked) {
				checkInside(t, i+1, "without packet", slices.Delete(slices.Clone(list), i, i+1), keys)
				checkInside(t, i+1, "up to packet", list[:i+1], keys)
			}
		})
	}
}

func checkInside(t *testing.T, n int, what string, list []packet, keys []byte) {
	t.Helper()
	log := tls.NewKeyLog()
	log.Add(keys)
	open := capture.OpenOptions{Stdin: bytes.NewReader(pcapOf(t, list)), Buffer: 1 << 14}
	got := analyzeWith(t, []string{"-"}, diagnosis.Options{Open: open, Workers: 1, Keys: log}).handshakes
	for which, outcome := range failures(got) {
		t.Errorf("%s %d: %s %s", what, n, which, outcome)
	}
	for _, h := range got {
		if slices.ContainsFunc(h.Findings, func(f report.Finding) bool { return f.Rule == "tls-alpn-h2-selected" }) {
			t.Errorf("%s %d: %s: tls-alpn-h2-selected", what, n, h.URL)
		}
	}
}
