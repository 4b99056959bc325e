package tls

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Operations of the fuzz target: one octet, the upper bit of which is the side, then
// two of a length, then as many octets if they are data.
const (
	opFeed = iota
	opGap
	opClose
	opAdd  // the key log comes now
	opSeal // data are protected with the secrets of sealLog: phase, content type, content
	operations
)

func op(kind int, from Side, data []byte) []byte {
	out := []byte{byte(kind) | byte(from)<<7, 0, 0}
	binary.BigEndian.PutUint16(out[1:], uint16(len(data)))
	return append(out, data...)
}

// sealSecret is the secret of a phase in sealLog.
func sealSecret(from Side, p phase) []byte {
	return bytes.Repeat([]byte{byte(from)<<4 | byte(p)}, 32)
}

// sealLog has the secrets of a session whose client random is zero.
func sealLog() []byte {
	var b bytes.Buffer
	random := [randomLength]byte{}
	fmt.Fprintf(&b, "CLIENT_EARLY_TRAFFIC_SECRET %x %x\n", random, sealSecret(Client, inEarly))
	for from, name := range []string{"CLIENT", "SERVER"} {
		fmt.Fprintf(&b, "%s_HANDSHAKE_TRAFFIC_SECRET %x %x\n", name, random, sealSecret(Side(from), inHandshake))
		fmt.Fprintf(&b, "%s_TRAFFIC_SECRET_0 %x %x\n", name, random, sealSecret(Side(from), inApplication))
	}
	return b.Bytes()
}

// sealHellos are the hellos of that session: early data offered, a pre-shared key
// chosen.
func sealHellos() []byte {
	client := smallHello()
	client = append(client, octets("002a 0000")...)
	client[4], client[8] = byte(len(client)-5), byte(len(client)-9)
	client[5+4+2+32+1+6+2+1] = byte(len(client) - 5 - 4 - 2 - 32 - 1 - 6 - 2 - 2)
	server := octets(`16 0303 003a 02 000036 0303
		0000000000000000000000000000000000000000000000000000000000000000
		00 1301 00 000e 002b 0002 0304 0029 0002 0000 0000 0000`)
	server = server[:len(server)-4]
	server[4], server[8], server[5+4+2+32+1+2+1+1] = byte(len(server)-5), byte(len(server)-9), byte(len(server)-5-4-2-32-1-2-1-2)
	return append(op(opFeed, Client, client), op(opFeed, Server, server)...)
}

// bench runs operations on a reader.
type bench struct {
	t    *testing.T
	h    *heard
	keys *KeyLog
	log  []byte
	at   [2]uint64
	seq  [2][inApplication + 1]uint64
	step int // octets of a Feed; 0: all at once
	gaps bool
}

func (b *bench) run(ops []byte) {
	for len(ops) >= 3 {
		n := min(int(binary.BigEndian.Uint16(ops[1:])), len(ops)-3)
		from, kind, data := Side(ops[0]>>7), int(ops[0]&0x7F)%operations, ops[3:][:n]
		ops = ops[3+n:]
		b.operate(kind, from, data)
		b.bounds()
	}
}

func (b *bench) operate(kind int, from Side, data []byte) {
	switch kind {
	case opFeed:
		b.feed(from, data)
	case opGap:
		b.h.reader.Gap(from, b.at[from], uint64(len(data)))
		b.at[from] += uint64(len(data))
		b.gaps = b.gaps || len(data) > 0
	case opClose:
		b.h.reader.Close(from)
	case opAdd:
		b.keys.Add(b.log)
		b.keys.Add(sealLog())
	case opSeal:
		if len(data) >= 2 {
			b.feed(from, b.seal(from, phase(data[0]%4), data[1], data[2:]))
		}
	}
}

func (b *bench) feed(from Side, data []byte) {
	for len(data) > 0 {
		n := len(data)
		if b.step > 0 {
			n = min(n, b.step)
		}
		b.h.reader.Feed(from, b.at[from], data[:n])
		b.at[from] += uint64(n)
		data = data[n:]
	}
}

func (b *bench) seal(from Side, p phase, kind byte, content []byte) []byte {
	s, _ := suiteOf(0x1301)
	inner := append(bytes.Clone(content), kind)
	inner = inner[:min(len(inner), 1<<14+1)]
	out := []byte{typeApplicationData, 3, 3, 0, 0}
	binary.BigEndian.PutUint16(out[3:], uint16(len(inner)+tagLength))
	key := newTLS13(s, sealSecret(from, p))
	nonce := key.number(b.seq[from][p])
	b.seq[from][p]++
	return key.cipher.Seal(out, nonce, inner, out)
}

// bounds checks what the reader holds.
func (b *bench) bounds() {
	d, held := b.h.reader.dec, 0
	for i := range d.queue {
		held += d.queue[i].cost()
	}
	if cap(d.plain) > maxRecord || held > 2*maxHeld {
		b.t.Fatalf("%d octets in clear, %d held", cap(d.plain), held)
	}
	for i := range d.sides {
		s := &d.sides[i]
		if cap(s.buf) > maxRecord || len(s.msg) > maxHandshake+messageHeader || s.held > maxHeld {
			b.t.Fatalf("side %d: record of %d, message of %d, %d held", i, cap(s.buf), len(s.msg), s.held)
		}
	}
	if len(b.h.facts.Alerts) > MaxAlerts {
		b.t.Fatalf("%d alerts", len(b.h.facts.Alerts))
	}
}

func newBench(t *testing.T, log []byte, wait bool, step int) *bench {
	b := &bench{t: t, keys: NewKeyLog(), log: log, step: step}
	b.h = listener(b.keys, wait)
	if !wait {
		b.operate(opAdd, Client, nil)
	}
	return b
}

func (b *bench) finish() {
	b.h.close()
	b.bounds()
	d := b.h.reader.dec
	if d.queue != nil || d.plain != nil || d.sides[Client].buf != nil || d.sides[Server].buf != nil {
		b.t.Fatal("held after the end")
	}
	var last [2]uint64
	for _, s := range b.h.said {
		if s.Offset < last[s.From] {
			b.t.Fatalf("record at %d after that at %d", s.Offset, last[s.From])
		}
		last[s.From] = s.Offset + 1
	}
}

func FuzzDecrypt(f *testing.F) {
	for _, s := range fuzzSessions(f) {
		f.Add(s.log, s.operations(), false)
	}
	s := rfc8448()
	f.Add(s.log, s.operations(), true)
	f.Add([]byte(nil), sealedOperations(), false)
	f.Fuzz(func(t *testing.T, log, ops []byte, wait bool) {
		b := newBench(t, log, wait, 0)
		b.run(ops)
		b.finish()
		if b.gaps || len(ops) > 1<<12 {
			return // after a gap a record is recognised at the start of a piece only
		}
		single := newBench(t, log, wait, 1)
		single.run(ops)
		single.finish()
		if d := cmp.Diff(b.h.said, single.h.said); d != "" || b.h.state != single.h.state || b.h.why != single.h.why {
			t.Errorf("octet by octet: %d %s; %d %s: %s", b.h.state, b.h.why, single.h.state, single.h.why, d)
		}
		if d := cmp.Diff(b.h.facts, single.h.facts); d != "" {
			t.Error(d)
		}
	})
}

// operations feeds a session, after its log has come.
func (s *session) operations() (out []byte) {
	out = op(opAdd, Client, nil)
	for i, p := range s.pieces {
		if i == len(s.pieces)*3/4 {
			out = append(out, op(opGap, p.from, p.data)...)
			continue
		}
		out = append(out, op(opFeed, p.from, p.data)...)
	}
	return append(out, op(opClose, Client, nil)...)
}

func fuzzSessions(f *testing.F) (out []*session) {
	files, err := filepath.Glob("testdata/sessions/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("no sessions: ", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, parseSession(text))
	}
	return out
}

// sealed is an operation that protects content.
func sealed(from Side, p phase, kind byte, content string) []byte {
	return op(opSeal, from, append([]byte{byte(p), kind}, content...))
}

// sealedOperations are a session with early data, a KeyUpdate and alerts.
func sealedOperations() []byte {
	return bytes.Join([][]byte{
		sealHellos(),
		sealed(Client, inEarly, typeApplicationData, "early"),
		sealed(Server, inHandshake, typeHandshake, "\x08\x00\x00\x0f\x00\x0d\x00\x2a\x00\x00\x00\x10\x00\x05\x00\x03\x02h2"),
		sealed(Server, inHandshake, typeHandshake, "\x0b\x00\x00\x0c\x00\x00\x00\x08\x00\x00\x03abc\x00\x00"),
		sealed(Server, inHandshake, typeHandshake, "\x0d\x00\x00\x03\x00\x00\x00\x14\x00\x00\x04fini"),
		sealed(Client, inEarly, typeHandshake, "\x05\x00\x00\x00"),
		sealed(Client, inHandshake, typeHandshake, "\x0b\x00\x00\x04\x00\x00\x00\x00\x14\x00\x00\x01f"),
		sealed(Server, inApplication, typeHandshake, "\x04\x00\x00\x02ab"),
		sealed(Client, inApplication, typeApplicationData, "request\x17\x00\x00\x00"),
		sealed(Server, inApplication, typeApplicationData, strings.Repeat("answer", 500)),
		sealed(Server, inApplication, typeAlert, "\x01\x00"),
		sealed(Client, inApplication, typeHandshake, "\x18\x00\x00\x01\x00"),
	}, nil)
}

// TestSealed checks that the seed of the fuzz target does what it is for.
func TestSealed(t *testing.T) {
	b := newBench(t, nil, false, 0)
	b.run(sealedOperations())
	b.finish()
	h := b.h
	if h.text(Client) != "earlyrequest\x17\x00\x00\x00" || len(h.text(Server)) != 3000 || h.facts.ALPN() != "h2" || !h.facts.CertificateRequested || h.facts.Certificate == nil ||
		!h.facts.ClientCertificate.Empty || len(h.facts.Alerts) != 1 || h.state != Decrypting || h.why != "" {
		t.Errorf("got %+v", h)
	}
}
