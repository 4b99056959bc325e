package benchgen

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
)

// web is HTTP with keep-alive: bodies that look compressed, of a known length or
// in chunks.
func (c *conn) web(g *generator) {
	left := 1 + g.rng.IntN(12)
	c.more = func(g *generator) bool {
		if left == 0 {
			return false
		}
		left--
		c.do(false, psh, fmt.Appendf(nil, "GET /static/%x.js HTTP/1.1\r\nHost: www.example.test\r\nConnection: keep-alive\r\n"+
			"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n"+
			"Accept: */*\r\nReferer: http://www.example.test/\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: en\r\nCookie: sid=%016x\r\n\r\n",
			g.rng.Uint32(), g.rng.Uint64()))
		c.buf = g.page(c.buf[:0])
		c.do(true, psh, c.buf)
		return true
	}
}

// page appends a response.
func (g *generator) page(b []byte) []byte {
	b = fmt.Appendf(b, "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: %s\r\nContent-Type: text/javascript\r\nContent-Encoding: gzip\r\n"+
		"Cache-Control: max-age=3600\r\nETag: \"%x\"\r\nConnection: keep-alive\r\n", g.date(), g.rng.Uint64())
	n := g.size(200, 120<<10)
	if g.rng.IntN(2) == 0 {
		b = fmt.Appendf(b, "Content-Length: %d\r\n\r\n", n)
		return append(b, g.octets(n)...)
	}
	const chunk = 8 << 10
	b = append(b, "Transfer-Encoding: chunked\r\n\r\n"...)
	for n > 0 {
		k := min(n, chunk)
		b = fmt.Appendf(b, "%x\r\n", k)
		b = append(append(b, g.octets(k)...), "\r\n"...)
		n -= k
	}
	return append(b, "0\r\n\r\n"...)
}

// tls is a TLS connection with a lot of protected data, in records of up to 16 KB.
func (c *conn) tls(g *generator) {
	const largest = 16 << 10
	c.port = 443
	c.do(false, psh, append([]byte{22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3}, g.octets(194)...))
	c.do(true, psh, append([]byte{22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3}, g.octets(116)...))
	left := 4 + g.rng.IntN(24)
	c.more = func(g *generator) bool {
		if left == 0 {
			return false
		}
		left--
		c.do(false, psh, record(nil, g.octets(60+g.rng.IntN(700))))
		c.buf = c.buf[:0]
		for range 1 + g.rng.IntN(6) {
			c.buf = record(c.buf, g.octets(g.size(100, largest)))
		}
		c.do(true, psh, c.buf)
		return true
	}
}

// record appends a TLS record of application data.
func record(b, payload []byte) []byte {
	b = binary.BigEndian.AppendUint16(append(b, 23, 3, 3), uint16(len(payload)))
	return append(b, payload...)
}

// size gives a random size; small ones are as likely as large ones, by magnitude.
func (g *generator) size(from, to int) int {
	f := math.Exp(math.Log(float64(from)) + g.rng.Float64()*math.Log(float64(to)/float64(from)))
	return min(max(int(f), from), to)
}

// poolSize is the size of the random octets that payloads are cut from.
const poolSize = 1 << 20

func randomOctets(rng *rand.Rand) []byte {
	b := make([]byte, 0, poolSize)
	for len(b) < poolSize {
		b = binary.LittleEndian.AppendUint64(b, rng.Uint64())
	}
	return b
}

// octets gives n random octets, at most half the pool. They are not to be changed.
func (g *generator) octets(n int) []byte {
	at := g.rng.IntN(poolSize - n)
	return g.pool[at : at+n : at+n]
}

// compressed makes messages as permessage-deflate does (RFC 7692 section 7.2.1).
func compressed(rng *rand.Rand) [][]byte {
	const messages = 64
	out := make([][]byte, 0, messages)
	for range messages {
		var text, packed bytes.Buffer
		for range 1 + rng.IntN(400) {
			fmt.Fprintf(&text, `{"id":%d,"price":%.2f,"symbol":"EX%02d","side":"buy"},`, rng.Uint32(), rng.Float64()*1000, rng.IntN(40))
		}
		w, err := flate.NewWriter(&packed, flate.DefaultCompression)
		if err != nil {
			continue
		}
		_, _ = w.Write(text.Bytes()) // a buffer does not fail
		_ = w.Flush()
		out = append(out, bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff}))
	}
	return out
}
