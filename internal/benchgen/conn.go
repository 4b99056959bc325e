package benchgen

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/handshark/handshark/analyzer/field"
)

// TCP flags.
const (
	fin, syn, ack, psh = 0x01, 0x02, 0x10, 0x18
)

// step is one thing that a connection does; n repeats it.
type step struct {
	server  bool
	flags   byte
	payload []byte
	n       int
}

// conn is a connection with what it is still to do.
type conn struct {
	id    uint32
	port  uint16 // of the server
	seq   [2]uint32
	steps []step
}

// next writes the next packet; false = the connection is over.
func (c *conn) next(g *generator) bool {
	if len(c.steps) == 0 {
		return false
	}
	s := &c.steps[0]
	g.packet(c, s.server, s.flags, s.payload)
	if s.n--; s.n <= 0 {
		c.steps = c.steps[1:]
	}
	return true
}

// segment appends an Ethernet frame and moves the sequence numbers.
func (c *conn) segment(b []byte, server bool, flags byte, payload []byte) []byte {
	from, to := 0, 1
	if server {
		from, to = 1, 0
	}
	client := [4]byte{198, 18, byte(c.id >> 8), byte(c.id)}
	addrs := [2][4]byte{client, {198, 19, 0, byte(1 + c.id%5)}}
	ports := [2]uint16{uint16(20000 + c.id>>16*101 + c.id%40000), c.port}
	b = append(b, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(40+len(payload)))
	b = append(b, byte(c.seq[from]>>8), byte(c.seq[from]), 0x40, 0, 64, 6, 0, 0)
	b = append(append(b, addrs[from][:]...), addrs[to][:]...)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, ports[from]), ports[to])
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, c.seq[from]), c.seq[to])
	b = append(b, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
	c.seq[from] += uint32(len(payload)) + uint32(flags&fin) + uint32(flags&syn)>>1
	return append(b, payload...)
}

func (c *conn) do(server bool, flags byte, payload []byte, n int) {
	c.steps = append(c.steps, step{server, flags, payload, n})
}

// newConn makes the next connection of the mix.
func (g *generator) newConn() *conn {
	c := &conn{id: g.made, port: 80, seq: [2]uint32{g.rng.Uint32(), g.rng.Uint32()}}
	g.made++
	c.do(false, syn, nil, 1)
	c.do(true, syn|ack, nil, 1)
	c.do(false, ack, nil, 1)
	switch share := g.rng.IntN(100); {
	case g.kind == Handshakes:
		c.handshake(g, 1)
	case g.kind == Bulk:
		c.handshake(g, 1500+g.rng.IntN(1500))
	case share < 20:
		c.tls(g)
	case share < 60:
		c.web(g)
	default:
		c.handshake(g, 40+g.rng.IntN(160))
	}
	c.do(false, fin|ack, nil, 1)
	c.do(true, fin|ack, nil, 1)
	c.do(false, ack, nil, 1)
	return c
}

// handshake opens a WebSocket; about one in eleven is refused.
func (c *conn) handshake(g *generator, frames int) {
	var nonce [16]byte
	binary.BigEndian.PutUint64(nonce[:], g.rng.Uint64())
	binary.BigEndian.PutUint64(nonce[8:], g.rng.Uint64())
	key := base64.StdEncoding.EncodeToString(nonce[:])
	c.do(false, psh, fmt.Appendf(nil, "GET /chat?room=%d HTTP/1.1\r\nHost: ws.example.test\r\n"+
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36\r\n"+
		"Accept-Language: en\r\nCookie: sid=%016x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://ws.example.test\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
		c.id%50, g.rng.Uint64(), key), 1)
	c.do(true, ack, nil, 1)
	if refused := g.rng.IntN(33); refused < 3 {
		c.refuse(refused)
		return
	}
	c.do(true, psh, fmt.Appendf(nil, "HTTP/1.1 101 Switching Protocols\r\nServer: nginx/1.22.1\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\n"+
		"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n", field.Accept(key)), 1)
	c.do(false, psh, []byte{0x81, 0x85, 1, 2, 3, 4, 'h' ^ 1, 'e' ^ 2, 'l' ^ 3, 'l' ^ 4, 'o' ^ 1}, 1)
	for range max(1, frames/50) {
		c.do(true, psh, frameOf(g), max(1, min(50, frames)))
		c.do(false, ack, nil, 1)
	}
	c.do(false, psh, []byte{0x88, 0x82, 1, 2, 3, 4, 0x03 ^ 1, 0xe8 ^ 2}, 1)
	c.do(true, psh, []byte{0x88, 0x02, 0x03, 0xe8}, 1)
}

func (c *conn) refuse(how int) {
	const head = "Server: nginx/1.22.1\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n"
	answers := [...]string{
		"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n" + head + "\r\nunauthorized\n",
		"HTTP/1.1 502 Bad Gateway\r\n" + head + "\r\nbad gateway!\n",
		"HTTP/1.1 404 Not Found\r\n" + head + "\r\nnot found!!!\n",
	}
	c.do(true, psh, []byte(answers[how]), 1)
}

// frameOf makes a binary frame that fills a segment.
func frameOf(g *generator) []byte {
	if g.kind == Handshakes {
		return []byte{0x81, 0x05, 'h', 'e', 'l', 'l', 'o'}
	}
	const payload = 1396
	b := append(make([]byte, 0, payload+4), 0x82, 126, payload>>8, payload&0xff)
	for range payload / 4 {
		b = binary.BigEndian.AppendUint32(b, g.rng.Uint32())
	}
	return b
}

// web is HTTP with keep-alive: requests with bodies of some kilobytes.
func (c *conn) web(g *generator) {
	for range 1 + g.rng.IntN(8) {
		n := 1 + g.rng.IntN(40)
		c.do(false, psh, []byte("GET /static/app.js HTTP/1.1\r\nHost: www.example.test\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"), 1)
		c.do(true, psh, fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: %d\r\n\r\n", n*1400), 1)
		c.do(true, ack, bytesOf(g, 1400), n)
		c.do(false, ack, nil, 1)
	}
}

// tls is a TLS connection with a lot of protected data.
func (c *conn) tls(g *generator) {
	c.port = 443
	hello := append([]byte{22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3}, bytesOf(g, 194)...)
	c.do(false, psh, hello, 1)
	c.do(true, psh, append([]byte{22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3}, bytesOf(g, 116)...), 1)
	record := append([]byte{23, 3, 3, 1400 >> 8, 1400 & 0xff}, bytesOf(g, 1400)...)
	c.do(false, psh, record[:405], 1)
	for range 4 + g.rng.IntN(12) {
		c.do(true, ack, record, 40)
		c.do(false, ack, nil, 2)
	}
}

func bytesOf(g *generator, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.rng.Uint32())
	}
	return b
}
