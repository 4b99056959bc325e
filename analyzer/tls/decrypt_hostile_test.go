package tls

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// played runs operations, with the log of the sealed session, up to before the end.
func played(t *testing.T, wait bool, ops ...[]byte) *bench {
	b := newBench(t, nil, wait, 0)
	b.run(slices.Concat(ops...))
	b.h.state, b.h.why = b.h.reader.Decryption()
	return b
}

// serverReady brings the server to its application's keys; taken is early if it takes
// early data.
func serverReady(taken string) []byte {
	extensions := "\x08\x00\x00\x02\x00\x00"
	if taken == early {
		extensions = "\x08\x00\x00\x06\x00\x04\x00\x2a\x00\x00"
	}
	return sealed(Server, inHandshake, typeHandshake, extensions+"\x14\x00\x00\x01f")
}

func finished(from Side) []byte { return sealed(from, inHandshake, typeHandshake, "\x14\x00\x00\x01f") }

func word(from Side, text string) []byte {
	return sealed(from, inApplication, typeApplicationData, text)
}

// ready are both sides in their application's keys.
func ready() []byte {
	return slices.Concat(sealHellos(), serverReady(""), finished(Client))
}

func TestHostileRecords(t *testing.T) {
	other := bytes.Clone(smallHello())
	other[4], other[8] = byte(len(other)-5), byte(len(other)-9)
	other[12] = 9 // another random
	zeros := sealed(Client, inApplication, 0, "\x00\x00\x00")
	long := strings.Repeat("x", maxHandshake+3<<14)
	for how, c := range map[string]struct {
		op    []byte
		want  string
		state Decryption
	}{
		"another ClientHello":      {op(opFeed, Client, other), "after", Decrypting},
		"another ServerHello":      {op(opFeed, Server, octets("16 0303 002a 02 000026 0302 0102030405060708091011121314151617181920212223242526272829303132 00 0005 00")), "after", Decrypting},
		"in clear":                 {op(opFeed, Client, octets("15 0303 0002 01 00 14 0303 0001 01 15 0303 0003 010203")), "after", Decrypting},
		"padding alone":            {zeros, "", Undecryptable},
		"empty":                    {op(opFeed, Client, octets("17 0303 0000")), "", Undecryptable},
		"short":                    {op(opFeed, Client, octets("17 0303 0001 00")), "", Undecryptable},
		"too long":                 {op(opFeed, Client, append(octets("17 0303 4101"), make([]byte, 0x4101)...)), "", Undecryptable},
		"not TLS":                  {op(opFeed, Client, []byte("GET / HTTP/1.1")), "", Decrypting},
		"empty content":            {word(Client, ""), "after", Decrypting},
		"unknown type":             {sealed(Client, inApplication, 99, "x"), "after", Decrypting},
		"half an alert":            {sealed(Client, inApplication, typeAlert, "x"), "after", Decrypting},
		"a long alert":             {sealed(Client, inApplication, typeAlert, "xyz"), "after", Decrypting},
		"change of cipher":         {sealed(Client, inApplication, typeChangeCipherSpec, "\x01"), "after", Decrypting},
		"hello":                    {sealed(Client, inApplication, typeHandshake, "\x01\x00\x00\x22"+strings.Repeat("a", 34)), "after", Decrypting},
		"Finished":                 {finishedAgain(), "after", Decrypting},
		"EncryptedExtensions":      {sealed(Client, inApplication, typeHandshake, "\x08\x00\x00\x0a\x00\x08\x00\x10\x00\x04\x00\x02\x01x"), "after", Decrypting},
		"the server's extensions":  {sealed(Server, inApplication, typeHandshake, "\x08\x00\x00\x0a\x00\x08\x00\x10\x00\x04\x00\x02\x01x"), "after", Decrypting},
		"CertificateRequest":       {sealed(Client, inApplication, typeHandshake, "\x0d\x00\x00\x00"), "after", Decrypting},
		"KeyUpdate of two octets":  {sealed(Client, inApplication, typeHandshake, "\x18\x00\x00\x02\x00\x00"), "after", Decrypting},
		"KeyUpdate of a bad value": {sealed(Client, inApplication, typeHandshake, "\x18\x00\x00\x01\x02"), "after", Decrypting},
		"a long message":           {slices.Concat(sealed(Client, inApplication, typeHandshake, "\x04\x01\xc0\x00"), pieces(long), sealed(Client, inApplication, typeHandshake, "\x18\x00\x00\x01\x02")), "after", Decrypting},
		"messages in shreds":       {slices.Concat(sealed(Client, inApplication, typeHandshake, "\x04\x00"), sealed(Client, inApplication, typeHandshake, "\x00\x03ab"), sealed(Client, inApplication, typeHandshake, "c\x04\x00\x00\x00")), "after", Decrypting},
	} {
		b := played(t, false, ready(), c.op, word(Client, "after"))
		if got := b.h.text(Client); got != c.want || b.h.state != c.state || (len(b.h.lost[Client]) > 0) != (c.want == "") {
			t.Errorf("%s: %q, lost %v: %d %s", how, got, b.h.lost, b.h.state, b.h.why)
		}
		if slices.ContainsFunc(b.h.said, func(s said) bool { return s.Text == "" }) {
			t.Errorf("%s: an empty text", how)
		}
		if f := &b.h.facts; f.ALPN() != "" || f.CertificateRequested || how != "in clear" && len(f.Alerts) > 0 {
			t.Errorf("%s: %+v", how, f)
		}
	}
}

func finishedAgain() []byte {
	return sealed(Client, inApplication, typeHandshake, "\x14\x00\x00\x01f")
}

// pieces seals the content of a handshake message in records.
func pieces(s string) (out []byte) {
	for len(s) > 0 {
		n := min(len(s), 1<<14)
		out = append(out, sealed(Client, inApplication, typeHandshake, s[:n])...)
		s = s[n:]
	}
	return out
}

// TestNothingFollowsFinished reads no message after that which changes the keys.
func TestNothingFollowsFinished(t *testing.T) {
	b := played(t, false, sealHellos(), serverReady(""), sealed(Client, inHandshake, typeHandshake, "\x08\x00\x00\x0a\x00\x08\x00\x10\x00\x04\x00\x02\x01x"),
		sealed(Client, inHandshake, typeHandshake, "\x14\x00\x00\x01f\x18\x00\x00\x01\x00"), word(Client, "after"))
	if b.h.text(Client) != "after" || b.h.facts.ALPN() != "" {
		t.Errorf("got %q, %d %s, ALPN %q", b.h.text(Client), b.h.state, b.h.why, b.h.facts.ALPN())
	}
}

// TestHandshakeIsNoData keeps what comes under handshake keys from the application.
func TestHandshakeIsNoData(t *testing.T) {
	b := played(t, false, sealHellos(), serverReady(""), sealed(Client, inHandshake, typeApplicationData, "x"), finished(Client), word(Client, "after"))
	if b.h.text(Client) != "after" {
		t.Errorf("got %q", b.h.text(Client))
	}
}

func TestProtectedAlertsAreBounded(t *testing.T) {
	ops := [][]byte{ready()}
	for range MaxAlerts + 3 {
		ops = append(ops, sealed(Server, inApplication, typeAlert, "\x02\x28"))
	}
	b := played(t, false, ops...)
	if a := b.h.facts.Alerts; len(a) != MaxAlerts || a[3].Code != HandshakeFailure || a[3].From != Server {
		t.Errorf("got %+v", a)
	}
}

// TestFirstCertificateCounts reads one that comes later as no other.
func TestFirstCertificateCounts(t *testing.T) {
	certificate := sealed(Server, inHandshake, typeHandshake, "\x0b\x00\x00\x0c\x00\x00\x00\x08\x00\x00\x03abc\x00\x00")
	none := sealed(Server, inHandshake, typeHandshake, "\x0b\x00\x00\x04\x00\x00\x00\x00")
	b := played(t, false, sealHellos(), certificate, none)
	if c := b.h.facts.Certificate; c == nil || c.ChainLength != 1 || c.Offset == 0 {
		t.Errorf("got %+v", c)
	}
}

// TestCutShort tells of a record whose end is missing.
func TestCutShort(t *testing.T) {
	b := played(t, false, ready(), op(opFeed, Client, octets("17 0303 0020 00")), op(opClose, Client, nil))
	if len(b.h.lost[Client]) != 1 || b.h.state != Decrypting {
		t.Errorf("lost %v, %d %s", b.h.lost, b.h.state, b.h.why)
	}
}

// TestPartialLog reads one side when the log lacks the other's secrets.
func TestPartialLog(t *testing.T) {
	b := newBench(t, nil, true, 0)
	for line := range strings.Lines(string(sealLog())) {
		if !strings.HasPrefix(line, "CLIENT_TRAFFIC") {
			b.keys.Add([]byte(line))
		}
	}
	b.run(slices.Concat(ready(), word(Client, "unread"), word(Server, "read")))
	b.finish()
	if b.h.text(Client) != "" || b.h.text(Server) != "read" || len(b.h.lost[Client]) == 0 || b.h.state != Decrypting || b.h.why != "client: "+noSecrets {
		t.Errorf("%+v", b.h)
	}
	b.operate(opAdd, Client, nil)
}

// TestWorstCounts gives the reason that weighs more, whichever side it is of.
func TestWorstCounts(t *testing.T) {
	b := newBench(t, nil, true, 0)
	for line := range strings.Lines(string(sealLog())) {
		if !strings.HasPrefix(line, "CLIENT_TRAFFIC") {
			b.keys.Add([]byte(line))
		}
	}
	b.run(slices.Concat(ready(), word(Client, "unread"), sealed(Server, inEarly, typeApplicationData, "x")))
	b.finish()
	if b.h.state != Undecryptable || b.h.why != "server: "+noAuth {
		t.Errorf("%d %s", b.h.state, b.h.why)
	}
}

// TestHelloLost holds nothing when the other side's hello cannot come any more.
func TestHelloLost(t *testing.T) {
	hellos := sealHellos()
	client := hellos[:3+int(hellos[2])]
	for how, ops := range map[string][]byte{
		"gap":    op(opGap, Server, make([]byte, 99)),
		"closed": op(opClose, Server, nil),
		"hole":   append(op(opFeed, Server, octets("16 0303 0030 02")), op(opGap, Server, make([]byte, 47))...),
		"late":   op(opFeed, Server, append(octets("17 0303 0030"), make([]byte, 48)...)),
	} {
		b := played(t, true, client, ops, word(Client, "x"))
		if d := b.h.reader.dec; len(d.queue) > 0 || b.h.why == "" || b.h.state != NoKeys {
			t.Errorf("%s: %d held, %d %s", how, len(d.queue), b.h.state, b.h.why)
		}
	}
	// One that is too short is none.
	b := played(t, true, client, op(opFeed, Server, octets("16 0303 0006 02 000002 0303")), word(Server, "x"))
	if b.h.state != NoKeys || b.h.why != "server: "+noHello {
		t.Errorf("short: %d %s", b.h.state, b.h.why)
	}
	// It may come still, but nothing is known of the session.
	b = newBench(t, nil, false, 0)
	b.keys = NewKeyLog()
	b.h = listener(b.keys, false)
	b.run(slices.Concat(client, word(Client, "x")))
	if d := b.h.reader.dec; len(d.queue) > 0 {
		t.Errorf("%d held", len(d.queue))
	}
}

func TestUnsupported(t *testing.T) {
	for why, h := range map[string]hellos{
		"the protection of SSL 3.0 is not supported":                                   {version: SSL30, suite: 0x2F},
		"the protection of TLS 1.3 draft 28 is not supported":                          {version: 0x7F1C, suite: 0x1301},
		"compression (method 1) is not supported":                                      {version: TLS12, suite: 0xC02F, compression: 1},
		"the cipher suite TLS_RSA_WITH_3DES_EDE_CBC_SHA is not supported in TLS 1.2":   {version: TLS12, suite: 0x0A},
		"the cipher suite TLS_ECDHE_RSA_WITH_RC4_128_SHA is not supported in TLS 1.2":  {version: TLS12, suite: 0xC011},
		"the cipher suite TLS_AES_128_GCM_SHA256 is not supported in TLS 1.2":          {version: TLS12, suite: 0x1301},
		"the cipher suite TLS_RSA_WITH_AES_128_CBC_SHA is not supported in TLS 1.3":    {version: TLS13, suite: 0x2F},
		"the cipher suite TLS_RSA_WITH_AES_128_GCM_SHA256 is not supported in TLS 1.1": {version: TLS11, suite: 0x9C},
		"": {version: TLS10, suite: 0x2F},
	} {
		if got := h.unsupported(); got != why {
			t.Errorf("%q; want %q", got, why)
		}
	}
}

// TestHelloCutShort reads the random of a ClientHello whose end is missing.
func TestHelloCutShort(t *testing.T) {
	hellos := sealHellos()
	n := int(hellos[2])
	client, server := hellos[3:][:n], hellos[3+n:]
	for _, keep := range []int{30, 60, 75} {
		b := played(t, false, op(opFeed, Client, client[:keep]), op(opGap, Client, make([]byte, n-keep)), server,
			sealed(Client, inEarly, typeApplicationData, "early "), serverReady(early), sealed(Client, inEarly, typeHandshake, "\x05\x00\x00\x00"), finished(Client), word(Client, "late"))
		if got := b.h.text(Client); (got == "early late") != (keep > 5+4+34) || keep <= 5+4+34 && b.h.state != NoKeys {
			t.Errorf("%d octets: %q, %d %s", keep, got, b.h.state, b.h.why)
		}
	}
}

// TestHoleInTheHandshake loses a part of the server's flight: nothing of the application
// is missing, and the messages after it are not misread.
func TestHoleInTheHandshake(t *testing.T) {
	b := played(t, false, sealHellos(), op(opGap, Server, make([]byte, 300)),
		sealed(Server, inHandshake, typeHandshake, "\x14\x00\x00\x01f\x0d\x00\x00\x00"), sealed(Server, inHandshake, typeHandshake, "\x14\x00\x00\x01f"), word(Server, "one"), word(Server, "two"))
	if b.h.text(Server) != "onetwo" || b.h.lost[Server] != nil || b.h.facts.CertificateRequested {
		t.Errorf("%q, lost %v, %d %s", b.h.text(Server), b.h.lost, b.h.state, b.h.why)
	}
	// Lost with it: the first record of the application.
	b = newBench(t, nil, false, 0)
	b.run(slices.Concat(sealHellos(), op(opGap, Server, make([]byte, 300))))
	b.seq[Server][inApplication] = 2
	b.run(word(Server, "three"))
	if b.h.text(Server) != "three" || len(b.h.lost[Server]) != 1 {
		t.Errorf("%q, lost %v", b.h.text(Server), b.h.lost)
	}
}

// TestKeysAfterUpdate finds the next keys though the KeyUpdate itself was lost.
func TestKeysAfterUpdate(t *testing.T) {
	s := recorded(t, "tls13-key-update")
	keys := s.keys(t)
	for i, p := range s.pieces {
		if i < 3 || len(p.data) != 27 {
			continue
		}
		lost := slices.Clone(s.pieces)
		lost[i].gap = true
		h := hear(lost, keys)
		if n := strings.Count(h.text(p.from), "\n"); n < 2 || h.state != Decrypting {
			t.Errorf("piece %d: %q, %d %s", i, h.text(p.from), h.state, h.why)
		}
	}
}

// TestFinishedLost12 loses what of the handshake of TLS 1.2 is protected, and nothing
// else.
func TestFinishedLost12(t *testing.T) {
	s := recorded(t, "tls12-resumed")
	hello := s.pieces[1]
	n := recordHeader + int(hello.data[4])
	parts := slices.Concat(s.pieces[:1], []part{{Server, hello.data[:n], false}, {Server, hello.data[n:], true}}, s.pieces[2:])
	h := hear(parts, s.keys(t))
	if h.text(Server) != "olleh\nniaga\n" || h.lost[Server] != nil || h.lost[Client] != nil {
		t.Errorf("%q, lost %v, %d %s", h.text(Server), h.lost, h.state, h.why)
	}
	// The same with the application's first record.
	for i := range parts {
		if p := &parts[i]; p.from == Server && p.data[0] == typeApplicationData {
			p.gap = true
			break
		}
	}
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.from == Client && !p.clear() })
	h = hear(parts, s.keys(t))
	if h.text(Server) != "niaga\n" || len(h.lost[Server]) != 1 {
		t.Errorf("%q, lost %v, %d %s", h.text(Server), h.lost, h.state, h.why)
	}
}

// TestHostile12 puts records between those of a session of TLS 1.2 that are no part of it.
func TestHostile12(t *testing.T) {
	change := octets("14 0303 0001 01")
	for _, name := range []string{"tls12-chacha", "tls12-dhe-aes128-gcm", "tls12-etm-sha1", "tls12-mte-sha384"} {
		s, want := recorded(t, name), outcomes()[name]
		keys := s.keys(t)
		odd := slices.Concat(s.pieces[:2], []part{{Client, octets("15 0303 0003 010203"), false}}, s.pieces[2:])
		want.judge(t, name+", an odd alert before the change", hear(odd, keys))
		twice := slices.Concat(s.pieces[:5], []part{{Client, change, false}, {Server, change, false}}, s.pieces[5:])
		want.judge(t, name+", a second change in clear", hear(twice, keys))
		for n := range 40 {
			short := append([]byte{typeApplicationData, 3, 3, 0, byte(n)}, make([]byte, n)...)
			h := hear(slices.Concat(s.pieces[:4], []part{{Client, short, false}}, s.pieces[4:]), keys)
			if h.text(Client) != "" || h.text(Server) != want.server || h.state != Undecryptable {
				t.Errorf("%s, a record of %d: %q, %d %s", name, n, h.text(Client), h.state, h.why)
			}
		}
	}
}

// TestOverHoldsNothing collects no record of a side that is not read any more.
func TestOverHoldsNothing(t *testing.T) {
	b := played(t, false, ready(), op(opFeed, Client, octets("17 0303 0001 00")), op(opFeed, Client, append(octets("17 0303 3000"), make([]byte, 99)...)))
	if d := &b.h.reader.dec.sides[Client]; !d.over || d.buf != nil {
		t.Errorf("%d octets", len(d.buf))
	}
}

// TestMessageCutByHole reads the message after a hole though one was not at its end
// before.
func TestMessageCutByHole(t *testing.T) {
	b := played(t, false, ready(), sealed(Server, inApplication, typeHandshake, "\x04\x00\x00\x09abc"),
		op(opGap, Server, make([]byte, 9)), sealed(Server, inApplication, typeHandshake, "\x0d\x00\x00\x00"))
	if !b.h.facts.CertificateRequested || len(b.h.lost[Server]) != 1 {
		t.Errorf("%+v, lost %v", b.h.facts, b.h.lost)
	}
}
