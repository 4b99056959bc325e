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

func TestKeyLogBound(t *testing.T) {
	k := NewKeyLog()
	for i := range maxSessions {
		k.sessions[[randomLength]byte{byte(i), byte(i >> 8), byte(i >> 16), 1}] = nil
	}
	text := fmt.Appendf(nil, "CLIENT_RANDOM %x %x\n", [randomLength]byte{}, [48]byte{})
	if taken, odd := k.Add(text); taken != 0 || odd != 0 || k.Len() != maxSessions {
		t.Errorf("%d taken, %d odd, %d sessions", taken, odd, k.Len())
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
