package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// piece is what one side wrote at once.
type piece struct {
	from Side
	data []byte
}

// tap writes down what goes over a connection.
type tap struct {
	net.Conn
	from  Side
	mu    *sync.Mutex
	taken *[]piece
}

func (c tap) Write(b []byte) (int, error) {
	c.mu.Lock()
	*c.taken = append(*c.taken, piece{c.from, append([]byte(nil), b...)})
	c.mu.Unlock()
	return c.Conn.Write(b)
}

func testCertificate(t *testing.T) stdtls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "leaf", Organization: []string{"Org"}},
		NotBefore:    time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC),
		NotAfter:     time.Date(2021, 1, 2, 3, 4, 5, 0, time.UTC),
		DNSNames:     []string{"ws.example.test"},
		IPAddresses:  []net.IP{net.IPv4(192, 0, 2, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return stdtls.Certificate{Certificate: [][]byte{der, der}, PrivateKey: key}
}

// talk records a connection: the handshake, "ping" from the client, and the close.
func talk(t *testing.T, client, server *stdtls.Config) []piece {
	t.Helper()
	var (
		mu    sync.Mutex
		taken []piece
		done  = make(chan struct{})
	)
	a, b := connect(t)
	server.Certificates = []stdtls.Certificate{testCertificate(t)}
	deadline := time.Now().Add(20 * time.Second) // a hang must not last
	_, _ = a.SetDeadline(deadline), b.SetDeadline(deadline)
	go func() {
		defer close(done)
		s := stdtls.Server(tap{b, Server, &mu, &taken}, server)
		_, _ = io.Copy(io.Discard, s)
		_ = b.Close()
	}()
	c := stdtls.Client(tap{a, Client, &mu, &taken}, client)
	_, _ = io.WriteString(c, "ping")
	_ = a.(*net.TCPConn).CloseWrite()
	<-done
	_ = a.Close()
	return taken
}

// connect gives both ends of a connection; a pipe would block writers.
func connect(t *testing.T) (client, server net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no loopback: ", err)
	}
	defer func() { _ = l.Close() }()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

func facts(pieces []piece) *Facts {
	var (
		f  = &Facts{}
		r  = NewReader(f)
		at [2]uint64
	)
	for _, p := range pieces {
		r.Feed(p.from, at[p.from], p.data)
		at[p.from] += uint64(len(p.data))
	}
	r.Close(Client)
	r.Close(Server)
	return f
}

// splitEverywhere checks that cutting any one piece in two changes nothing.
func splitEverywhere(t *testing.T, pieces []piece) {
	t.Helper()
	want := facts(pieces)
	var single []piece
	for i, p := range pieces {
		for at := range p.data {
			single = append(single, piece{p.from, p.data[at : at+1]})
			cut := append(append([]piece(nil), pieces[:i]...), piece{p.from, p.data[:at]}, piece{p.from, p.data[at:]})
			if d := cmp.Diff(want, facts(append(cut, pieces[i+1:]...))); d != "" {
				t.Fatalf("piece %d split at %d: %s", i, at, d)
			}
			facts(append(append([]piece(nil), pieces[:i]...), piece{p.from, p.data[:at]})) // cut short: no panic
		}
	}
	if d := cmp.Diff(want, facts(single)); d != "" {
		t.Fatalf("byte by byte: %s", d)
	}
}

func TestTLS12(t *testing.T) {
	pieces := talk(t,
		&stdtls.Config{ServerName: "ws.example.test", NextProtos: []string{"h2", "http/1.1"}, MaxVersion: stdtls.VersionTLS12, InsecureSkipVerify: true},
		&stdtls.Config{NextProtos: []string{"http/1.1"}, ClientAuth: stdtls.RequestClientCert})
	f := facts(pieces)
	hello := f.ClientHello
	if !hello.Complete || hello.ServerName != "ws.example.test" || strings.Join(hello.ALPN, " ") != "h2 http/1.1" || hello.Highest() != TLS12 {
		t.Errorf("ClientHello %+v", hello)
	}
	if f.Version() != TLS12 || strings.Join(f.ServerHello.ALPN, " ") != "http/1.1" || f.Resumed || f.HelloRetryRequest {
		t.Errorf("ServerHello %+v", f.ServerHello)
	}
	want := &Certificate{
		Readable: true, DNSNames: []string{"ws.example.test"}, IPAddresses: []string{"192.0.2.1"},
		NotBefore: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: time.Date(2021, 1, 2, 3, 4, 5, 0, time.UTC),
		SubjectCommonName: "leaf", IssuerCommonName: "leaf", IssuerOrganization: "Org", SelfIssued: true,
		ChainLength: 2, Offset: f.Certificate.Offset,
	}
	if d := cmp.Diff(want, f.Certificate); d != "" {
		t.Error(d)
	}
	if !f.CertificateRequested || !f.ClientCertificate.Seen || !f.ClientCertificate.Empty {
		t.Errorf("client certificate %v %+v", f.CertificateRequested, f.ClientCertificate)
	}
	for side, s := range f.Sides {
		if !s.ChangeCipherSpec || !s.Encrypted || s.Lost || s.NotTLS {
			t.Errorf("side %d: %+v", side, s)
		}
	}
	if c := f.Sides[Client]; c.ApplicationData != 1 || c.ApplicationBytes == 0 || f.Sides[Server].ApplicationData != 0 {
		t.Errorf("application data %+v", f.Sides)
	}
	splitEverywhere(t, pieces)
}

func TestTLS13(t *testing.T) {
	client := &stdtls.Config{ServerName: "ws.example.test", InsecureSkipVerify: true, CurvePreferences: []stdtls.CurveID{stdtls.X25519, stdtls.CurveP256}}
	pieces := talk(t, client, &stdtls.Config{})
	f := facts(pieces)
	if f.Version() != TLS13 || f.ClientHello.Highest() != TLS13 || f.Certificate != nil || f.HelloRetryRequest || f.Resumed {
		t.Errorf("got %+v", f)
	}
	if f.Sides[Server].ApplicationData == 0 || len(f.Alerts) != 0 {
		t.Errorf("got %+v", f.Sides)
	}
	if n := f.Sides[Client].FirstLength; n != 4+32+17 && n != 4+48+17 { // Finished
		t.Errorf("the client's first protected record has %d octets", n)
	}
	splitEverywhere(t, pieces)
	retry := facts(talk(t, client, &stdtls.Config{CurvePreferences: []stdtls.CurveID{stdtls.CurveP256}}))
	if !retry.HelloRetryRequest || retry.Version() != TLS13 || retry.Sides[Client].NotTLS {
		t.Errorf("HelloRetryRequest: %+v", retry)
	}
}

func TestResumption(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		client := &stdtls.Config{ServerName: "x.test", InsecureSkipVerify: true, MaxVersion: version, Time: inValidity, ClientSessionCache: stdtls.NewLRUClientSessionCache(1)}
		server := &stdtls.Config{}
		if f := facts(talk(t, client, server)); f.Resumed {
			t.Errorf("%s: first connection is resumed", Version(version))
		}
		if version == stdtls.VersionTLS13 {
			continue // its ticket comes after the handshake, which talk does not wait for
		}
		if f := facts(talk(t, client, server)); !f.Resumed {
			t.Errorf("%s: second connection is not resumed: %+v", Version(version), f)
		}
	}
}

// inValidity is a time at which the test certificate is valid: a session of an
// expired one is not offered again.
func inValidity() time.Time { return time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC) }

func TestAlerts(t *testing.T) {
	pieces := talk(t,
		&stdtls.Config{ServerName: "x.test", MaxVersion: stdtls.VersionTLS12}, // the certificate is not trusted
		&stdtls.Config{})
	f := facts(pieces)
	want := []Alert{{From: Client, Level: Fatal, Code: BadCertificate}}
	if len(f.Alerts) == 1 {
		want[0].Offset = f.Alerts[0].Offset
	}
	if d := cmp.Diff(want, f.Alerts); d != "" {
		t.Error(d)
	}
	f = facts(talk(t, &stdtls.Config{InsecureSkipVerify: true, MaxVersion: stdtls.VersionTLS12}, &stdtls.Config{MinVersion: stdtls.VersionTLS13}))
	if len(f.Alerts) != 1 || f.Alerts[0].From != Server || f.Alerts[0].Code.String() != "protocol_version" {
		t.Errorf("got %+v", f.Alerts)
	}
	splitEverywhere(t, pieces)
}

func octets(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

// smallHello is a ClientHello in one record.
func smallHello() []byte {
	return octets(`
		16 0301 0048
		01 000044 0303
		0000000000000000000000000000000000000000000000000000000000000000
		00
		0004 1301 c02f
		01 00
		0017
		0000 0008 0006 00 0003 612e62
		002b 0007 06 0304 0303 0a0a`)
}

func TestSmallHello(t *testing.T) {
	b := smallHello()
	b[4] = byte(len(b) - 5)
	b[8] = byte(len(b) - 9)
	f := facts([]piece{{Client, b}})
	want := ClientHello{
		Seen: true, Complete: true, Length: len(b) - 5, RecordVersion: TLS10, Version: TLS12,
		SupportedVersions: []Version{TLS13, TLS12, 0x0A0A}, HasServerName: true, ServerName: "a.b",
		CipherSuites: []CipherSuite{0x1301, 0xC02F},
	}
	if d := cmp.Diff(want, f.ClientHello); d != "" {
		t.Fatal(d)
	}
	for i := range b {
		got := facts([]piece{{Client, b[:i]}}).ClientHello
		if got.Complete || got.Seen != (i > 5) {
			t.Errorf("cut at %d: %+v", i, got)
		}
		if i > 70 && got.ServerName != "a.b" {
			t.Errorf("cut at %d: server name %q", i, got.ServerName)
		}
	}
	// One octet of the message in each record.
	var many []byte
	for _, c := range b[5:] {
		many = append(many, 0x16, 3, 1, 0, 1, c)
	}
	if d := cmp.Diff(want, facts([]piece{{Client, many}}).ClientHello); d != "" {
		t.Error(d)
	}
}

func TestSSLv2Hello(t *testing.T) {
	b := octets("80 1c 01 0301 0003 0000 0010 00002f 00112233445566778899aabbccddeeff")
	b[1] = byte(len(b) - 2)
	b = append(b, octets("15 0301 0002 02 46")...)
	if !LooksLikeTLS(b) {
		t.Error("not recognised")
	}
	f := facts([]piece{{Client, b}})
	want := ClientHello{Seen: true, Complete: true, SSLv2: true, Length: len(b) - 9, RecordVersion: SSL20, Version: TLS10, CipherSuites: []CipherSuite{0x2F}}
	if d := cmp.Diff(want, f.ClientHello); d != "" {
		t.Error(d)
	}
	if len(f.Alerts) != 1 || f.Alerts[0].Code != ProtocolVersion {
		t.Errorf("alerts %+v", f.Alerts)
	}
	splitEverywhere(t, []piece{{Client, b}})
}

func TestLooksLikeTLS(t *testing.T) {
	for s, want := range map[string]bool{
		"": false, "1603": false, "160301": true, "16030100ff01": true, "16030100ff05": false, "1603010000": false,
		"1503010002 0228": true, "1503010040": false, "170303": false, "474554": false, "160501": false, "80 2e 01 0002": true, "818537fa21": false,
	} {
		if got := LooksLikeTLS(octets(s)); got != want {
			t.Errorf("%s: got %v; want %v", s, got, want)
		}
	}
}

func TestGap(t *testing.T) {
	hello := smallHello()
	hello[4], hello[8] = byte(len(hello)-5), byte(len(hello)-9)
	f := &Facts{}
	r := NewReader(f)
	r.Feed(Client, 0, hello[:75])
	r.Gap(Client, 75, uint64(len(hello)-75))
	r.Feed(Client, uint64(len(hello)), octets("15 0303 0002 02 30"))
	if !f.ClientHello.Seen || f.ClientHello.Complete || f.ClientHello.ServerName != "a.b" || !f.Sides[Client].Lost {
		t.Errorf("hello %+v", f.ClientHello)
	}
	if len(f.Alerts) != 1 || f.Alerts[0].Code != UnknownCA {
		t.Errorf("alerts %+v", f.Alerts)
	}
	r.Gap(Client, 0, 3)
	r.Feed(Client, 0, []byte("not a record"))
	r.Feed(Client, 0, octets("17 0303 0001 00"))
	if f.Sides[Client].ApplicationData != 1 || f.Sides[Client].NotTLS {
		t.Errorf("after the gap: %+v", f.Sides[Client])
	}
	r.Feed(Client, 9, []byte("HTTP/1.1"))
	if !f.Sides[Client].NotTLS || f.Sides[Client].NotTLSAt != 9 {
		t.Errorf("not TLS: %+v", f.Sides[Client])
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		AlertCode(48).String(): "unknown_ca", AlertCode(120).String(): "no_application_protocol", AlertCode(109).String(): "missing_extension",
		AlertCode(200).String(): "alert 200", AlertCode(0).String(): "close_notify", AlertCode(116).String(): "certificate_required",
		TLS13.String(): "TLS 1.3", SSL30.String(): "SSL 3.0", Version(0x7F1C).String(): "TLS 1.3 draft 28", Version(0x1A1A).String(): "GREASE",
		CipherSuite(0x1301).String(): "TLS_AES_128_GCM_SHA256", CipherSuite(0x0A0A).String(): "GREASE", Fatal.String(): "fatal",
	} {
		if got != want {
			t.Errorf("got %q; want %q", got, want)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(smallHello(), smallHello(), uint8(9))
	f.Add(octets("80 1c 01 0301 0003 0000 0010 00002f 0011"), octets("15 0301 0002 02 46"), uint8(2))
	f.Fuzz(func(t *testing.T, client, server []byte, cut uint8) {
		want := facts([]piece{{Client, client}, {Server, server}})
		at := min(int(cut), len(client))
		got := facts([]piece{{Client, client[:at]}, {Client, client[at:]}, {Server, server}})
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		r := NewReader(&Facts{})
		r.Feed(Server, 0, server)
		r.Gap(Server, 0, uint64(cut))
		r.Feed(Server, 0, client)
	})
}
