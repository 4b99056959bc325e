package tls

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

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
