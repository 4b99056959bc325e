package capture

import (
	"bytes"
	"io"
	"os"
	"reflect"
	"testing"
)

// FuzzPcap, FuzzPcapng and FuzzSniff feed arbitrary bytes to Open's readers.
// The first two put a file header in front so that the fuzzer works on records.
func FuzzPcap(f *testing.F) {
	sample := samplePcap(f, 4)
	f.Add(sample[24:], false, uint8(4))
	f.Add(plainPackets(f, 12, false)[24:], false, uint8(4))
	f.Add(sample[24:100], true, uint8(3))
	f.Add(hexBytes(f, "01000000 02000000 04000000 02000000 aabbccdd 01000000 03000000 04000000 09000000 aabbccdd"), false, uint8(4))
	f.Fuzz(func(t *testing.T, records []byte, big bool, minor uint8) {
		head := bytes.Clone(sample[:24])
		if big {
			for i := range 6 {
				w := head[4*i : 4*i+4]
				w[0], w[1], w[2], w[3] = w[3], w[2], w[1], w[0]
			}
		}
		head[6] = minor
		checkSource(t, append(head, records...))
	})
}

func FuzzPcapng(f *testing.F) {
	sample := samplePcapng(f, 4)
	f.Add(sample)
	f.Add(plainPackets(f, 12, true))
	f.Add(ng(f, ngIface, ngPacket, ngCustom, ngSection, ngIface, ngPacket))
	f.Add(ng(f, ngIface, `05000000 28000000 00000000 00000000 00000000 0500 0800 0300000000000000 00000000 28000000`))
	f.Fuzz(func(t *testing.T, blocks []byte) {
		checkSource(t, append(ng(t, ngSection), blocks...))
	})
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("<!DOCTYPE html>"))
	f.Add(samplePcap(f, 2))
	for _, c := range packers {
		f.Add(c.pack(f, samplePcapng(f, 2)))
	}
	f.Fuzz(checkSource)
}

// careful gives a source of b that reads every record the long way.
func careful(b []byte) Source {
	s, err := NewSource(bytes.NewReader(b), "fuzz", 3, OpenOptions{MaxExpanded: 1 << 20, MaxMemory: 1 << 20})
	if err != nil {
		return nil
	}
	switch f := s.(type) {
	case *pcapFile:
		f.careful = true
	case *pcapngFile:
		f.careful = true
	}
	return s
}

// sameWalk reads b in the quick and in the long way and compares the two.
func sameWalk(t *testing.T, b []byte, quick Source) {
	long := careful(b)
	defer long.Close()
	var p, q Packet
	for {
		err, other := quick.Next(&p), long.Next(&q)
		if (err == nil) != (other == nil) || err != nil && err.Error() != other.Error() {
			t.Fatalf("quick: %v, long: %v", err, other)
		}
		if err != nil {
			break
		}
		if !reflect.DeepEqual(p, q) {
			t.Fatalf("quick: %+v\nlong: %+v", p, q)
		}
	}
	if !reflect.DeepEqual(quick.Info(), long.Info()) {
		t.Fatalf("quick: %+v\nlong: %+v", quick.Info(), long.Info())
	}
}

func TestQuickWalkCorpus(t *testing.T) {
	for _, name := range corpusCaptures(t) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := NewSource(bytes.NewReader(b), "fuzz", 3, OpenOptions{MaxExpanded: 1 << 20, MaxMemory: 1 << 20}); err == nil {
			sameWalk(t, b, s)
			s.Close()
		}
	}
}

// checkSource reads b and holds the source to its contract.
func checkSource(t *testing.T, b []byte) {
	s, err := NewSource(bytes.NewReader(b), "fuzz", 3, OpenOptions{MaxExpanded: 1 << 20, MaxMemory: 1 << 20})
	if err != nil {
		if _, ok := err.(*OpenError); !ok {
			t.Fatalf("got %T, want *OpenError", err)
		}
		return
	}
	defer s.Close()
	sameRuns(t, b)
	if again, err := NewSource(bytes.NewReader(b), "fuzz", 3, OpenOptions{MaxExpanded: 1 << 20, MaxMemory: 1 << 20}); err == nil {
		sameWalk(t, b, again)
		again.Close()
	}
	in := s.Info()
	var p Packet
	var last, n, size uint64
	for err = s.Next(&p); err == nil; err = s.Next(&p) {
		n++
		size += uint64(len(p.Data))
		if p.Ref.Frame <= last || p.Ref.Frame > in.Frames || p.Ref.Capture != 3 {
			t.Fatalf("packet %+v after frame %d of %d", p.Ref, last, in.Frames)
		}
		if p.Wire < len(p.Data) || int(p.Interface) >= len(in.Interfaces) || p.Link != in.Interfaces[p.Interface].Link {
			t.Fatalf("wire %d, captured %d, interface %d of %d", p.Wire, len(p.Data), p.Interface, len(in.Interfaces))
		}
		last = p.Ref.Frame
	}
	if _, ok := err.(*ReadError); !ok && err != io.EOF {
		t.Fatalf("got %T %v, want EOF or *ReadError", err, err)
	}
	if in.Packets != n || in.Bytes != size || len(in.Problems) > MaxProblems || in.First > in.Last {
		t.Fatalf("read %d packets of %d bytes: %+v", n, size, in)
	}
	if len(b) < 1<<20 && len(windowOf(s).buf) > 8<<20 {
		t.Fatalf("%d bytes grew the buffer to %d", len(b), len(windowOf(s).buf))
	}
}
