package capture

import (
	"bytes"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPcapWriterBytes(t *testing.T) {
	var b bytes.Buffer
	w, err := NewPcapWriter(&b, 1, false, 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WritePacket(1_000_005_999, 0, []byte("abcdef")); err != nil {
		t.Fatal(err)
	}
	want := octets(t, `d4c3b2a1 0200 0400 00000000 00000000 04000000 01000000
		01000000 05000000 04000000 06000000 61626364`)
	if d := cmp.Diff(want, b.Bytes()); d != "" {
		t.Error(d)
	}
	for _, bad := range []int64{-1, 4294967296e9} {
		if w.WritePacket(bad, 0, nil) == nil {
			t.Errorf("time %d: got no error", bad)
		}
	}
}

func TestWritersRoundTrip(t *testing.T) {
	var b bytes.Buffer
	w, err := NewPcapngWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w.WriteSecrets([]byte("CLIENT_RANDOM 00 00"))
	w.AddInterface(Interface{Name: "lo", Link: 1})
	w.AddInterface(Interface{Link: 276, Snap: 3})
	for i, data := range []string{"", "a", "abcd", "abcde"} {
		if err := w.WritePacket(uint32(i%2), epoch+int64(i), 9, []byte(data), data); err != nil {
			t.Fatal(err)
		}
	}
	if w.WritePacket(2, epoch, 0, nil, "") == nil || w.WritePacket(0, -1, 0, nil, "") == nil {
		t.Error("got no error for an unknown interface or a negative time")
	}
	secrets := ""
	src, err := NewSource(&b, "test", 0, OpenOptions{Secrets: func(s Secrets) { secrets += string(s.KeyLog) }})
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(src)
	want := []seen{{1, epoch, 0, 1, 9, ""}, {2, epoch + 1, 1, 276, 9, "a"}, {3, epoch + 2, 0, 1, 9, "abcd"}, {4, epoch + 3, 1, 276, 9, "abc"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	in := src.Info()
	if err != io.EOF || secrets != "CLIENT_RANDOM 00 00" || len(in.Problems) != 0 || in.Interfaces[0].Name != "lo" {
		t.Errorf("got %+v", in)
	}
}
