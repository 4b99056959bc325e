package benchgen

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer/field"
)

// newConn makes the next connection of the mix.
func (g *generator) newConn() *conn {
	c := &conn{id: g.made, port: 80, seq: [2]uint32{g.rng.Uint32(), g.rng.Uint32()}}
	g.made++
	c.open()
	switch share := g.rng.IntN(100); {
	case g.kind == Handshakes:
		c.handshake(g, 1+g.rng.IntN(3))
	case g.kind == Bulk:
		c.handshake(g, 600+g.rng.IntN(600))
	case share < 20:
		c.tls(g)
	case share < 60:
		c.web(g)
	default:
		c.handshake(g, 20+g.rng.IntN(80))
	}
	return c
}

// Heads as browsers and a library write them.
const (
	chromeHead = "GET /chat?room=%d HTTP/1.1\r\nHost: ws.example.test\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n" +
		"Upgrade: websocket\r\nOrigin: http://ws.example.test\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate\r\n" +
		"Accept-Language: en-GB,en-US;q=0.9,en;q=0.8\r\nCookie: _ga=GA1.2.1804289383.1767000000; sid=%016x; theme=dark\r\nDNT: 1\r\n" +
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-GPC: 1\r\n\r\n"
	firefoxHead = "GET /chat?room=%d HTTP/1.1\r\nHost: ws.example.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0\r\n" +
		"Accept: */*\r\nAccept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nSec-WebSocket-Version: 13\r\n" +
		"Origin: http://ws.example.test\r\nSec-WebSocket-Extensions: permessage-deflate\r\nCookie: sid=%016x\r\nSec-WebSocket-Key: %s\r\n" +
		"Connection: keep-alive, Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\nUpgrade: websocket\r\n\r\n"
	libraryHead = "GET /chat?room=%d HTTP/1.1\r\nHost: ws.example.test\r\nUser-Agent: Go-http-client/1.1\r\nConnection: Upgrade\r\n" +
		"Authorization: Bearer %016x\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n\r\n"
)

// pickHead picks a head; offers says whether it offers permessage-deflate.
func (g *generator) pickHead() (head string, offers bool) {
	switch n := g.rng.IntN(10); {
	case n < 6:
		return chromeHead, true
	case n < 8:
		return firefoxHead, true
	}
	return libraryHead, false
}

// handshake opens a WebSocket; about one in eleven is refused.
func (c *conn) handshake(g *generator, writes int) {
	var nonce [16]byte
	binary.BigEndian.PutUint64(nonce[:], g.rng.Uint64())
	binary.BigEndian.PutUint64(nonce[8:], g.rng.Uint64())
	key := base64.StdEncoding.EncodeToString(nonce[:])
	head, deflate := g.pickHead()
	c.do(false, psh, fmt.Appendf(nil, head, c.id%50, g.rng.Uint64(), key))
	c.do(true, ack, nil)
	if refused := g.rng.IntN(33); refused < 3 {
		c.refuse(g, refused)
		return
	}
	accepts := ""
	if deflate = deflate && g.rng.IntN(2) == 0; deflate {
		accepts = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
	}
	c.do(true, psh, fmt.Appendf(nil, "HTTP/1.1 101 Switching Protocols\r\nServer: nginx/1.22.1\r\nDate: %s\r\n"+
		"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n%s\r\n", g.date(), field.Accept(key), accepts))
	s := session{conn: c, left: writes, deflate: deflate}
	c.more = s.more
}

func (g *generator) date() string {
	return time.Unix(0, g.now).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
}

func (c *conn) refuse(g *generator, how int) {
	answers := [...]struct{ status, fields, body string }{
		{"401 Unauthorized", "WWW-Authenticate: Bearer\r\n", "unauthorized\n"},
		{"502 Bad Gateway", "", "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n" +
			"<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"},
		{"404 Not Found", "", "not found!!!\n"},
	}
	a := answers[how]
	c.do(true, psh, fmt.Appendf(nil, "HTTP/1.1 %s\r\nServer: nginx/1.22.1\r\nDate: %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n%s\r\n%s",
		a.status, g.date(), len(a.body), a.fields, a.body))
}

// session is what follows a 101: frames of the server and now and then of the
// client, and the closing handshake.
type session struct {
	conn    *conn
	left    int // writes
	deflate bool
	closed  bool
}

func (s *session) more(g *generator) bool {
	c := s.conn
	if s.left <= 0 {
		if s.closed {
			return false
		}
		s.closed = true
		c.do(false, psh, []byte{0x88, 0x82, 1, 2, 3, 4, 0x03 ^ 1, 0xe8 ^ 2})
		c.do(true, psh, []byte{0x88, 0x02, 0x03, 0xe8})
		return true
	}
	s.left--
	client := g.rng.IntN(8) == 0 || s.left == 0
	c.buf = s.write(g, c.buf[:0], client)
	c.do(!client, psh, c.buf)
	return true
}

// write appends what a side writes at once: one or several messages.
func (s *session) write(g *generator, b []byte, client bool) []byte {
	for range 1 + g.rng.IntN(3) {
		switch {
		case g.kind == Handshakes || client:
			b = frameOf(g, b, 0x81, client, []byte(smallText[:10+g.rng.IntN(60)]))
		case s.deflate && g.rng.IntN(2) == 0:
			b = frameOf(g, b, 0xc1, client, g.text[g.rng.IntN(len(g.text))])
		default:
			b = g.message(b, client)
		}
	}
	return b
}

const smallText = `{"type":"message","room":"general","user":"alice","text":"see you there at noon"}`

// message appends a binary message of up to 64 KB; large ones come in fragments.
func (g *generator) message(b []byte, client bool) []byte {
	const most, fragment = 64 << 10, 16 << 10
	n := g.size(60, most)
	first := byte(2)
	for {
		k := min(n, fragment)
		n -= k
		if n == 0 {
			return frameOf(g, b, 0x80|first, client, g.octets(k))
		}
		b = frameOf(g, b, first, client, g.octets(k))
		first = 0
	}
}

// frameOf appends a frame.
func frameOf(g *generator, b []byte, first byte, client bool, payload []byte) []byte {
	mask := byte(0)
	if client {
		mask = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, first, mask|byte(n))
	case n < 1<<16:
		b = append(b, first, mask|126, byte(n>>8), byte(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, first, mask|127), uint64(n))
	}
	if !client {
		return append(b, payload...)
	}
	key := binary.BigEndian.AppendUint32(nil, g.rng.Uint32())
	b = append(b, key...)
	for i, c := range payload {
		b = append(b, c^key[i%4])
	}
	return b
}
