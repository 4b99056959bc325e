package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// refusedCapture is a recording with one handshake, refused with 403.
const refusedCapture = "../../testdata/pcaps/real/auth-forbidden-403.pcap"

// TestFollowFile lets a file grow: the handshake is told while the file goes on.
func TestFollowFile(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(refusedCapture)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "growing.pcap")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := launch(t, nil, "analyze", "--follow", "--format", "ndjson", name)
	for _, part := range [][]byte{whole[:5], whole[5:200], whole[200:]} { // inside of headers and packets
		if _, err := f.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	l := w.sees("handshake", func(l *line) bool { return l.Type == "handshake" })
	if l.Outcome != "rejected" {
		t.Errorf("outcome %s; want rejected", l.Outcome)
	}
	if got, want := w.ends(syscall.SIGTERM), exitFailed; got != want {
		t.Errorf("exit code %d; want %d", got, want)
	}
}

// TestFollowPipe writes a capture to a FIFO and keeps it open: the handshake is
// told before the end of the stream, which then ends the program.
func TestFollowPipe(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(refusedCapture)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skipf("no FIFO: %v", err)
	}
	w := launch(t, nil, "analyze", "--follow", name)
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(whole); err != nil {
		t.Fatal(err)
	}
	w.sees("line of the handshake", func(l *line) bool { return strings.Contains(l.ID, "rejected 403") })
	w.sees("its cause", func(l *line) bool { return strings.Contains(l.ID, "Cause ") })
	f.Close()
	w.sees("summary", func(l *line) bool { return strings.HasPrefix(l.ID, "1 handshake: ") })
	if got, want := w.exits(), exitFailed; got != want {
		t.Errorf("exit code %d; want %d", got, want)
	}
}

// TestStandardInput holds that a pipe on standard input is told of while it goes on,
// without being asked for.
func TestStandardInput(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(refusedCapture)
	if err != nil {
		t.Fatal(err)
	}
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w := launchReading(t, nil, in, "analyze", "--format", "ndjson", "-")
	in.Close()
	if _, err := out.Write(whole); err != nil {
		t.Fatal(err)
	}
	w.sees("handshake", func(l *line) bool { return l.Type == "handshake" && l.Outcome == "rejected" })
	out.Close()
	w.sees("summary", func(l *line) bool { return l.Type == "summary" })
	if got, want := w.exits(), exitFailed; got != want {
		t.Errorf("exit code %d; want %d", got, want)
	}
}

// TestRotated holds that records stay whole and old files are numbered.
func TestRotated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out")
	r, err := createRotated(path, rotation{size: 10, keep: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range []string{"aaaaaa\n", "bbbbbb\n", "cccccc\n", "d\n", "eeeeeeeeeeeeeee\n"} {
		if _, err := r.Write([]byte(record)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"out": "eeeeeeeeeeeeeee\n", "out.1": "cccccc\nd\n", "out.2": "bbbbbb\n"} {
		got, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	if _, err := os.Stat(path + ".3"); err == nil {
		t.Error("a third old file is kept")
	}
}

// TestRotatedByAge holds that a file that is old enough is set aside at the next
// record, and that none is kept if none is asked for.
func TestRotatedByAge(t *testing.T) {
	t.Parallel()
	for _, keep := range []int{0, 1} {
		path := filepath.Join(t.TempDir(), "out")
		r, err := createRotated(path, rotation{age: time.Hour, keep: keep}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range []string{"young\n", "young as well\n", "old\n"} {
			if record == "old\n" {
				r.since = r.since.Add(-time.Hour)
			}
			if _, err := r.Write([]byte(record)); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != "old\n" {
			t.Errorf("keep %d: %q, %v; want the record after the hour", keep, got, err)
		}
		aside, err := os.ReadFile(path + ".1")
		if kept := err == nil; kept != (keep == 1) || kept && string(aside) != "young\nyoung as well\n" {
			t.Errorf("keep %d: set aside %q, %v", keep, aside, err)
		}
	}
}
