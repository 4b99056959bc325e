package main

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestFollowLateKeys has the secrets come after the packets: the handshake is told as
// soon as they are there.
func TestFollowLateKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pcap, keyLog, err := takeApart()
	if err != nil {
		t.Fatal(err)
	}
	capturing, err := os.Create(filepath.Join(dir, "wss.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	defer capturing.Close()
	keys, err := os.Create(filepath.Join(dir, "keys.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	w := launch(t, nil, "analyze", "--follow", "--format", "ndjson", "--keylog", keys.Name(), capturing.Name())
	answered := len(pcap) - 250 // the end of the connection is still to come
	for _, step := range []struct {
		to   *os.File
		data []byte
	}{{capturing, pcap[:answered]}, {keys, keyLog[:70]}, {keys, keyLog[70:]}, {capturing, pcap[answered:]}} {
		if _, err := step.to.Write(step.data); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * keyLogEvery)
	}
	if l := w.sees("handshake", func(l *line) bool { return l.Type == "handshake" }); l.Outcome != "rejected" {
		t.Errorf("outcome %s; want rejected", l.Outcome)
	}
	if got, want := w.ends(syscall.SIGTERM), exitFailed; got != want {
		t.Errorf("exit code %d; want %d", got, want)
	}
}

// TestFollowLateSecrets has a growing capture hold its secrets behind the packets: they were
// passed over, which is said.
func TestFollowLateSecrets(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(withKeys)
	if err != nil {
		t.Fatal(err)
	}
	packets, secrets := secretsLast(whole)
	f, err := os.Create(filepath.Join(t.TempDir(), "growing.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := launch(t, nil, "analyze", "--follow", f.Name())
	for _, part := range [][]byte{packets, secrets} {
		if _, err := f.Write(part); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
	}
	w.hears("after packet 15: decryption secrets of 1 TLS session come after its packets")
	if got, want := w.ends(syscall.SIGTERM), exitClean; got != want {
		t.Errorf("exit code %d; want %d", got, want)
	}
}

// secretsLast takes the decryption secrets out of a pcapng file.
func secretsLast(file []byte) (others, secrets []byte) {
	for len(file) > 0 {
		to, n := &others, binary.LittleEndian.Uint32(file[4:])
		if file[0] == 10 && file[1] == 0 {
			to = &secrets
		}
		*to = append(*to, file[:n]...)
		file = file[n:]
	}
	return others, secrets
}

// TestReplacedKeyLog deletes a log that is being followed; a program begins another of the
// same name.
func TestReplacedKeyLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys.log")
	if err := os.WriteFile(name, []byte("# of the first\nCLIENT_RANDOM"), 0o600); err != nil {
		t.Fatal(err)
	}
	logs, err := newProgram(nil).openKeyLogs(t.Context(), []string{name}, true)
	if err != nil {
		t.Fatal(err)
	}
	defer logs.close()
	_, keyLog, err := takeApart()
	if err = errors.Join(err, os.Remove(name), os.WriteFile(name, keyLog, 0o600)); err != nil {
		t.Fatal(err)
	}
	logs.again()
	if n := logs.keys.Len(); n != 1 {
		t.Errorf("%d sessions are known, want 1", n)
	}
}

// TestKeyLogWithoutWriter has a FIFO as key log to which nobody writes: it is waited for
// until the user has enough.
func TestKeyLogWithoutWriter(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "keys.log")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	w := launch(t, nil, "analyze", "--keylog", fifo, withKeys)
	time.Sleep(200 * time.Millisecond)
	if got, want := w.ends(syscall.SIGINT), exitInterrupted; got != want {
		t.Errorf("exit code %d; want %d", got, want)
	}
}
