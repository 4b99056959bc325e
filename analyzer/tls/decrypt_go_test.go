package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// converse records a connection of crypto/tls: the server sends back each of the
// words that the client sends, each in its own record.
func converse(t *testing.T, client, server *stdtls.Config, words ...string) *session {
	t.Helper()
	var (
		mu    sync.Mutex
		taken []piece
		log   bytes.Buffer
		done  = make(chan struct{})
	)
	a, b := connect(t)
	deadline := time.Now().Add(20 * time.Second)
	_, _ = a.SetDeadline(deadline), b.SetDeadline(deadline)
	server.Certificates = []stdtls.Certificate{testCertificate(t)}
	client.InsecureSkipVerify, client.KeyLogWriter = true, &log
	go func() {
		defer close(done)
		s := stdtls.Server(tap{b, Server, &mu, &taken}, server)
		_, _ = io.Copy(s, s)
		_ = s.Close()
	}()
	c := stdtls.Client(tap{a, Client, &mu, &taken}, client)
	for _, word := range words {
		say(t, c, word)
	}
	_ = c.CloseWrite()
	_, _ = io.Copy(io.Discard, c)
	<-done
	_ = a.Close()
	s := &session{log: log.Bytes()}
	for _, p := range taken {
		s.pieces = append(s.pieces, part{from: p.from, data: p.data})
	}
	return s
}

func say(t *testing.T, c net.Conn, word string) {
	t.Helper()
	if _, err := io.WriteString(c, word); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, len(word))); err != nil {
		t.Fatal(err)
	}
}

// goSuites are those of TLS 1.2 that crypto/tls has.
var goSuites = []uint16{
	stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, stdtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	stdtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, stdtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
}

func TestDecryptGo(t *testing.T) {
	for _, suite := range goSuites {
		t.Run(CipherSuite(suite).String(), func(t *testing.T) {
			s := converse(t, &stdtls.Config{MaxVersion: stdtls.VersionTLS12, CipherSuites: []uint16{suite}, NextProtos: []string{"http/1.1"}},
				&stdtls.Config{CipherSuites: []uint16{suite}, NextProtos: []string{"http/1.1"}}, "one", "two", strings.Repeat("three", 5000))
			s.echoes(t, "onetwo"+strings.Repeat("three", 5000), negotiated)
		})
	}
	t.Run("TLS 1.3", func(t *testing.T) {
		s := converse(t, &stdtls.Config{NextProtos: []string{"http/1.1"}}, &stdtls.Config{NextProtos: []string{"http/1.1"}}, "one", strings.Repeat("three", 9000))
		s.echoes(t, "one"+strings.Repeat("three", 9000), negotiated)
	})
	t.Run("client certificate", func(t *testing.T) {
		s := converse(t, &stdtls.Config{Certificates: []stdtls.Certificate{testCertificate(t)}}, &stdtls.Config{ClientAuth: stdtls.RequireAnyClientCert}, "one")
		s.echoes(t, "one", clientCertified)
	})
	t.Run("retry", func(t *testing.T) {
		s := converse(t, &stdtls.Config{CurvePreferences: []stdtls.CurveID{stdtls.X25519, stdtls.CurveP384}},
			&stdtls.Config{CurvePreferences: []stdtls.CurveID{stdtls.CurveP384}}, "one")
		s.echoes(t, "one", func(f *Facts) string {
			if !f.HelloRetryRequest || f.Certificate == nil || f.Certificate.ChainLength != 2 || !f.Certificate.Readable {
				return fmt.Sprintf("%+v", f.Certificate)
			}
			return ""
		})
	})
}

// TestDecryptGoResumed resumes in TLS 1.3. Of a session that is resumed in TLS 1.2
// crypto/tls logs nothing: that is read from a recording of openssl.
func TestDecryptGoResumed(t *testing.T) {
	client := &stdtls.Config{Time: inValidity, ServerName: "x.test", ClientSessionCache: stdtls.NewLRUClientSessionCache(1)}
	server := &stdtls.Config{Time: inValidity}
	converse(t, client, server, "one").echoes(t, "one", func(*Facts) string { return "" })
	converse(t, client, server, "two").echoes(t, "two", resumed)
}

func (s *session) echoes(t *testing.T, text string, check func(*Facts) string) {
	t.Helper()
	want := outcome{client: text, server: text, state: Decrypting, check: check}
	keys := s.keys(t)
	for how, pieces := range map[string][]part{
		"whole": s.pieces, "octets": cut(s.pieces, 1), "odd": cut(s.pieces, 1460, 3, 5),
		"client first": bySide(s.pieces, Client),
	} {
		want.judge(t, how, hear(pieces, keys))
	}
}

// long gives a session with n records each way after the handshake, one in each piece.
func long(t *testing.T, version uint16, n int) *session {
	var words []string
	for i := range n {
		words = append(words, fmt.Sprintf("%4d,", i))
	}
	return converse(t, &stdtls.Config{MaxVersion: version}, &stdtls.Config{}, words...)
}

// TestDecryptBridge loses records in the middle: up to 64 are bridged, more are not.
func TestDecryptBridge(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		s := long(t, version, 100)
		keys := s.keys(t)
		for _, missing := range []int{1, 2, 62, 63, 64, 80} {
			h := listener(keys, false)
			pieces, seen := []part{}, 0
			for _, p := range s.pieces {
				if p.from == Server && p.data[0] == typeApplicationData && len(p.data) < 40 && !p.clear() {
					seen++
					p.gap = seen > 5 && seen <= 5+missing
				}
				pieces = append(pieces, p)
			}
			h.feed(pieces)
			h.close()
			got, whole := strings.Count(h.text(Server), ","), strings.Count(h.text(Client), ",")
			bridged := got == 100-missing && h.state == Decrypting && h.why == ""
			given := got < 6 && h.state == Undecryptable && strings.HasPrefix(h.why, "server: ")
			if whole != 100 || len(h.lost[Server]) == 0 || missing < searchRecords && !bridged || missing >= searchRecords && !given {
				t.Errorf("%s, %d missing: %d and %d read, lost %v, %d %s", Version(version), missing, whole, got, h.lost, h.state, h.why)
			}
		}
	}
}

// TestDecryptDamage changes an octet of a record: it is lost, and that side with it; the
// other is read on.
func TestDecryptDamage(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		s := long(t, version, 10)
		i := len(s.pieces) / 2
		for s.pieces[i].from == Server {
			i++
		}
		bad := bytes.Clone(s.pieces[i].data)
		bad[len(bad)-1] ^= 1
		s.pieces[i].data = bad
		h := hear(s.pieces, s.keys(t))
		if n := strings.Count(h.text(Client), ","); n == 0 || n >= 9 || len(h.lost[Client]) != 1 || h.state != Undecryptable || h.why != "client: "+noAuth {
			t.Errorf("%s: %q, lost %v, %d %s", Version(version), h.text(Client), h.lost, h.state, h.why)
		}
		if n := strings.Count(h.text(Server), ","); n != 10 || h.lost[Server] != nil {
			t.Errorf("%s: server %q, lost %v", Version(version), h.text(Server), h.lost)
		}
	}
}

// TestDecryptMidSession begins after the hellos.
func TestDecryptMidSession(t *testing.T) {
	s := long(t, stdtls.VersionTLS13, 5)
	h := hear(s.pieces[2:], s.keys(t))
	if h.state != NoKeys || h.why == "" || h.said != nil || h.lost[0] != nil || h.lost[1] != nil {
		t.Errorf("got %+v", h)
	}
}

// TestDecryptWithoutHandshakeSecrets reads the application's records with its secrets
// alone.
func TestDecryptWithoutHandshakeSecrets(t *testing.T) {
	for _, name := range []string{"tls13-aes128", "tls13-client-certificate", "tls13-early-refused", "tls13-early-retry", "tls13-retry"} {
		s, want := recorded(t, name), outcomes()[name]
		var kept []byte
		for line := range bytes.Lines(s.log) {
			if bytes.Contains(line, []byte("_TRAFFIC_SECRET_0")) {
				kept = append(kept, line...)
			}
		}
		s.log = kept
		want.check = nil
		want.judge(t, name, hear(s.pieces, s.keys(t)))
	}
}

// TestDecryptHeld fills what is held: the oldest are read when the secrets come, and
// what follows the hole too.
func TestDecryptHeld(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		s := long(t, version, 1200)
		keys := NewKeyLog()
		h := listener(keys, true)
		n := len(s.pieces) - 20
		h.feed(s.pieces[:n])
		for side, d := range h.reader.dec.sides {
			if d.held > maxHeld || !d.full || d.dropped == 0 {
				t.Fatalf("%s: side %d holds %d", Version(version), side, d.held)
			}
		}
		keys.Add(s.log)
		at := [2]uint64{}
		for i, p := range s.pieces {
			if i >= n {
				h.reader.Feed(p.from, at[p.from], p.data)
			}
			at[p.from] += uint64(len(p.data))
		}
		h.close()
		got := h.text(Server)
		if !strings.HasPrefix(got, "   0,   1,") || !strings.HasSuffix(got, "1198,1199,") || len(h.lost[Server]) != 1 || h.state != Decrypting || h.why != "" {
			t.Errorf("%s: %d octets, lost %v, %d %s", Version(version), len(got), h.lost, h.state, h.why)
		}
		if h.reader.dec.queue != nil {
			t.Error("still held")
		}
	}
}

// TestDecryptAllocations reads on without allocating, except for what CBC needs.
func TestDecryptAllocations(t *testing.T) {
	s := long(t, stdtls.VersionTLS13, 200)
	r := NewReader(&Facts{})
	read := 0
	r.Decrypt(s.keys(t), false, func(_ Side, _ uint64, b []byte) { read += len(b) }, nil)
	at, i := [2]uint64{}, 0
	step := func() {
		p := s.pieces[i]
		r.Feed(p.from, at[p.from], p.data[:3])
		r.Feed(p.from, at[p.from]+3, p.data[3:])
		at[p.from] += uint64(len(p.data))
		i++
	}
	for i < 50 {
		step()
	}
	if n := testing.AllocsPerRun(200, step); n > 0 {
		t.Errorf("%v allocations a record", n)
	}
	if read < 1000 {
		t.Errorf("%d octets read", read)
	}
}
