package capture

import (
	"bytes"
	"encoding/binary"
	"os"
	"reflect"
	"testing"
)

// sameRuns reads b packet by packet and, where Segments can, many at once, and
// compares what comes of it.
func sameRuns(t *testing.T, b []byte) {
	t.Helper()
	single, many := decodedAll(b, 0), decodedAll(b, 7)
	if single == nil || many == nil {
		return
	}
	if !reflect.DeepEqual(single.got, many.got) {
		t.Fatalf("one by one:\n%+v\nmany at once:\n%+v", single.got, many.got)
	}
	if !reflect.DeepEqual(single.stats, many.stats) || !reflect.DeepEqual(single.info, many.info) || single.err != many.err {
		t.Fatalf("one by one: %+v %+v %s\nmany at once: %+v %+v %s", single.stats, single.info, single.err, many.stats, many.info, many.err)
	}
}

// decodedFile is all that reading and decoding a capture gives.
type decodedFile struct {
	got   handed
	runs  int // segments that came many at once
	stats DecoderStats
	info  Info
	err   string
}

// decodedAll reads b, up to atOnce plain packets at once; nil where it is no capture.
func decodedAll(b []byte, atOnce int) *decodedFile {
	s, err := NewSource(bytes.NewReader(b), "fuzz", 3, OpenOptions{MaxExpanded: 1 << 20, MaxMemory: 1 << 20, Buffer: minBuffer})
	if err != nil {
		return nil
	}
	defer s.Close()
	g := &GroupSource{open: []*head{{source: s}}, infos: []*Info{s.Info()}}
	d, f := NewDecoder(DecoderOptions{}), &decodedFile{}
	room := make([]Segment, atOnce)
	for p := (Packet{}); ; {
		for n := g.Segments(d, room); n > 0; n = g.Segments(d, room) {
			f.runs += n
			for i := range n {
				f.got.Segment(&room[i])
			}
		}
		if err := g.Next(&p); err != nil {
			f.stats, f.info, f.err = d.Stats(), *g.Infos()[0], err.Error()
			return f
		}
		d.Decode(&p, &f.got)
	}
}

// plainPackets has n packets of TCP over IPv4, with every third of another kind: not
// Ethernet II, an IP fragment, a TCP header that does not fit, UDP.
func plainPackets(t testing.TB, n int, ng bool) []byte {
	t.Helper()
	var packets [][]byte
	for i := range n {
		b := make([]byte, 54+i%40)
		binary.BigEndian.PutUint16(b[12:], 0x0800)
		b[14], b[22], b[23], b[33] = 0x45, 64, protocolTCP, byte(i)
		binary.BigEndian.PutUint16(b[16:], uint16(40+i%40))
		binary.BigEndian.PutUint16(b[34:], uint16(1024+i))
		binary.BigEndian.PutUint32(b[38:], uint32(i)*1000)
		b[46], b[47] = 0x50, byte(ACK)
		switch i % 12 {
		case 2:
			b[13] = 0x06
		case 5:
			b[20] = 0x20
		case 8:
			b[46] = 0xf0
		case 11:
			b[23] = 17
		}
		packets = append(packets, b)
	}
	return written(t, packets, ng)
}

func TestSegments(t *testing.T) {
	for _, ng := range []bool{false, true} {
		b := plainPackets(t, 600, ng)
		sameRuns(t, b)
		sameRuns(t, b[:len(b)-30])
		if f := decodedAll(b, 64); f.runs < 300 || len(f.got.segments) < 400 {
			t.Errorf("pcapng %v: %d segments, %d of them many at once; want more", ng, len(f.got.segments), f.runs)
		}
	}
}

func TestSegmentsCorpus(t *testing.T) {
	for _, name := range corpusCaptures(t) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sameRuns(t, b)
	}
}
