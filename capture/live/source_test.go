package live

import (
	"testing"
	"time"

	"github.com/handshark/handshark/capture"
)

// TestDrops holds which stretches of time are known to lack packets.
func TestDrops(t *testing.T) {
	s := newSource("test", capture.FormatLive, 1)
	defer s.Close()
	s.take(&report{drops: &Drops{From: 100, To: 200, Packets: 1}})
	s.take(&report{drops: &Drops{From: 150, To: 300, Packets: 2}}) // one stretch with the first
	s.take(&report{drops: &Drops{From: 500, To: 600, Packets: 3}})
	tests := []struct {
		from, to int64
		want     bool
	}{{0, 99, false}, {0, 100, true}, {250, 260, true}, {301, 499, false}, {300, 300, true}, {400, 700, true}, {601, 900, false}}
	for _, test := range tests {
		if got := s.LostBetween(test.from, test.to); got != test.want {
			t.Errorf("lost between %d and %d: %t", test.from, test.to, got)
		}
	}
	if len(s.drops) != 2 || s.drops[0].Packets != 3 {
		t.Errorf("stretches %+v", s.drops)
	}
	for i := range int64(10 * dropsKept) {
		s.take(&report{drops: &Drops{From: 1000 + 10*i, To: 1001 + 10*i}})
	}
	if len(s.drops) > dropsKept {
		t.Errorf("%d stretches are kept; want at most %d", len(s.drops), dropsKept)
	}
}

// TestNoticesBound holds that notices that nobody fetches do not pile up.
func TestNoticesBound(t *testing.T) {
	s := newSource("test", capture.FormatLive, 1)
	defer s.Close()
	for range 10 * capture.MaxProblems {
		s.take(&report{notice: &capture.Notice{Text: "went down"}})
	}
	if n := len(s.Notices()); n == 0 || n > capture.MaxProblems {
		t.Errorf("%d notices; want at most %d", n, capture.MaxProblems)
	}
	if n := len(s.Notices()); n != 0 {
		t.Errorf("%d notices are told twice", n)
	}
}

// TestReader fills batches while nobody reads: each stays within its bounds, and
// closing the source ends a reader that waits.
func TestReader(t *testing.T) {
	s := newSource("test", capture.FormatLive, 1)
	r := newReader(s, 0)
	ended := make(chan int)
	go func() {
		n := 0
		for data := make([]byte, 1000); r.add(packet{time: int64(n)}, data); n++ {
		}
		ended <- n
	}()
	var p capture.Packet
	for i := range int64(5000) {
		if err := s.Next(&p); err != nil || p.Ref.Time != i || p.Ref.Frame != uint64(i+1) || len(p.Data) != 1000 {
			t.Fatalf("packet %d: %v, %+v", i, err, p.Ref)
		}
		if n := len(s.current.packets); n > batchPackets || len(s.current.data) > batchBytes+1000 {
			t.Fatalf("a batch of %d packets, %d bytes", n, len(s.current.data))
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := <-ended; n > 5000+3*batchPackets {
		t.Errorf("%d packets were taken, 5000 handed on: too many wait", n)
	}
}

// TestClock holds that time goes on between packets, and never back.
func TestClock(t *testing.T) {
	c := clock{packet: 1000, seen: time.Now().Add(-10 * time.Second)}
	if got, want := c.now(), 1000+int64(10*time.Second-lag); got < want || got > want+int64(5*time.Second) {
		t.Errorf("ten seconds after a packet at 1000 it is %d; want %d", got, want)
	}
	c.observe(500)
	if c.packet != 1000 {
		t.Errorf("a late packet sets the clock to %d", c.packet)
	}
}

// TestOptions holds what cannot be captured from.
func TestOptions(t *testing.T) {
	tests := []Options{
		{}, {Interfaces: []string{""}}, {Interfaces: []string{"lo", "lo"}},
		{Interfaces: []string{"lo"}, Snap: -1}, {Interfaces: []string{"lo"}, Buffer: -1},
	}
	for _, o := range tests {
		if o.check() == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
