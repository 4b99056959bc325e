package tls

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestKeyLog(t *testing.T) {
	var (
		random = strings.Repeat("0a", 32)
		short  = strings.Repeat("Bc", 32)
		long   = strings.Repeat("de", 48)
	)
	for text, want := range map[string][2]int{
		"": {0, 0}, "\n\r\n \n# CLIENT_RANDOM x y\n": {0, 0},
		"CLIENT_RANDOM " + random + " " + long:                                             {1, 0},
		"CLIENT_RANDOM " + random + " " + long + "\r\nCLIENT_RANDOM " + short + " " + long: {2, 0},
		"CLIENT_RANDOM " + random + " " + short:                                            {0, 1},
		"CLIENT_RANDOM " + random + "0a " + long:                                           {0, 1},
		"CLIENT_RANDOM " + random + " " + long + "0":                                       {0, 1},
		"CLIENT_RANDOM " + random + " " + long + " " + long:                                {0, 1},
		"CLIENT_RANDOM " + random:                                                          {0, 1},
		"CLIENT_RANDOM":                                                                    {0, 1},
		"client_random " + random + " " + long:                                             {0, 1},
		"CLIENT_TRAFFIC_SECRET_0 " + strings.Repeat("xy", 32) + " " + short:                {0, 1},
		"CLIENT_TRAFFIC_SECRET_0 " + random + " " + short + "\nSERVER_TRAFFIC_SECRET_0 " + random + " " + long: {2, 0},
		"EXPORTER_SECRET " + random + " " + short:                                                              {0, 0},
		"RSA 0011223344556677 " + long:                                                                         {0, 0},
		"EXPORTER_SECRET " + random + " z":                                                                     {0, 1},
		"\x00\xff\xfe":                                                                                         {0, 1},
	} {
		k := NewKeyLog()
		if taken, odd := k.Add([]byte(text)); [2]int{taken, odd} != want || (k.Len() > 0) != (taken > 0) {
			t.Errorf("%q: %d taken, %d odd, %d sessions; want %v", text, taken, odd, k.Len(), want)
		}
	}
}

func TestKeyLogLater(t *testing.T) {
	k := NewKeyLog()
	random := [randomLength]byte{1}
	k.Add(fmt.Appendf(nil, "CLIENT_RANDOM %x %x\n", random, [48]byte{1}))
	k.Add(fmt.Appendf(nil, "CLIENT_RANDOM %x %x\n", random, [48]byte{2}))
	if s := k.secret(&random, masterSecret); k.Len() != 1 || s[0] != 2 || k.secret(&random, clientTraffic) != nil {
		t.Errorf("%d sessions, secret %x", k.Len(), s)
	}
	if k.knows(&[randomLength]byte{2}) {
		t.Error("knows another session")
	}
}

// TestKeyLogBound forgets the oldest sessions, and no others.
func TestKeyLogBound(t *testing.T) {
	k := NewKeyLog()
	k.Bound(3)
	for i := range byte(8) {
		for _, label := range []string{"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"} {
			k.Add(fmt.Appendf(nil, "%s %x %x\n", label, [randomLength]byte{i}, [32]byte{i}))
		}
		for j := range byte(8) {
			random := [randomLength]byte{j}
			if got, want := k.secret(&random, serverTraffic) != nil, j <= i && i-j < 3; got != want {
				t.Errorf("after session %d: session %d known: %t, want %t", i, j, got, want)
			}
		}
	}
	if k.Len() != 3 {
		t.Errorf("%d sessions, want 3", k.Len())
	}
}

// TestKeyLogConcurrent is for the race detector.
func TestKeyLogConcurrent(t *testing.T) {
	k := NewKeyLog()
	var all sync.WaitGroup
	for i := range byte(4) {
		all.Go(func() {
			for j := range byte(50) {
				random := [randomLength]byte{i, j}
				k.Add(fmt.Appendf(nil, "CLIENT_RANDOM %x %x\n", random, [48]byte{j}))
				if s := k.secret(&random, masterSecret); s[0] != j || k.Len() == 0 {
					t.Errorf("got %x", s)
				}
			}
		})
	}
	all.Wait()
}
