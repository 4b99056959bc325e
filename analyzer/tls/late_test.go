package tls

import (
	"encoding/hex"
	"strings"
	"testing"
)

// random gives the client random of the nth session.
func random(n int) [randomLength]byte {
	return [randomLength]byte{byte(n >> 16), byte(n >> 8), byte(n)}
}

// lines are those of a key log with two secrets of the nth session.
func lines(n int) []byte {
	r := random(n)
	end := " " + hex.EncodeToString(r[:]) + " " + strings.Repeat("ab", 32) + "\n"
	return []byte("CLIENT_TRAFFIC_SECRET_0" + end + "SERVER_TRAFFIC_SECRET_0" + end)
}

// TestTakeLate counts sessions whose secrets came too late, each once.
func TestTakeLate(t *testing.T) {
	k := NewKeyLog()
	gone := random(2)
	k.Add(lines(1))
	k.miss(&gone)
	k.miss(&gone)
	for i, want := range []int{0, 1, 0} {
		k.Add(lines(i + 1))
		if got := k.TakeLate(); got != want {
			t.Errorf("session %d: %d came late, want %d", i+1, got, want)
		}
	}
	if k.Add(lines(2)); k.TakeLate() != 0 {
		t.Error("a session came late twice")
	}
}

// TestTakeLateBound has more sessions miss secrets than are known: any new one may be of
// them.
func TestTakeLateBound(t *testing.T) {
	k := NewKeyLog()
	k.Add(lines(1 << 17))
	for n := range maxMissed + 1 {
		r := random(n)
		k.miss(&r)
	}
	for _, n := range []int{7, maxMissed, 1<<17 + 1} {
		if k.Add(lines(n)); k.TakeLate() != 1 {
			t.Errorf("session %d did not come late", n)
		}
	}
	if k.Add(lines(1 << 17)); k.TakeLate() != 0 || len(k.missed.sessions) != maxMissed-1 {
		t.Errorf("a session that was known came late, or %d are kept", len(k.missed.sessions))
	}
}
