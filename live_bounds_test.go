package handshark_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
)

// stream is a Stream of packets that a function makes; nil ends it.
type stream struct {
	info capture.Info
	next func(n uint64) (time int64, frame []byte)
	now  int64
}

func (m *stream) Next(p *capture.Packet) error {
	t, frame := m.next(m.info.Packets)
	if frame == nil {
		return io.EOF
	}
	m.info.Packets++
	m.now = t
	*p = capture.Packet{
		Ref: capture.Ref{Frame: m.info.Packets, Time: t}, Link: capture.LinkEthernet, Wire: len(frame), Data: frame,
	}
	return nil
}

func (m *stream) Info() *capture.Info           { return &m.info }
func (m *stream) Close() error                  { return nil }
func (m *stream) Now() int64                    { return m.now }
func (m *stream) Dropped() (uint64, uint64)     { return 0, 0 }
func (m *stream) Notices() []capture.Notice     { return nil }
func (m *stream) LostBetween(int64, int64) bool { return false }

// TCP flags.
const (
	flagSYN = 0x02
	flagACK = 0x10
)

// tcpFrame makes a TCP segment from client n to 192.0.2.80:80, or back.
func tcpFrame(buf []byte, n uint32, back bool, flags byte, seq, acked uint32, data []byte) []byte {
	buf = append(buf[:0], make([]byte, 54)...)
	buf[12], buf[13] = 0x08, 0x00
	ip, tcp := buf[14:34], buf[34:54]
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(ip[2:], uint16(40+len(data)))
	client, server := ip[12:16], ip[16:20]
	from, to := tcp[0:2], tcp[2:4]
	if back {
		client, server, from, to = server, client, to, from
	}
	binary.BigEndian.PutUint32(client, 10<<24|n>>8)
	binary.BigEndian.PutUint16(from, uint16(1024+n&0xff))
	copy(server, []byte{192, 0, 2, 80})
	binary.BigEndian.PutUint16(to, 80)
	binary.BigEndian.PutUint32(tcp[4:], seq)
	binary.BigEndian.PutUint32(tcp[8:], acked)
	tcp[12], tcp[13] = 0x50, flags
	return append(buf, data...)
}

// flood watches and gives the counters and the memory, in bytes, near the end.
func flood(t *testing.T, next func(uint64) (int64, []byte)) (status handshark.Status, heap uint64) {
	t.Helper()
	o := handshark.WatchOptions{Status: func(s *handshark.Status) { status = *s }}
	var m runtime.MemStats
	last := func(n uint64) (int64, []byte) {
		at, f := next(n)
		if f == nil {
			runtime.GC()
			runtime.ReadMemStats(&m)
		}
		return at, f
	}
	if _, err := handshark.Watch(context.Background(), &stream{next: last}, o, func(*report.Record) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return status, m.HeapAlloc
}

// TestWatchSYNFlood sends a SYN from each of half a million addresses.
func TestWatchSYNFlood(t *testing.T) {
	var buf []byte
	status, heap := flood(t, func(n uint64) (int64, []byte) {
		if n == 500_000 {
			return 0, nil
		}
		buf = tcpFrame(buf, uint32(n), false, flagSYN, 1, 0, nil)
		return int64(n) * 20_000, buf
	})
	if status.Evicted < 250_000 || status.Conversations == 0 {
		t.Errorf("%d of %d conversations evicted; want more than 250000", status.Evicted, status.Conversations)
	}
	if most := uint64(96 << 20); heap > most {
		t.Errorf("heap of %d MiB; want at most %d", heap>>20, most>>20)
	}
}

// TestWatchRepeatedSYNs repeats each SYN, so that its conversation is opened: the
// number of those is bounded as well.
func TestWatchRepeatedSYNs(t *testing.T) {
	var buf []byte
	const clients = 30_000
	_, heap := flood(t, func(n uint64) (int64, []byte) {
		if n == 3*clients {
			return 0, nil
		}
		buf = tcpFrame(buf, uint32(n%clients), false, flagSYN, 1, 0, nil)
		return int64(n) * 20_000, buf
	})
	if most := uint64(128 << 20); heap > most {
		t.Errorf("heap of %d MiB; want at most %d", heap>>20, most>>20)
	}
}

// TestWatchSlowHeads lets three thousand clients send 60 KB of a head each, and
// never its end.
func TestWatchSlowHeads(t *testing.T) {
	const clients, pieces = 3000, 42
	head := append([]byte("GET /chat HTTP/1.1\r\nUpgrade: websocket\r\nX-Filler: "), bytes.Repeat([]byte("x"), 1460)...)[:1460]
	more := bytes.Repeat([]byte("y"), 1460)
	var buf []byte
	status, heap := flood(t, func(n uint64) (int64, []byte) {
		client, step := uint32(n%clients), n/clients
		at := int64(n) * 20_000
		switch {
		case step == 0:
			buf = tcpFrame(buf, client, false, flagSYN, 1, 0, nil)
		case step == 1:
			buf = tcpFrame(buf, client, true, flagSYN|flagACK, 1, 2, nil)
		case step == 2:
			buf = tcpFrame(buf, client, false, flagACK, 2, 2, head)
		case step < pieces:
			buf = tcpFrame(buf, client, false, flagACK, 2+uint32(step-2)*1460, 2, more)
		default:
			return 0, nil
		}
		return at, buf
	})
	if status.Evicted == 0 {
		t.Error("no conversation given up")
	}
	if most := uint64(160 << 20); heap > most {
		t.Errorf("heap of %d MiB; want at most %d", heap>>20, most>>20)
	}
}

// TestWatchStops holds that ErrStop ends a watch without an error, and any other
// error of the callback with it.
func TestWatchStops(t *testing.T) {
	name := filepath.Join("testdata", "pcaps", "real", "crowd-with-one-refused.pcap")
	for _, want := range []error{nil, errors.New("disk full")} {
		n := 0
		stop := handshark.ErrStop
		if want != nil {
			stop = want
		}
		tail, err := handshark.Watch(context.Background(), openPlayback(t, name), handshark.WatchOptions{}, func(*report.Record) error {
			n++
			return stop
		})
		if n != 1 || !errors.Is(err, want) || tail.Summary.Handshakes != 1 {
			t.Errorf("%d records, error %v, %d counted; want 1, %v, 1", n, err, tail.Summary.Handshakes, want)
		}
	}
}

// TestWatchDoubts holds that silence proves nothing where packets were dropped.
func TestWatchDoubts(t *testing.T) {
	name := filepath.Join("testdata", "pcaps", "real", "connect-timeout.pcap")
	for _, lost := range []bool{false, true} {
		s := openPlayback(t, name)
		s.lost = func(int64, int64) bool { return lost }
		records, _ := watched(t, s)
		for _, h := range records {
			want := "connect-failed"
			if lost {
				want = "incomplete"
			}
			if h.Outcome != want {
				t.Errorf("lost = %t: %s; want %s", lost, h.Outcome, want)
			}
		}
		if len(records) == 0 {
			t.Error("no record")
		}
	}
}

// TestSlice holds that a slice has the packets of the failure, and no others.
func TestSlice(t *testing.T) {
	name := filepath.Join("testdata", "pcaps", "real", "crowd-with-one-refused.pcap")
	for _, memory := range []int{1 << 20, 2 << 10, 100} {
		var file bytes.Buffer
		slice, err := handshark.NewSlice(&file, memory)
		if err != nil {
			t.Fatal(err)
		}
		var failed []string
		o := handshark.WatchOptions{Slice: slice}
		if _, err := handshark.Watch(context.Background(), openPlayback(t, name), o, func(r *report.Record) error {
			if r.Handshake.RootCause != nil {
				failed = append(failed, r.Handshake.Client)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(failed) != 1 {
			t.Fatalf("failed: %q; want one", failed)
		}
		if memory == 100 {
			continue // too small for anything: it must only not break
		}
		got := conversations(t, &file)
		if len(got) != 1 || got[failed[0]] < 2 {
			t.Errorf("memory %d: packets by client %v; want some of %s alone", memory, got, failed[0])
		}
	}
}

// census counts segments by the client's endpoint.
type census struct{ by map[string]int }

func (c census) Segment(s *capture.Segment) {
	if s.Dst.Port < s.Src.Port {
		c.by[s.Src.String()]++
	} else {
		c.by[s.Dst.String()]++
	}
}
func (census) ICMPError(*capture.ICMPError) {}
func (census) DNS(*capture.DNSMessage)      {}

func conversations(t *testing.T, file io.Reader) map[string]int {
	t.Helper()
	src, err := capture.NewSource(file, "slice", 0, capture.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := census{map[string]int{}}
	d := capture.NewDecoder(capture.DecoderOptions{})
	for p := (capture.Packet{}); ; {
		if err := src.Next(&p); errors.Is(err, io.EOF) {
			return c.by
		} else if err != nil {
			t.Fatal(err)
		}
		d.Decode(&p, c)
	}
}
