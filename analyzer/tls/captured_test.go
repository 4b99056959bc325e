package tls

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"
)

// captured reads a small pcapng file of one connection over IPv4 without losses: its
// segments and its decryption secrets block.
func captured(t *testing.T, path string) *session {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{}
	for b := file; len(b) >= 12; b = b[binary.LittleEndian.Uint32(b[4:]):] {
		switch body := b[8:]; binary.LittleEndian.Uint32(b) {
		case 0x0A:
			s.log = append(s.log, body[8:][:binary.LittleEndian.Uint32(body[4:])]...)
		case 0x06:
			s.segment(body[20:][:binary.LittleEndian.Uint32(body[12:])])
		}
	}
	return s
}

// segment takes the payload of a frame with an Ethernet header; port 8443 is the
// server's.
func (s *session) segment(frame []byte) {
	ip := frame[14:]
	tcp := ip[int(ip[0]&15)*4 : binary.BigEndian.Uint16(ip[2:])]
	from := Client
	if binary.BigEndian.Uint16(tcp) == 8443 {
		from = Server
	}
	if data := tcp[int(tcp[12]>>4)*4:]; len(data) > 0 {
		s.pieces = append(s.pieces, part{from: from, data: data})
	}
}

// TestDecryptCaptured reads the recordings that bring their keys. What is expected is
// what tshark -z follow,tls shows.
func TestDecryptCaptured(t *testing.T) {
	for name, want := range map[string]struct{ request, answer, client, server string }{
		"wss-tls12-with-keys": {
			request: "GET /chat HTTP/1.1\r\n", client: "Sec-WebSocket-Key: OQUcQSAM/MtlKvddndIXPw==\r\n",
			answer: "HTTP/1.1 101 Switching Protocols\r\n", server: "Sec-WebSocket-Accept: XWI/O1Yww+JBQgJqlw66n4HUBCA=\r\n\r\n\x81\x13hello from the lab ",
		},
		"wss-tls13-with-keys": {
			request: "GET /chat HTTP/1.1\r\n", client: "Sec-WebSocket-Key: 7m38pm9vo5Ig7kQJ9ZyTog==\r\n",
			answer: "HTTP/1.1 101 Switching Protocols\r\n", server: "Sec-WebSocket-Accept: Kg9ETPxqF0Amt3MLz33wqxSBfDg=\r\n\r\n\x81\x13hello from the lab ",
		},
	} {
		s := captured(t, "../../testdata/pcaps/real/"+name+".pcap")
		h := hear(s.pieces, s.keys(t))
		client, server := h.text(Client), h.text(Server)
		if !strings.HasPrefix(client, want.request) || !strings.Contains(client, want.client) || !strings.HasPrefix(server, want.answer) || !strings.Contains(server, want.server) {
			t.Errorf("%s: got %q and %q", name, client, server)
		}
		if !bytes.Equal([]byte(h.said[0].Text), []byte(client[:157])) || h.state != Decrypting || h.why != "" || h.lost[0] != nil || h.lost[1] != nil {
			t.Errorf("%s: first record %+v, %d %s, lost %v", name, h.said[0], h.state, h.why, h.lost)
		}
	}
}
