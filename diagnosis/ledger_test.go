package diagnosis

import (
	"runtime"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
	"github.com/handshark/handshark/siblings"
)

// attemptsAdded is how many attempts the memory tests add.
const attemptsAdded = 100_000

// addAttempts adds attempts that are as different from one another as may be:
// other clients, paths and keys; every fourth failed.
func addAttempts(l *ledger, from int, differ bool) {
	head := []byte("GET /chat HTTP/1.1\r\nHost: ws.example.test\r\n\r\n")
	for i := from; i < from+attemptsAdded; i++ {
		m := &analyzer.Message{First: capture.Ref{Frame: uint64(i + 1), Time: int64(i) * 1e6}}
		m.Kind, m.Raw, m.Complete = http1.Request, head, true
		m.Method, m.Target, m.Version = http1.Span{End: 3}, http1.Span{Start: 4, End: 9}, http1.Span{Start: 10, End: 18}
		m.AddField(http1.Field{Name: http1.Span{Start: 20, End: 24}, Value: http1.Span{Start: 26, End: 41}})
		h := &analyzer.Handshake{
			WebSocket: analyzer.Yes, Request: m, Start: int64(i) * 1e6, Outcome: analyzer.Established,
		}
		if differ {
			m.Raw = []byte("GET /" + formatID(uint64(i))[8:] + " HTTP/1.1\r\nHost: ws.example.test\r\n\r\n")
			h.Conn.Client.Addr = capture.Addr{Hi: 0x2001_0db8 << 32, Lo: uint64(i)} // IPv4 takes less
		}
		if i%4 == 0 {
			h.Outcome = analyzer.Rejected
		}
		l.add(h, &rules.Verdict{}, naming{})
	}
}

// bytesHeld is what the heap holds, in bytes.
func bytesHeld() uint64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// TestBytesPerAttempt: what a folded table takes for each handshake, its relations
// to the others and its place in their order included.
func TestBytesPerAttempt(t *testing.T) {
	engine, err := rules.NewEngine(catalogue.All(), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, differ := range map[string]bool{"alike": false, "all different": true} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(Options{Keep: KeepSample}, engine, true)
			defer l.close()
			addAttempts(l, 0, differ) // fills what is bounded
			before := bytesHeld()
			addAttempts(l, attemptsAdded, differ)
			added := bytesHeld()
			relations := l.digests.Relate(&l.entries, rules.RuleSet{}, siblings.InTurn)
			index := bytesHeld() - added
			relations.Of(0)
			per := float64(added-before)/attemptsAdded + float64(index)/(2*attemptsAdded)
			t.Logf("%.0f bytes per attempt, %d MiB of records and URLs at most", per, before>>20)
			if per > bytesPerAttempt {
				t.Errorf("%.0f bytes per attempt, want at most %d", per, bytesPerAttempt)
			}
			if _, err := l.yield(func(*report.Record) error { return nil }); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestEntryID: the id that is worked out from an entry is that of its handshake.
func TestEntryID(t *testing.T) {
	engine, err := rules.NewEngine(catalogue.All(), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := newLedger(Options{}, engine, true)
	defer l.close()
	for i, h := range []analyzer.Handshake{{}, {Start: 1}, {Start: 1, Nth: 1}, {Nth: 1 << 20}} {
		h.Conn.Client = capture.Endpoint{Addr: capture.AddrFrom4([]byte{192, 0, 2, 1}), Port: 50000}
		h.Conn.Server = capture.Endpoint{Addr: capture.Addr{Hi: 1 << 60, Lo: uint64(i)}, Port: 80}
		l.add(&h, &rules.Verdict{}, naming{})
		for range 2 {
			if got, want := analyzer.ID(l.id(l.entries.at(i))), h.ID(); got != want {
				t.Errorf("entry %d has the id %v; want %v", i, got, want)
			}
		}
	}
}
