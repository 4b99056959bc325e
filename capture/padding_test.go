package capture

import (
	"bytes"
	"strconv"
	"testing"
)

// TestPcapPadding puts zero octets behind a capture.
func TestPcapPadding(t *testing.T) {
	for _, n := range []int{8, 15, 16, 17, 24, 160, 4096, 3 << 20} {
		b := append(samplePcap(t, 2), make([]byte, n)...)
		got, in := packets(t, b)
		want := strconv.Itoa(n) + " zero octets to the end of the file: padding, not packets"
		if len(got) != 2 || in.Packets != 2 || in.Frames != 2 || in.First < epoch {
			t.Errorf("%d octets: %d packets, %d counted, %d frames, first at %d", n, len(got), in.Packets, in.Frames, in.First)
		}
		if len(in.Problems) != 1 || in.Problems[0] != (Problem{Frame: 2, Offset: 177, After: true, Message: want}) {
			t.Errorf("%d octets: problems %v", n, in.Problems)
		}
	}
}

// TestPcapNothingButPadding has a file that was preallocated and never written to.
func TestPcapNothingButPadding(t *testing.T) {
	got, in := packets(t, append(samplePcap(t, 0), make([]byte, 512)...))
	if len(got) != 0 || len(in.Problems) != 1 || in.Problems[0].Frame != 0 {
		t.Errorf("%d packets, problems %v", len(got), in.Problems)
	}
}

// TestPcapEmptyPackets has packets without time and octets in front of others, which is legal.
func TestPcapEmptyPackets(t *testing.T) {
	two := samplePcap(t, 2)
	for _, n := range []int{1, 2, 5000} {
		b := bytes.Join([][]byte{two[:24], make([]byte, n*pcapRecordHeader), two[24:]}, nil)
		got, in := packets(t, b)
		if len(got) != n+2 || in.Packets != uint64(n+2) || len(in.Problems) != 0 {
			t.Fatalf("%d empty packets: got %d, %d counted, problems %v", n, len(got), in.Packets, in.Problems)
		}
		for i := range n {
			if got[i] != (seen{uint64(i + 1), 0, 0, 1, 0, ""}) {
				t.Fatalf("empty packet %d is %+v", i, got[i])
			}
		}
		if got[n].Frame != uint64(n+1) || len(got[n].Data) != 60 {
			t.Errorf("%d empty packets: then %+v", n, got[n])
		}
		_, in = packets(t, b[:24+n*pcapRecordHeader+5]) // cut in the next header, which has begun
		if in.Packets != uint64(n) || len(in.Problems) != 1 || in.Problems[0].After {
			t.Errorf("%d empty packets: cut behind them, %d counted, problems %v", n, in.Packets, in.Problems)
		}
	}
}

// TestPcapShortEnd has too few zero octets at the end to tell what they are.
func TestPcapShortEnd(t *testing.T) {
	_, in := packets(t, append(samplePcap(t, 2), make([]byte, 7)...))
	if len(in.Problems) != 1 || in.Problems[0].Message != "file ends inside frame 3: record header cut at 7 of 16 bytes" {
		t.Errorf("problems %v", in.Problems)
	}
}

// TestPcapPaddingCalledOff calls reading off while zero octets go on.
func TestPcapPaddingCalledOff(t *testing.T) {
	off := make(chan struct{})
	s, err := NewSource(&preallocated{head: samplePcap(t, 1), off: off}, "test", 0, OpenOptions{Done: off})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := readAll(s)
	if len(got) != 1 || err == nil || len(s.Info().Problems) != 0 {
		t.Errorf("%d packets, %v, problems %v", len(got), err, s.Info().Problems)
	}
}

// preallocated gives zero octets without end behind its head, as a sparse file may. It calls
// reading off after a while.
type preallocated struct {
	head []byte
	off  chan struct{}
	read int
}

func (e *preallocated) Read(p []byte) (int, error) {
	if len(e.head) > 0 {
		n := copy(p, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	clear(p)
	if e.read += len(p); e.read > 1<<20 && e.off != nil {
		close(e.off)
		e.off = nil
	}
	return len(p), nil
}

// Seek is there so that the reader is taken for one that does not block.
func (e *preallocated) Seek(int64, int) (int64, error) { return 0, nil }
