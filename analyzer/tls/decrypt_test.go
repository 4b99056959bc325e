package tls

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// part is a piece, or one that was not captured.
type part struct {
	from Side
	data []byte
	gap  bool
}

// said is a record of the application.
type said struct {
	From   Side
	Offset uint64
	Text   string
}

// heard is what came out of a connection.
type heard struct {
	facts  Facts
	said   []said
	lost   [2][]uint64
	state  Decryption
	why    string
	reader *Reader
}

func (h *heard) text(from Side) string {
	var b strings.Builder
	for _, s := range h.said {
		if s.From == from {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// listener gives a reader that decrypts into h.
func listener(keys *KeyLog, wait bool) *heard {
	h := &heard{}
	h.reader = NewReader(&h.facts)
	h.reader.Decrypt(keys, wait,
		func(from Side, offset uint64, text []byte) { h.said = append(h.said, said{from, offset, string(text)}) },
		func(from Side, offset uint64) { h.lost[from] = append(h.lost[from], offset) })
	return h
}

// hear reads pieces to their end. A piece without data but with missing octets is a gap.
func hear(pieces []part, keys *KeyLog) *heard {
	h := listener(keys, false)
	h.feed(pieces)
	h.close()
	return h
}

func (h *heard) feed(pieces []part) {
	var at [2]uint64
	for _, p := range pieces {
		if p.gap {
			h.reader.Gap(p.from, at[p.from], uint64(len(p.data)))
		} else {
			h.reader.Feed(p.from, at[p.from], p.data)
		}
		at[p.from] += uint64(len(p.data))
	}
}

func (h *heard) close() {
	h.reader.Close(Client)
	h.reader.Close(Server)
	h.state, h.why = h.reader.Decryption()
}

// cut gives pieces in parts of the sizes given, over and over.
func cut(pieces []part, sizes ...int) (out []part) {
	i := 0
	for _, p := range pieces {
		for b := p.data; len(b) > 0; i++ {
			n := min(sizes[i%len(sizes)], len(b))
			out = append(out, part{p.from, b[:n], p.gap})
			b = b[n:]
		}
	}
	return out
}

// bySide gives all pieces of one side, then all of the other.
func bySide(pieces []part, first Side) (out []part) {
	for _, side := range []Side{first, 1 - first} {
		for _, p := range pieces {
			if p.from == side {
				out = append(out, p)
			}
		}
	}
	return out
}

// session is a recorded connection with its key log.
type session struct {
	pieces []part
	log    []byte
}

func (s *session) plain() (out []piece) {
	for _, p := range s.pieces {
		out = append(out, piece{p.from, p.data})
	}
	return out
}

func (s *session) keys(t *testing.T) *KeyLog {
	t.Helper()
	k := NewKeyLog()
	if taken, odd := k.Add(s.log); taken == 0 || odd != 0 {
		t.Fatalf("key log: %d taken, %d odd", taken, odd)
	}
	return k
}

// recorded reads a file of testdata/sessions: lines of a key log, and what was written,
// in hexadecimal digits, after > by the client and after < by the server.
func recorded(t *testing.T, name string) *session {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "sessions", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return parseSession(text)
}

func parseSession(text []byte) *session {
	s := &session{}
	for line := range bytes.Lines(text) {
		digits, found := bytes.CutPrefix(line, []byte("> "))
		from := Client
		if !found {
			digits, found = bytes.CutPrefix(line, []byte("< "))
			from = Server
		}
		if !found {
			s.log = append(s.log, line...)
			continue
		}
		s.pieces = append(s.pieces, part{from: from, data: octets(string(digits))})
	}
	return s
}

// outcome is what is expected of a recorded session.
type outcome struct {
	client, server string
	state          Decryption
	why            string
	fragile        bool // what is lost of it cannot be bridged in every place
	check          func(f *Facts) string
}

func certified(f *Facts) string {
	switch c := f.Certificate; {
	case c == nil || !c.Readable || c.SubjectCommonName == "":
		return "no server certificate"
	case f.Version() == TLS13 && (c.ChainLength != 1 || c.Offset <= f.Sides[Server].FirstApplication):
		return fmt.Sprintf("certificate of %d at %d", c.ChainLength, c.Offset)
	}
	return ""
}

func negotiated(f *Facts) string {
	if f.ALPN() != "http/1.1" {
		return fmt.Sprintf("ALPN %q", f.ALPN())
	}
	return ""
}

func clientCertified(f *Facts) string {
	if c := f.ClientCertificate; !f.CertificateRequested || !c.Seen || c.Empty {
		return fmt.Sprintf("requested %v, client certificate %+v", f.CertificateRequested, c)
	}
	return ""
}

func refused(f *Facts) string {
	i := slices.IndexFunc(f.Alerts, func(a Alert) bool { return a.Level == Fatal })
	if c := f.ClientCertificate; !f.CertificateRequested || !c.Seen || !c.Empty || i < 0 {
		return fmt.Sprintf("requested %v, client certificate %+v, alerts %+v", f.CertificateRequested, c, f.Alerts)
	}
	if a := f.Alerts[i]; a.From != Server || a.Code != CertificateRequired || !a.Protected || a.Offset == 0 {
		return fmt.Sprintf("alert %+v", a)
	}
	return ""
}

func resumed(f *Facts) string {
	if !f.Resumed || f.Certificate != nil {
		return fmt.Sprintf("resumed %v, certificate %+v", f.Resumed, f.Certificate)
	}
	return ""
}

func retried(f *Facts) string {
	if !f.HelloRetryRequest {
		return "no HelloRetryRequest"
	}
	return certified(f)
}

const (
	words   = "hello\nworld\n"
	reverse = "olleh\ndlrow\n"
	early   = "GET /early HTTP/1.1\r\n\r\n"
)

// outcomes were written from what was typed into openssl.
func outcomes() map[string]outcome {
	return map[string]outcome{
		"tls13-aes128":             {client: words, server: reverse, state: Decrypting, check: negotiated},
		"tls13-aes256":             {client: words, server: reverse, state: Decrypting, check: negotiated},
		"tls13-chacha":             {client: words, server: reverse, state: Decrypting, check: certified},
		"tls13-padded":             {client: words, server: reverse, state: Decrypting, check: certified},
		"tls13-client-certificate": {client: words, server: reverse, state: Decrypting, check: clientCertified},
		"tls13-no-certificate":     {state: Decrypting, check: refused, client: ""},
		"tls13-retry":              {client: words, server: reverse, state: Decrypting, check: retried},
		"tls13-key-update":         {client: "one\ntwo\nthree\n", server: "four\nfive\nsix\n", state: Decrypting},
		"tls13-resumed":            {client: "hello\nagain\n", server: "olleh\nniaga\n", state: Decrypting, check: resumed},
		"tls13-early":              {client: early + "later\n", server: "answer\n", state: Decrypting, check: resumed},
		"tls13-early-refused":      {client: "later\n", server: "answer\n", state: Decrypting, check: certified},
		"tls13-early-retry":        {client: "later\n", server: "answer\n", state: Decrypting, check: retried},
		"tls13-ccm":                {state: Undecryptable, why: "TLS_AES_128_CCM_SHA256|0x1304"},
		"tls12-etm-sha1":           {client: words, server: reverse, state: Decrypting, check: certified},
		"tls12-etm-sha256":         {client: words, server: reverse, state: Decrypting},
		"tls12-etm-sha384":         {client: words, server: reverse, state: Decrypting},
		"tls12-mte-sha384":         {client: words, server: reverse, state: Decrypting},
		"tls12-mte-rsa-sha256":     {client: words, server: reverse, state: Decrypting},
		"tls12-rsa-aes256-gcm":     {client: words, server: reverse, state: Decrypting},
		"tls12-dhe-aes128-gcm":     {client: words, server: reverse, state: Decrypting},
		"tls12-dhe-chacha":         {client: words, server: reverse, state: Decrypting},
		"tls12-chacha":             {client: words, server: reverse, state: Decrypting},
		"tls12-client-certificate": {client: words, server: reverse, state: Decrypting, check: clientCertified},
		"tls12-resumed":            {client: "hello\nagain\n", server: "olleh\nniaga\n", state: Decrypting, check: resumed},
		"tls12-renegotiated":       {client: "before\nafter\nmore\n", server: "erofeb\nretfa\nerom\n", state: Decrypting, fragile: true},
		"tls12-ccm":                {state: Undecryptable, why: "0xC0AC"},
		"tls11-sha1":               {client: words, server: reverse, state: Decrypting},
		"tls11-mte":                {client: words, server: reverse, state: Decrypting},
		"tls10-sha1":               {client: words, server: reverse, state: Decrypting, fragile: true},
		"tls10-mte":                {client: words, server: reverse, state: Decrypting, fragile: true},
	}
}

// judge compares what came out with what was said.
func (want *outcome) judge(t *testing.T, how string, h *heard) {
	t.Helper()
	if h.text(Client) != want.client || h.text(Server) != want.server {
		t.Errorf("%s: got %q and %q; want %q and %q", how, h.text(Client), h.text(Server), want.client, want.server)
	}
	if h.state != want.state || (want.why == "") != (h.why == "") {
		t.Errorf("%s: %d %q; want %d %q", how, h.state, h.why, want.state, want.why)
	}
	if want.state == Decrypting && (!h.facts.Decrypted || h.lost[0] != nil || h.lost[1] != nil) {
		t.Errorf("%s: decrypted %v, lost %v", how, h.facts.Decrypted, h.lost)
	}
	if want.check != nil {
		if fault := want.check(&h.facts); fault != "" {
			t.Errorf("%s: %s", how, fault)
		}
	}
}

func eachSession(t *testing.T, check func(t *testing.T, s *session, want *outcome)) {
	for name, want := range outcomes() {
		t.Run(name, func(t *testing.T) { check(t, recorded(t, name), &want) })
	}
}

func TestDecryptRecorded(t *testing.T) {
	eachSession(t, func(t *testing.T, s *session, want *outcome) {
		keys := s.keys(t)
		whole := hear(s.pieces, keys)
		want.judge(t, "whole", whole)
		for how, pieces := range map[string][]part{
			"octets": cut(s.pieces, 1), "odd": cut(s.pieces, 3, 1, 17, 5, 128, 2), "headers": cut(s.pieces, 5, 1<<14),
			"client first": bySide(s.pieces, Client), "server first": bySide(s.pieces, Server),
			"server first, cut": cut(bySide(s.pieces, Server), 7, 2),
		} {
			h := hear(pieces, keys)
			want.judge(t, how, h)
			if d := cmp.Diff(whole.facts, h.facts, cmpopts.IgnoreFields(Facts{}, "Alerts"), cmpopts.IgnoreFields(Records{}, "Encrypted")); d != "" {
				t.Errorf("%s: %s", how, d)
			}
		}
	})
}

// TestWithoutKeys checks that nothing is different that was there before, and that
// nothing comes of a log without the session or with other secrets for it.
func TestWithoutKeys(t *testing.T) {
	eachSession(t, func(t *testing.T, s *session, want *outcome) {
		plain := facts(s.plain())
		h := hear(s.pieces, NewKeyLog())
		if d := cmp.Diff(*plain, h.facts); d != "" || h.said != nil || h.lost[0] != nil || h.lost[1] != nil || h.state != NoKeys || h.why == "" {
			t.Errorf("empty log: %+v %s", h, d)
		}
		h = hear(s.pieces, s.wrongKeys(t))
		if d := cmp.Diff(*plain, h.facts); d != "" || h.said != nil || h.state != Undecryptable || h.why == "" || h.lost[Server] == nil {
			t.Errorf("wrong secrets: %+v %s", h, d)
		}
		h = hear(s.pieces, s.keys(t))
		if d := cmp.Diff(plain.Sides, h.facts.Sides); d != "" {
			t.Errorf("counters: %s", d)
		}
		if d := cmp.Diff(plain.ClientHello, h.facts.ClientHello); d != "" {
			t.Errorf("hello: %s", d)
		}
	})
}

// wrongKeys gives a log with another secret for each of the session's.
func (s *session) wrongKeys(t *testing.T) *KeyLog {
	var b strings.Builder
	for line := range bytes.Lines(s.log) {
		if f := strings.Fields(string(line)); len(f) == 3 && f[0][0] != '#' {
			secret, _ := hex.DecodeString(f[2])
			secret[7] ^= 1
			fmt.Fprintf(&b, "%s %s %x\n", f[0], f[1], secret)
		}
	}
	return (&session{log: []byte(b.String())}).keys(t)
}

// TestKeysComeLate checks that with wait everything is read though the log comes after
// all, or line by line; and nothing without it.
func TestKeysComeLate(t *testing.T) {
	eachSession(t, func(t *testing.T, s *session, want *outcome) {
		keys := NewKeyLog()
		h := listener(keys, true)
		h.feed(s.pieces)
		if h.said != nil || h.facts.Decrypted {
			t.Fatalf("without secrets: %+v", h)
		}
		keys.Add(s.log)
		h.close()
		want.judge(t, "at the end", h)

		keys = NewKeyLog()
		h = listener(keys, true)
		h.feed(s.pieces)
		for line := range bytes.Lines(s.log) {
			keys.Add(line)
			h.reader.Feed(Client, 1<<20, nil)
		}
		h.close()
		want.judge(t, "line by line", h)

		keys = NewKeyLog()
		h = listener(keys, false)
		h.feed(s.pieces)
		keys.Add(s.log)
		h.close()
		if h.said != nil || h.state != NoKeys {
			t.Errorf("without wait: %+v", h)
		}
	})
}

// clear reports whether a piece has a hello in it: without both nothing is read.
func (p *part) clear() bool {
	return p.data[0] == typeHandshake && (p.data[5] == msgClientHello || p.data[5] == msgServerHello)
}

// TestDecryptGap loses each piece in turn, and the end of each: what came before and
// after is read, and the loss is told.
func TestDecryptGap(t *testing.T) {
	eachSession(t, func(t *testing.T, s *session, want *outcome) {
		keys := s.keys(t)
		whole := hear(s.pieces, keys)
		if want.state != Decrypting {
			return
		}
		var at [2]uint64
		for i, p := range s.pieces {
			start := at[p.from]
			at[p.from] += uint64(len(p.data))
			if p.clear() {
				continue
			}
			for _, keep := range []int{0, 1, 7, len(p.data) / 2, len(p.data) - 1} {
				pieces := slices.Concat(s.pieces[:i], []part{{p.from, p.data[:keep], false}, {p.from, p.data[keep:], true}}, s.pieces[i+1:])
				h := hear(pieces, keys)
				h.bridged(t, fmt.Sprintf("piece %d from %d on", i, keep), want, whole, p.from, start, start+uint64(keep), start+uint64(len(p.data)))
			}
		}
	})
}

// bridged compares what was read around a gap within the piece that begins at start.
func (h *heard) bridged(t *testing.T, how string, want *outcome, whole *heard, side Side, start, from, to uint64) {
	t.Helper()
	touched := false
	for _, r := range whole.said {
		if r.From == side && r.Offset >= start && r.Offset < to {
			touched = touched || r.Offset >= from || from > start
			continue
		}
		if !slices.Contains(h.said, r) && (!want.fragile || r.From == side && r.Offset < start) {
			t.Errorf("%s: %+v is missing: %d %s", how, r, h.state, h.why)
		}
	}
	for _, r := range h.said {
		if !slices.Contains(whole.said, r) {
			t.Errorf("%s: %+v is too much", how, r)
		}
	}
	if touched && len(h.said) < len(whole.said) && h.lost[side] == nil {
		t.Errorf("%s: the loss is not told", how)
	}
}
