package diagnosis_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// watchStream is a Stream of packets that a function makes; an empty one is a moment of
// idleness, nil ends it.
type watchStream struct {
	info capture.Info
	next func(n uint64) (time int64, frame []byte)
	now  int64
	idle uint64 // how often it was idle
}

func (m *watchStream) Next(p *capture.Packet) error {
	t, frame := m.next(m.info.Packets + m.idle)
	if frame == nil {
		return io.EOF
	}
	if len(frame) == 0 {
		m.now = t
		m.idle++
		return capture.ErrIdle
	}
	m.info.Packets++
	m.now = t
	*p = capture.Packet{
		Ref: capture.Ref{Frame: m.info.Packets, Time: t}, Link: capture.LinkEthernet, Wire: len(frame), Data: frame,
	}
	return nil
}

func (m *watchStream) Info() *capture.Info           { return &m.info }
func (m *watchStream) Close() error                  { return nil }
func (m *watchStream) Now() int64                    { return m.now }
func (m *watchStream) Dropped() (uint64, uint64)     { return 0, 0 }
func (m *watchStream) Notices() []capture.Notice     { return nil }
func (m *watchStream) LostBetween(int64, int64) bool { return false }

// TCP flags.
const (
	watchSYN = 0x02
	watchACK = 0x10
)

// watchFrame makes a TCP segment from client n to 192.0.2.80:80, or back.
func watchFrame(buf []byte, n uint32, back bool, flags byte, seq, acked uint32, data []byte) []byte {
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

// floodWatch watches and gives the counters and the memory, in bytes, near the end.
func floodWatch(t *testing.T, next func(uint64) (int64, []byte)) (status diagnosis.Status, heap uint64) {
	t.Helper()
	o := diagnosis.WatchOptions{Status: func(s *diagnosis.Status) { status = *s }}
	var m runtime.MemStats
	last := func(n uint64) (int64, []byte) {
		at, f := next(n)
		if f == nil {
			runtime.GC()
			runtime.ReadMemStats(&m)
		}
		return at, f
	}
	if _, err := diagnosis.Watch(context.Background(), &watchStream{next: last}, o, func(*report.Record) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return status, m.HeapAlloc
}

// TestWatchSYNFlood sends a SYN from each of half a million addresses.
func TestWatchSYNFlood(t *testing.T) {
	var buf []byte
	status, heap := floodWatch(t, func(n uint64) (int64, []byte) {
		if n == 500_000 {
			return 0, nil
		}
		buf = watchFrame(buf, uint32(n), false, watchSYN, 1, 0, nil)
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
	_, heap := floodWatch(t, func(n uint64) (int64, []byte) {
		if n == 3*clients {
			return 0, nil
		}
		buf = watchFrame(buf, uint32(n%clients), false, watchSYN, 1, 0, nil)
		return int64(n) * 20_000, buf
	})
	if most := uint64(128 << 20); heap > most {
		t.Errorf("heap of %d MiB; want at most %d", heap>>20, most>>20)
	}
}

// TestWatchUnended opens a hundred thousand connections and ends none, as it looks
// where the ends were dropped: those quiet for longest are given up.
func TestWatchUnended(t *testing.T) {
	var buf []byte
	const clients, most = 100_000, 32_768
	status, heap := floodWatch(t, func(n uint64) (int64, []byte) {
		at, client := int64(n)*50_000, uint32(n/3)
		switch {
		case client == clients:
			return 0, nil
		case n%3 == 0:
			buf = watchFrame(buf, client, false, watchSYN, 1, 0, nil)
		case n%3 == 1:
			buf = watchFrame(buf, client, true, watchSYN|watchACK, 1, 2, nil)
		default:
			buf = watchFrame(buf, client, false, watchACK, 2, 2, nil)
		}
		return at, buf
	})
	if got, want := status.Evicted, uint64(clients-most); got < want {
		t.Errorf("%d conversations given up; want at least %d", got, want)
	}
	if most := uint64(256 << 20); heap > most {
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
	status, heap := floodWatch(t, func(n uint64) (int64, []byte) {
		client, step := uint32(n%clients), n/clients
		at := int64(n) * 20_000
		switch {
		case step == 0:
			buf = watchFrame(buf, client, false, watchSYN, 1, 0, nil)
		case step == 1:
			buf = watchFrame(buf, client, true, watchSYN|watchACK, 1, 2, nil)
		case step == 2:
			buf = watchFrame(buf, client, false, watchACK, 2, 2, head)
		case step < pieces:
			buf = watchFrame(buf, client, false, watchACK, 2+uint32(step-2)*1460, 2, more)
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
	name := filepath.Join("..", "testdata", "pcaps", "real", "crowd-with-one-refused.pcap")
	for _, want := range []error{nil, errors.New("disk full")} {
		n := 0
		stop := diagnosis.ErrStop
		if want != nil {
			stop = want
		}
		tail, err := diagnosis.Watch(context.Background(), openPlayback(t, name), diagnosis.WatchOptions{}, func(*report.Record) error {
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
	name := filepath.Join("..", "testdata", "pcaps", "real", "connect-timeout.pcap")
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
	refusal := []byte("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	upgrade := []byte("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: GhlIHNhbXBsZSBub25jZQ4=\r\n\r\n")
	plain := []byte("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
	for _, test := range []struct{ memory, want int }{{1 << 20, 4}, {1024, 2}, {100, 1}, {10, 0}} {
		var file bytes.Buffer
		slice, err := diagnosis.NewSlice(&file, test.memory)
		if err != nil {
			t.Fatal(err)
		}
		s := &watchStream{next: func(n uint64) (int64, []byte) {
			client, step := uint32(n%2), n/2
			request := [][]byte{upgrade, plain}[client]
			at := int64(n) * 1000
			switch step {
			case 0:
				return at, watchFrame(nil, client, false, watchSYN, 1, 0, nil)
			case 1:
				return at, watchFrame(nil, client, true, watchSYN|watchACK, 1, 2, nil)
			case 2:
				return at, watchFrame(nil, client, false, watchACK, 2, 2, request)
			case 3:
				return at, watchFrame(nil, client, true, watchACK, 2, 2+uint32(len(request)), refusal)
			}
			return 0, nil
		}}
		s.info.Interfaces = []capture.Interface{{Name: "eth0", Link: capture.LinkEthernet}}
		if _, err := diagnosis.Watch(context.Background(), s, diagnosis.WatchOptions{Slice: slice}, func(*report.Record) error { return nil }); err != nil {
			t.Fatal(err)
		}
		want := map[string]int{}
		if test.want > 0 {
			want["10.0.0.0:1024"] = test.want
		}
		if diff := cmp.Diff(want, watchConversations(t, &file)); diff != "" {
			t.Errorf("memory %d: packets by client (-want +got):\n%s", test.memory, diff)
		}
	}
}

// watchCensus counts segments by the client's endpoint.
type watchCensus struct{ by map[string]int }

func (c watchCensus) Segment(s *capture.Segment) {
	if s.Dst.Port < s.Src.Port {
		c.by[s.Src.String()]++
	} else {
		c.by[s.Dst.String()]++
	}
}
func (watchCensus) ICMPError(*capture.ICMPError) {}
func (watchCensus) DNS(*capture.DNSMessage)      {}

func watchConversations(t *testing.T, file io.Reader) map[string]int {
	t.Helper()
	src, err := capture.NewSource(file, "slice", 0, capture.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := watchCensus{map[string]int{}}
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

// TestWatchLateAnswer answers a request after the timeout: what was told then is
// amended, under the same id.
func TestWatchLateAnswer(t *testing.T) {
	const second = int64(1e9)
	request := []byte("GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: GhlIHNhbXBsZSBub25jZQ4=\r\n\r\n")
	answer := []byte("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	asked := 2 + uint32(len(request))
	steps := []struct {
		at    int64
		frame []byte
	}{
		{0, watchFrame(nil, 1, false, watchSYN, 1, 0, nil)},
		{1, watchFrame(nil, 1, true, watchSYN|watchACK, 1, 2, nil)},
		{2, watchFrame(nil, 1, false, watchACK, 2, 2, request)},
		{3, watchFrame(nil, 1, true, watchACK, 2, asked, nil)},
		{9 * second, []byte{}},
		{11 * second, []byte{}},
		{12 * second, watchFrame(nil, 1, true, watchACK, 2, asked, answer)},
		{13 * second, []byte{}},
	}
	var got []string
	ids := map[string]bool{}
	s := &watchStream{next: func(n uint64) (int64, []byte) {
		if n >= uint64(len(steps)) {
			return 0, nil
		}
		got = append(got, strconv.Itoa(int(n)))
		return steps[n].at, steps[n].frame
	}}
	tail, err := diagnosis.Watch(context.Background(), s, diagnosis.WatchOptions{}, func(r *report.Record) error {
		got = append(got, fmt.Sprintf("%s %t", r.Handshake.Outcome, r.Amends))
		ids[r.Handshake.ID] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"0", "1", "2", "3", "4", "5", "no-response false", "6", "rejected true", "7"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps and records (-want +got):\n%s", diff)
	}
	if sum := tail.Summary; len(ids) != 1 || sum.Handshakes != 1 || sum.Failed != 1 || len(sum.ByCause) != 1 {
		t.Errorf("%d ids, summary %+v; want one of each", len(ids), sum)
	}
}

// TestWatchConstantKey lets a thousand clients send one and the same key: that makes
// no legs of their handshakes, and no record is amended for ever.
func TestWatchConstantKey(t *testing.T) {
	request := []byte("GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: GhlIHNhbXBsZSBub25jZQ4=\r\n\r\n")
	refusal := []byte("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	const clients = 1000
	var buf []byte
	s := &watchStream{next: func(n uint64) (int64, []byte) {
		client, at := uint32(n/4)<<8, int64(n)*100_000 // an address each
		switch {
		case n/4 == clients:
			return 0, nil
		case n%4 == 0:
			buf = watchFrame(buf, client, false, watchSYN, 1, 0, nil)
		case n%4 == 1:
			buf = watchFrame(buf, client, true, watchSYN|watchACK, 1, 2, nil)
		case n%4 == 2:
			buf = watchFrame(buf, client, false, watchACK, 2, 2, request)
		default:
			buf = watchFrame(buf, client, true, watchACK, 2, 2+uint32(len(request)), refusal)
		}
		return at, buf
	}}
	told, amended := 0, 0
	_, err := diagnosis.Watch(context.Background(), s, diagnosis.WatchOptions{}, func(r *report.Record) error {
		if told++; r.Amends {
			amended++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if told-amended != clients || amended > 100 {
		t.Errorf("%d records, %d of them amended; want %d and at most 100", told, amended, clients)
	}
}
