package report

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"
)

// briefRecord makes a record of which only the row was kept.
func briefRecord(r *rand.Rand, at time.Time) *Handshake {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	secret := func() string { return fmt.Sprintf("%s4 bytes, #%016x›", markStart, r.IntN(1000)) }
	h := &Handshake{
		ID: pick("a", "b"), Client: pick("192.0.2.1:1", "192.0.2.2:2"), Server: pick("198.51.100.1:80", "198.51.100.2:80", "x\x1b:80"),
		URL:       Text(pick("ws://a/", "ws://a/b", "wss://a/b", "ws://a", "ws://a/"+markStart+"3 bytes, #0123456789abcdef›", "ws://a/"+markStart+"3 bytes, #fedcba9876543210›")),
		WebSocket: pick("yes", "yes", "likely", "unknown"), Outcome: pick("established", "rejected", "incomplete", "closed-early", "redirected"),
		Time: Time{at},
	}
	if r.IntN(2) == 0 {
		h.Response = &Response{Status: []int{0, 101, 401, 502}[r.IntN(4)], Reason: Text(pick("", "", "", secret()))}
	}
	if r.IntN(2) == 0 {
		h.RootCause = &RootCause{Rule: pick(Undetermined, "a-rule"), Summary: Text(pick("", "", "", secret()))}
	}
	if r.IntN(4) == 0 {
		h.SupersededBy = &h.ID
	}
	if r.IntN(9) == 0 {
		h.Findings = []Finding{{Rule: "meta-x", Message: Text(pick("x", secret()))}}
	}
	return h
}

// TestAlikeIsCountedAlike: a table of which the brief records were counted the short
// way reads like one in which each made a row.
func TestAlikeIsCountedAlike(t *testing.T) {
	short := 0
	for seed := range uint64(20) {
		var tables [2]string
		var numbers [2]map[uint64]uint32
		for i := range tables {
			var out bytes.Buffer
			w := NewTable(&out, TableOptions{Width: 120}).(*tableWriter)
			r := rand.New(rand.NewPCG(seed, 1))
			for n := range 2000 {
				if i == 0 {
					w.alike = alike{}
				}
				h := briefRecord(r, time.Unix(int64(r.IntN(100_000)), 0))
				if k, ok := alikeOf(h); ok && w.alike.find(&k) != nil {
					short++
				}
				if err := w.Handshake(Record{Handshake: h, Brief: n%50 > 0}); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(&Tail{}); err != nil {
				t.Fatal(err)
			}
			tables[i], numbers[i] = out.String(), numbersOf(&w.ordinals.of)
		}
		if !maps.Equal(numbers[0], numbers[1]) {
			t.Errorf("seed %d: redactions are numbered in another order", seed)
		}
		if tables[0] != tables[1] {
			t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, tables[1], tables[0])
		}
	}
	if short < 500 {
		t.Errorf("%d records went the short way: that shows nothing", short)
	}
}
