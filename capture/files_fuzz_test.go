package capture

import (
	"bytes"
	"io"
	"testing"
)

// FuzzPcap, FuzzPcapng and FuzzSniff feed arbitrary bytes to Open's readers.
// The first two put a file header in front so that the fuzzer works on records.
func FuzzPcap(f *testing.F) {
	sample := samplePcap(f, 4)
	f.Add(sample[24:], false, uint8(4))
	f.Add(sample[24:100], true, uint8(3))
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
