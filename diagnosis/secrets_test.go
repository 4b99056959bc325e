package diagnosis_test

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
)

// withSecrets is a recording of a refusal inside of TLS, with the secrets of the session.
const withSecrets = "../testdata/pcaps/real/wss-auth-missing-401.pcap"

// secretsBehind gives withSecrets with the secrets behind so many packets, and the
// number of its packets.
func secretsBehind(t *testing.T, n int) (data []byte, packets int) {
	t.Helper()
	var file, keyLog bytes.Buffer
	src, err := capture.Open(withSecrets, 0, capture.OpenOptions{Secrets: func(s capture.Secrets) { keyLog.Write(s.KeyLog) }})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	w, err := capture.NewPcapngWriter(&file)
	if err == nil {
		_, err = w.AddInterface(capture.Interface{Link: capture.LinkEthernet})
	}
	var list []packet
	for p := (capture.Packet{}); err == nil; {
		if err = src.Next(&p); err == nil {
			list = append(list, packet{p.Ref.Time, p.Wire, p.Link, bytes.Clone(p.Data)})
		}
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	for i, p := range list {
		if i == n {
			err = errors.Join(err, w.WriteSecrets(keyLog.Bytes()))
		}
		err = errors.Join(err, w.WritePacket(0, p.time, p.wire, p.data, ""))
	}
	if n >= len(list) {
		err = errors.Join(err, w.WriteSecrets(keyLog.Bytes()))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return file.Bytes(), len(list)
}

// TestSecretsBehind has the secrets stand behind any packet: a file is read as if they
// stood in front, and of a pipe it is said if they are not made use of.
func TestSecretsBehind(t *testing.T) {
	_, packets := secretsBehind(t, 0)
	for n := range packets + 1 {
		data, _ := secretsBehind(t, n)
		name := filepath.Join(t.TempDir(), "wss.pcapng")
		writeFile(t, name, data)
		for _, workers := range []int{1, 3} {
			got := analyzeWith(t, []string{name}, diagnosis.Options{Workers: workers})
			if d := got.damage(); len(d) > 0 || outcomeOf(got) != "rejected" {
				t.Errorf("secrets behind packet %d, %d workers: %s, %q", n, workers, outcomeOf(got), d)
			}
			o := diagnosis.Options{Workers: workers, Open: capture.OpenOptions{Stdin: bytes.NewReader(data)}}
			got = analyzeWith(t, []string{"-"}, o)
			if used, told := outcomeOf(got) == "rejected", toldLate(got); used == told || used != (n < 6) {
				t.Errorf("secrets behind packet %d of a pipe, %d workers: %s, %q", n, workers, outcomeOf(got), got.damage())
			}
		}
	}
}

// outcomeOf is that of the one handshake; empty if there is none.
func outcomeOf(a analyzed) string {
	if len(a.handshakes) == 0 {
		return ""
	}
	return a.handshakes[0].Outcome
}

// toldLate reports whether a run told of secrets that came too late, once and with their place.
func toldLate(a analyzed) bool {
	list := a.damage()
	return len(list) == 1 && strings.HasPrefix(list[0], "-: after packet ") && strings.Contains(list[0], " (offset ") &&
		strings.Contains(list[0], "decryption secrets of 1 TLS session come after its packets")
}
