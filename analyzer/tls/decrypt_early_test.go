package tls

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestEarlyData(t *testing.T) {
	ticket := sealed(Client, inEarly, typeApplicationData, "early ")
	end := sealed(Client, inEarly, typeHandshake, "\x05\x00\x00\x00")
	for how, c := range map[string]struct {
		ops  [][]byte
		want string
		lost int
	}{
		"taken":              {[][]byte{ticket, serverReady(early), end, finished(Client), word(Client, "late")}, "early late", 0},
		"refused":            {[][]byte{ticket, ticket, serverReady(""), finished(Client), word(Client, "late")}, "late", 0},
		"none sent":          {[][]byte{serverReady(""), finished(Client), word(Client, "late")}, "late", 0},
		"hole, refused":      {[][]byte{ticket, op(opGap, Client, make([]byte, 99)), serverReady(""), finished(Client), word(Client, "late")}, "late", 1},
		"damaged, refused":   {[][]byte{op(opFeed, Client, octets("17 0303 0030 00")), op(opGap, Client, make([]byte, 47)), serverReady(""), finished(Client), word(Client, "late")}, "late", 1},
		"end lost":           {[][]byte{ticket, serverReady(early), op(opGap, Client, make([]byte, 99)), finished(Client), word(Client, "late")}, "early late", 1},
		"answer lost":        {[][]byte{ticket, op(opGap, Server, make([]byte, 99)), word(Server, "x"), end, finished(Client), word(Client, "late")}, "early late", 0},
		"answer lost, none":  {[][]byte{op(opGap, Server, make([]byte, 99)), word(Server, "x"), finished(Client), word(Client, "late")}, "late", 0},
		"no answer":          {[][]byte{ticket, op(opClose, Server, nil), end, finished(Client), word(Client, "late")}, "early late", 0},
		"unreadable answer":  {[][]byte{ticket, op(opFeed, Server, append(octets("17 0303 0030"), make([]byte, 48)...)), end, finished(Client), word(Client, "late")}, "early late", 0},
		"end in application": {[][]byte{ticket, serverReady(early), end, finished(Client), sealed(Client, inApplication, typeHandshake, "\x05\x00\x00\x00"), word(Client, "late")}, "early late", 0},
	} {
		b := played(t, false, append([][]byte{sealHellos()}, c.ops...)...)
		if got := b.h.text(Client); got != c.want || len(b.h.lost[Client]) > c.lost {
			t.Errorf("%s: %q, lost %v: %d %s", how, got, b.h.lost, b.h.state, b.h.why)
		}
	}
}

// TestEarlyDataRefusedByHello knows that early data are refused without the
// EncryptedExtensions: after a HelloRetryRequest, and without a pre-shared key.
func TestEarlyDataRefusedByHello(t *testing.T) {
	hellos := sealHellos()
	n := 3 + int(hellos[2])
	client, server := hellos[:n], hellos[n:]
	retry := bytes.Clone(server)
	copy(retry[3+5+4+2:], helloRetryRandom[:])
	fresh := bytes.Replace(server, octets("0029 0002 0000"), octets("00fe 0002 0000"), 1)
	for how, answer := range map[string][]byte{"retry": append(retry, server...), "no pre-shared key": fresh} {
		b := played(t, false, client, sealed(Client, inEarly, typeApplicationData, "early"), answer,
			op(opGap, Server, make([]byte, 99)), word(Server, "x"), finished(Client), word(Client, "late"))
		if got := b.h.text(Client); got != "late" || b.h.lost[Client] != nil {
			t.Errorf("%s: %q, lost %v: %d %s", how, got, b.h.lost, b.h.state, b.h.why)
		}
	}
}

// TestHeldUpToFinished drops the first records under the application's keys.
func TestHeldUpToFinished(t *testing.T) {
	b := newBench(t, nil, true, 0)
	long := "\x04\x00\x3f\xf0" + strings.Repeat("x", 0x3ff0)
	b.run(slices.Concat(sealHellos(), serverReady("")))
	for range 3 {
		b.run(sealed(Client, inHandshake, typeHandshake, long))
	}
	b.run(finished(Client))
	b.run(word(Client, strings.Repeat("x", 1<<14-20)))
	for range 100 {
		b.run(word(Client, "dropped"))
	}
	b.operate(opAdd, Client, nil)
	b.run(word(Client, "late"))
	b.finish()
	if b.h.text(Client) != "late" || len(b.h.lost[Client]) != 1 || b.h.state != Decrypting {
		t.Errorf("%q, lost %v, %d %s", b.h.text(Client), b.h.lost, b.h.state, b.h.why)
	}
}

// TestReasons tells apart why a record cannot be read.
func TestReasons(t *testing.T) {
	for why, ops := range map[string][]byte{
		tooLong:  op(opFeed, Client, append(octets("17 0303 4101"), make([]byte, 0x4101)...)),
		noAuth:   op(opFeed, Client, append(octets("17 0303 0030"), make([]byte, 48)...)),
		noBridge: append(op(opGap, Client, make([]byte, 9)), op(opFeed, Client, append(octets("17 0303 0030"), make([]byte, 48)...))...),
	} {
		if b := played(t, false, ready(), ops); b.h.state != Undecryptable || b.h.why != "client: "+why || b.h.lost[Client] == nil {
			t.Errorf("%d %s; want %s", b.h.state, b.h.why, why)
		}
	}
	// A record is missing where none can be.
	b := newBench(t, nil, false, 0)
	b.run(ready())
	b.seq[Client][inApplication]++
	b.run(word(Client, "x"))
	b.finish()
	if b.h.state != Undecryptable || b.h.why != "client: "+noAuth {
		t.Errorf("%d %s", b.h.state, b.h.why)
	}
}

// TestEarlyDataWithoutSecret tells that taken early data cannot be read, and reads on.
func TestEarlyDataWithoutSecret(t *testing.T) {
	b := newBench(t, nil, true, 0)
	log := sealLog()
	b.keys.Add(log[bytes.IndexByte(log, '\n')+1:])
	b.run(slices.Concat(sealHellos(), sealed(Client, inEarly, typeApplicationData, "early"), serverReady(early),
		sealed(Client, inEarly, typeHandshake, "\x05\x00\x00\x00"), finished(Client), word(Client, "late")))
	if got := b.h.text(Client); got != "late" || len(b.h.lost[Client]) != 1 {
		t.Errorf("%q, lost %v", got, b.h.lost)
	}
}

// TestSkippedAreBounded gives up on records that cannot be opened and go on and on.
func TestSkippedAreBounded(t *testing.T) {
	ops := [][]byte{sealHellos(), serverReady("")}
	for range maxSkipped + 1 {
		ops = append(ops, sealed(Client, inEarly, typeApplicationData, "x"))
	}
	if b := played(t, false, ops...); b.h.state != Undecryptable || b.h.why != "client: "+tooSkipped {
		t.Errorf("%d %s", b.h.state, b.h.why)
	}
}

// TestSkippingEnds passes over nothing once a record was opened.
func TestSkippingEnds(t *testing.T) {
	b := newBench(t, nil, true, 0)
	for line := range strings.Lines(string(sealLog())) {
		if strings.Contains(line, "_TRAFFIC_SECRET_0") {
			b.keys.Add([]byte(line))
		}
	}
	b.run(slices.Concat(sealHellos(), serverReady(""), word(Server, "one"), sealed(Server, inHandshake, typeHandshake, "x"), word(Server, "two")))
	b.finish()
	if b.h.text(Server) != "one" || b.h.state != Undecryptable || len(b.h.lost[Server]) != 1 {
		t.Errorf("got %q, %d %s, lost %v", b.h.text(Server), b.h.state, b.h.why, b.h.lost)
	}
}
