package capture

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// octets reads hexadecimal text; blanks do not matter.
func octets(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPcapVariants(t *testing.T) {
	const abc = "616263"
	for _, c := range []struct {
		name, bytes string
		format      string
		want        seen
	}{
		{"little endian, microseconds", `d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
			01000000 05000000 03000000 09000000` + abc, "pcap", seen{1, 1_000_005_000, 0, 1, 9, "abc"}},
		{"big endian, microseconds", `a1b2c3d4 0002 0004 00000000 00000000 00040000 00000071
			00000001 00000005 00000003 00000009` + abc, "pcap", seen{1, 1_000_005_000, 0, 113, 9, "abc"}},
		{"little endian, nanoseconds", `4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000
			01000000 05000000 03000000 09000000` + abc, "pcap-ns", seen{1, 1_000_000_005, 0, 1, 9, "abc"}},
		{"big endian, nanoseconds", `a1b23c4d 0002 0004 00000000 00000000 00040000 00000114
			00000001 00000005 00000003 00000009` + abc, "pcap-ns", seen{1, 1_000_000_005, 0, 276, 9, "abc"}},
		{"patched record header", `34cdb2a1 0200 0400 00000000 00000000 00000400 01000000
			01000000 05000000 03000000 09000000 02000000 0800 00 00` + abc, "pcap", seen{1, 1_000_005_000, 0, 1, 9, "abc"}},
		{"version 2.3, lengths swapped", `d4c3b2a1 0200 0300 00000000 00000000 00000400 01000000
			01000000 05000000 09000000 03000000` + abc, "pcap", seen{1, 1_000_005_000, 0, 1, 9, "abc"}},
		{"version 2.3, lengths in order", `d4c3b2a1 0200 0300 00000000 00000000 00000400 01000000
			01000000 05000000 03000000 09000000` + abc, "pcap", seen{1, 1_000_005_000, 0, 1, 9, "abc"}},
		{"version 2.2, lengths swapped", `d4c3b2a1 0200 0200 00000000 00000000 00000400 01000000
			01000000 05000000 09000000 03000000` + abc, "pcap", seen{1, 1_000_005_000, 0, 1, 9, "abc"}},
		{"frame check sequence in the link type", `d4c3b2a1 0200 0400 00000000 00000000 00000400 01000024
			01000000 05000000 03000000 09000000` + abc, "pcap", seen{1, 1_000_005_000, 0, 1, 9, "abc"}},
		{"snap length 0", `d4c3b2a1 0200 0400 00000000 00000000 00000000 01000000
			01000000 05000000 03000000 03000000` + abc, "pcap", seen{1, 1_000_005_000, 0, 1, 3, "abc"}},
		{"longer than the snap length", `d4c3b2a1 0200 0400 00000000 00000000 02000000 01000000
			01000000 05000000 03000000 03000000` + abc, "pcap", seen{1, 1_000_005_000, 0, 1, 3, "abc"}},
		{"wire length below the captured one", `d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
			01000000 05000000 03000000 00000000` + abc, "pcap", seen{1, 1_000_005_000, 0, 1, 3, "abc"}},
		{"seconds beyond 2038", `d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
			ffffffff 00000000 03000000 03000000` + abc, "pcap", seen{1, 4294967295e9, 0, 1, 3, "abc"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, in := packets(t, octets(t, c.bytes))
			if d := cmp.Diff([]seen{c.want}, got); d != "" {
				t.Error(d)
			}
			if in.Format != c.format || len(in.Problems) != 0 {
				t.Errorf("got %s %v, want %s without problems", in.Format, in.Problems, c.format)
			}
		})
	}
}

// BIG TCP and USB captures hold packets that no snap length foresees.
func TestPcapHugePacket(t *testing.T) {
	for _, size := range []int{plausibleRecord + 1, 1 << 20, maxRecord} {
		var b bytes.Buffer
		w, _ := NewPcapWriter(&b, 1, false, 0)
		w.WritePacket(epoch, 0, make([]byte, 60))
		w.WritePacket(epoch, 0, make([]byte, size))
		w.WritePacket(epoch, 0, make([]byte, 61))
		got, in := packets(t, b.Bytes())
		if len(got) != 3 || len(got[1].Data) != size || len(in.Problems) != 0 {
			t.Errorf("size %d: got %d packets, problems %v; want 3, none", size, len(got), in.Problems)
		}
	}
}

func TestPcapResync(t *testing.T) {
	for _, length := range []uint32{0xffffffff, maxRecord + 1, 1 << 20, 300_000} {
		b := samplePcap(t, 10)
		at := 24 + 3*16 + 60 + 61 + 62 // the fourth record
		binary.LittleEndian.PutUint32(b[at+8:], length)
		got, in := packets(t, b)
		if len(got) != 9 || got[3].Data[0] != 4 {
			t.Errorf("length %d: got %d packets, want all but the damaged one", length, len(got))
		}
		if len(in.Problems) != 1 || in.Problems[0].Frame != 3 || in.Problems[0].Offset != int64(at) {
			t.Errorf("length %d: got problems %v", length, in.Problems)
		}
	}
}

// A length that is plausible in itself but leads beyond the end of the file.
func TestPcapResyncInsideLastBytes(t *testing.T) {
	b := samplePcap(t, 10)
	binary.LittleEndian.PutUint32(b[24+8:], 5000)
	got, in := packets(t, b)
	if len(got) != 9 || len(in.Problems) != 1 || in.Problems[0].Offset != 24 {
		t.Errorf("got %d packets, problems %v; want 9, one at 24", len(got), in.Problems)
	}
}

func TestPcapDamageToTheEnd(t *testing.T) {
	b := append(samplePcap(t, 2), bytes.Repeat([]byte{0xee}, 4<<20)...)
	s := mustOpen(t, b)
	got, err := readAll(s)
	damage, ok := errors.AsType[*ReadError](err)
	if len(got) != 2 || !ok || damage.Frame != 2 || damage.Offset != 177 {
		t.Fatalf("got %d packets, %v; want 2, damage at 177", len(got), err)
	}
	want := "record with a captured length of 4008636142 bytes, more than the limit of 262144"
	if damage.Reason != want || len(s.Info().Problems) != 1 {
		t.Errorf("got %q, problems %v; want %q, one", damage.Reason, s.Info().Problems, want)
	}
}
