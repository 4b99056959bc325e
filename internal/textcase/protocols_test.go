package textcase

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

var errSeen = errors.New("seen")

// readHello lets crypto/tls read a ClientHello.
func readHello(t *testing.T, octets string) *tls.ClientHelloInfo {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		_, _ = io.WriteString(near, octets)
		_, _ = io.Copy(io.Discard, near)
	}()
	var seen *tls.ClientHelloInfo
	err := tls.Server(far, &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		seen = h
		return nil, errSeen
	}}).Handshake()
	if seen == nil {
		t.Fatalf("ClientHello was not read: %v", err)
	}
	return seen
}

func TestClientHello(t *testing.T) {
	h := readHello(t, play(t, ">tls hello sni=ws.example.test alpn=h2,http/1.1\n")[client])
	if h.ServerName != "ws.example.test" || !slices.Equal(h.SupportedProtos, []string{"h2", "http/1.1"}) || h.SupportedVersions[0] != tls.VersionTLS13 {
		t.Errorf("got %q, %q, %x; want the options, and TLS 1.3", h.ServerName, h.SupportedProtos, h.SupportedVersions)
	}
	h = readHello(t, play(t, ">tls hello max=1.0\n")[client])
	if h.ServerName != "" || h.SupportedProtos != nil || !slices.Equal(h.SupportedVersions, []uint16{tls.VersionTLS10}) {
		t.Errorf("got %q, %q, %x; want neither name nor protocols, and TLS 1.0", h.ServerName, h.SupportedProtos, h.SupportedVersions)
	}
}

func TestCertificate(t *testing.T) {
	const text = "<tls certificate cn=a.test san=a.test,192.0.2.7 issuer=\"Some CA\" notafter=2026-01-01\n"
	octets := play(t, text)[server]
	if octets != play(t, text)[server] {
		t.Fatal("the certificate is not the same each time")
	}
	c, err := x509.ParseCertificate([]byte(octets[5+4+3+3:]))
	if err != nil {
		t.Fatal(err)
	}
	if c.Subject.CommonName != "a.test" || c.Issuer.CommonName != "Some CA" || len(c.IPAddresses) != 1 || !c.NotAfter.Equal(day(2026, time.January, 1)) {
		t.Errorf("got %s by %s for %v until %s; want what the options say", c.Subject, c.Issuer, c.IPAddresses, c.NotAfter)
	}
}

func TestAlert(t *testing.T) {
	if got, want := play(t, "<tls alert fatal 70\n")[server], "\x15\x03\x03\x00\x02\x02\x46"; got != want {
		t.Errorf("got %x; want %x", got, want)
	}
}

func TestHTTP2Frames(t *testing.T) {
	octets := []byte(play(t, ">h2 settings 8=1\n>h2 headers 1 end :path=\"/a b\" x=y !:scheme\n>h2 data 1 0102\n>h2 goaway 3 7\n")[client])
	var got []string
	for len(octets) > 0 {
		n := int(octets[0])<<16 | int(octets[1])<<8 | int(octets[2])
		head, payload := octets[3:9], octets[9:9+n]
		octets = octets[9+n:]
		got = append(got, fmt.Sprintf("%x", head))
		if head[0] != h2Headers {
			got = append(got, fmt.Sprintf("%x", payload))
			continue
		}
		fields, err := hpack.NewDecoder(4096, nil).DecodeFull(payload)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fields {
			got = append(got, f.Name+"="+f.Value)
		}
	}
	want := []string{
		"040000000000", "000800000001",
		"010500000001", ":method=CONNECT", ":protocol=websocket", ":path=/a b", ":authority=ws.example.test", "sec-websocket-version=13", "x=y",
		"000000000001", "0102",
		"070000000000", "0000000300000007",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestHTTP2Options lets the framer of x/net/http2 read what the options ask for.
func TestHTTP2Options(t *testing.T) {
	const text = ">h2 headers 1 packed priority pad=3 each=9 !:path :path=/late\n" +
		">h2 ws 1 pad=0 each=4 close 1000\n" +
		">h2 trailers 1 packed table=0 x=y\n" +
		">h2 goaway 5 2 \"too much\"\n"
	octets := play(t, text)[client]
	f := http2.NewFramer(nil, strings.NewReader(octets))
	dec := hpack.NewDecoder(4096, nil)
	var got []string
	var block []byte
	take := func(fragment []byte, ended bool) {
		if block = append(block, fragment...); !ended {
			return
		}
		fields, err := dec.DecodeFull(block)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fields {
			got = append(got, f.Name+"="+f.Value)
		}
		block = nil
	}
	for {
		frame, err := f.ReadFrame()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %d %x", frame.Header().Type, frame.Header().StreamID, frame.Header().Flags))
		switch frame := frame.(type) {
		case *http2.HeadersFrame:
			take(frame.HeaderBlockFragment(), frame.HeadersEnded())
		case *http2.ContinuationFrame:
			take(frame.HeaderBlockFragment(), frame.HeadersEnded())
		case *http2.DataFrame:
			got = append(got, fmt.Sprintf("%x", frame.Data()))
		case *http2.GoAwayFrame:
			got = append(got, fmt.Sprintf("%d %s %s", frame.LastStreamID, frame.ErrCode, frame.DebugData()))
		}
	}
	want := []string{
		"HEADERS 1 28", "CONTINUATION 1 0", "CONTINUATION 1 0", "CONTINUATION 1 0", "CONTINUATION 1 0", "CONTINUATION 1 0", "CONTINUATION 1 0", "CONTINUATION 1 4",
		":method=CONNECT", ":protocol=websocket", ":scheme=http", ":authority=ws.example.test", "sec-websocket-version=13", ":path=/late",
		"DATA 1 8", "8882d631", "DATA 1 8", "9af6d5d9",
		"HEADERS 1 5", "x=y",
		"GOAWAY 0 0", "5 INTERNAL_ERROR too much",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDNSMessages(t *testing.T) {
	c := build(t, "-- a --\ndns ws.example.test A server 192.0.2.9\ndns ws.example.test AAAA nxdomain\n", Variant{})
	var m dnsmessage.Message
	if err := m.Unpack(c.Packets[1].Data[14+20+8:]); err != nil {
		t.Fatal(err)
	}
	a, ok := m.Answers[1].Body.(*dnsmessage.AResource)
	if !m.Response || m.Questions[0].Name.String() != "ws.example.test." || !ok || a.A != [4]byte{192, 0, 2, 9} {
		t.Errorf("got %s; want a response with 192.0.2.9", m.GoString())
	}
	if err := m.Unpack(c.Packets[3].Data[14+20+8:]); err != nil || m.RCode != dnsmessage.RCodeNameError {
		t.Errorf("got %s (%v); want name error", m.RCode, err)
	}
}
