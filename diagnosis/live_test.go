package diagnosis_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// watchPlayback is a Stream of a file's packets. Where packets are apart in time it is
// idle in between, as an interface would be.
type watchPlayback struct {
	src   capture.Source
	keys  *tls.KeyLog // secrets that the file holds
	now   int64
	next  capture.Packet
	ready bool
	lost  func(from, to int64) bool
}

// idleStep is how far apart, in nanoseconds of capture time, two moments of
// idleness are; after maxIdle of them the stream jumps.
const (
	idleStep = int64(250e6)
	maxIdle  = 80
)

func (r *watchPlayback) Next(p *capture.Packet) error {
	if !r.ready {
		if err := r.src.Next(&r.next); err != nil {
			return err
		}
		r.ready = true
		r.now = max(r.now, r.next.Ref.Time-maxIdle*idleStep)
	}
	if r.next.Ref.Time-r.now > idleStep {
		r.now += idleStep
		return capture.ErrIdle
	}
	r.ready = false
	r.now = max(r.now, r.next.Ref.Time)
	*p = r.next
	return nil
}

func (r *watchPlayback) Info() *capture.Info       { return r.src.Info() }
func (r *watchPlayback) Close() error              { return r.src.Close() }
func (r *watchPlayback) Now() int64                { return r.now }
func (r *watchPlayback) Dropped() (uint64, uint64) { return 0, 0 }
func (r *watchPlayback) Notices() []capture.Notice { return nil }
func (r *watchPlayback) LostBetween(from, to int64) bool {
	return r.lost != nil && r.lost(from, to)
}

func openPlayback(t *testing.T, name string) *watchPlayback {
	t.Helper()
	keys := tls.NewKeyLog()
	src, err := capture.Open(name, 0, capture.OpenOptions{Secrets: func(s capture.Secrets) { keys.Add(s.KeyLog) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return &watchPlayback{src: src, keys: keys}
}

// watched gives the last record of each handshake by its id.
func watched(t *testing.T, s *watchPlayback) (map[string]*report.Handshake, *report.Tail) {
	t.Helper()
	last := map[string]*report.Handshake{}
	tail, err := diagnosis.Watch(context.Background(), s, diagnosis.WatchOptions{Options: diagnosis.Options{Keys: s.keys}}, func(r *report.Record) error {
		if _, known := last[r.Handshake.ID]; known != r.Amends {
			t.Errorf("record %s: amends = %t; want %t", r.Handshake.ID, r.Amends, known)
		}
		last[r.Handshake.ID] = r.Handshake
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return last, tail
}

// TestWatchAgreesWithAnalyze holds the verdicts of a watch, amendments reckoned
// in, against those of the same packets read as a file.
func TestWatchAgreesWithAnalyze(t *testing.T) {
	files, _ := filepath.Glob("../testdata/pcaps/real/*/*.pcap*")
	more, _ := filepath.Glob("../testdata/pcaps/real/*.pcap*")
	cases, _ := filepath.Glob("../testdata/pcaps/*.pcap")
	for _, name := range append(append(files, more...), cases...) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			if why := watchDiffers(filepath.Base(name)); why != "" {
				t.Skip(why)
			}
			t.Parallel()
			got, tail := watched(t, openPlayback(t, name))
			want := 0
			sum, err := diagnosis.Analyze(context.Background(), []string{name}, diagnosis.Options{}, func(r *report.Record) error {
				w, err := r.Load()
				if err != nil {
					return err
				}
				want++
				g := got[w.ID]
				if g == nil {
					t.Errorf("%s %s %s: not seen", w.ID, w.Outcome, w.URL)
				} else if watchVerdict(g) != watchVerdict(w) {
					t.Errorf("%s: %s\nwant: %s", w.ID, watchVerdict(g), watchVerdict(w))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != want {
				t.Errorf("%d handshakes; want %d", len(got), want)
			}
			if g, w := tail.Summary.Failed, sum.Summary.Failed; g != w {
				t.Errorf("%d failed; want %d", g, w)
			}
		})
	}
}

// watchDiffers says why a watch tells something else than a file does.
func watchDiffers(name string) string {
	switch name {
	case "tls-unknown-ca.pcap":
		return "half a year goes by inside a connection: a watch gives it up after an hour"
	case "tcp-mtu-blackhole.pcap":
		return "what tells a client that is there from one that is gone comes after a watch has told"
	}
	return ""
}

func watchVerdict(h *report.Handshake) string {
	s := h.WebSocket + " " + h.Outcome
	if h.RootCause != nil {
		s += " " + h.RootCause.Rule
	}
	if h.SupersededBy != nil {
		s += ", got over"
	}
	return s
}

// TestWatchAmends holds that a later handshake amends what was told before.
func TestWatchAmends(t *testing.T) {
	files, _ := filepath.Glob("../testdata/pcaps/*.pcap")
	gotOver := 0
	for _, name := range files {
		first := map[string]*report.Handshake{}
		_, err := diagnosis.Watch(context.Background(), openPlayback(t, name), diagnosis.WatchOptions{}, func(r *report.Record) error {
			was := first[r.Handshake.ID]
			switch {
			case was == nil:
				first[r.Handshake.ID] = r.Handshake
			case was.SupersededBy == nil && r.Handshake.SupersededBy != nil:
				gotOver++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if gotOver == 0 {
		t.Errorf("no attempt got over among %d captures; want some", len(files))
	}
}

// TestWatchSessionEnd holds that a session that an idle timeout cut, long after its
// handshake was told, amends it, and that no other does.
func TestWatchSessionEnd(t *testing.T) {
	var got []string
	_, err := diagnosis.Watch(context.Background(), openPlayback(t, "../testdata/pcaps/idle-timeout-after-upgrade.pcap"), diagnosis.WatchOptions{}, func(r *report.Record) error {
		if !r.Amends {
			return nil
		}
		for i := range r.Handshake.Findings {
			got = append(got, r.Handshake.Server+" "+r.Handshake.Findings[i].Rule)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"192.0.2.2:80 idle-timeout-after-upgrade"}; !slices.Equal(got, want) {
		t.Errorf("amended: %q; want %q", got, want)
	}
}
