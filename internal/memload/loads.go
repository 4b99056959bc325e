// Package memload writes captures that try to use up the memory of whoever
// reads them: floods, connections that never end, streams of any length. Nothing
// is stored; the same arguments give the same bytes.
package memload

import (
	"io"
	"strings"

	"github.com/handshark/handshark/internal/benchgen"
)

// Load is a kind of capture.
type Load struct {
	Name string
	// Size is the full size: connections, or bytes for the ones that say so.
	Size int64
	// Bytes says that Size counts bytes of the capture.
	Bytes bool
	// Holds says that bytes of each connection are held, up to the limits of
	// whoever reads them; Sheds that so many are that connections are given up.
	Holds, Sheds bool
	// Grows says that each handshake takes its place until the end: there is no limit.
	Grows bool
	// Write writes a capture of a size. The error is that of w.
	Write func(w io.Writer, size int64) error
}

// Loads gives all of them.
func Loads() []Load {
	return []Load{
		{Name: "half-open (SYN flood)", Size: 1_000_000, Write: flood},
		{Name: "half-open, answered", Size: 1_000_000, Write: answered},
		{Name: "endless header", Size: 100_000, Holds: true, Sheds: true, Write: endless},
		{Name: "endless header in an answer", Size: 100_000, Holds: true, Sheds: true, Write: endlessAnswer},
		{Name: "a hole in each", Size: 100_000, Holds: true, Write: holes},
		{Name: "10 GB mixed traffic", Size: 10_000_000_000, Bytes: true, Write: stream(benchgen.Mixed)},
		{Name: "10 GB of frames", Size: 10_000_000_000, Bytes: true, Write: stream(benchgen.Bulk)},
		{Name: "a million handshakes", Size: 2_200_000_000, Bytes: true, Grows: true, Write: stream(benchgen.Handshakes)},
		{Name: "10 GB on one connection", Size: 10_000_000_000, Bytes: true, Write: long},
	}
}

// Open gives loads of connections in one state each, for what a connection in
// that state takes.
func Open() []Load {
	return []Load{
		{Name: "SYN", Size: 100_000, Write: flood},
		{Name: "SYN, SYN-ACK", Size: 100_000, Write: answered},
		{Name: "open, silent", Size: 100_000, Write: state("", "")},
		{Name: "half a request", Size: 100_000, Write: state(request[:len(request)/2], "")},
		{Name: "request, unanswered", Size: 100_000, Write: state(request, "")},
		{Name: "HTTP, idle", Size: 100_000, Write: state("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")},
		{Name: "WebSocket session", Size: 100_000, Write: state(request, accepted)},
		{Name: "TLS, ClientHello", Size: 100_000, Write: state(hello, "")},
		{Name: "other protocol", Size: 100_000, Write: state("\x00\x01\x02\x03 hello there", "\x00\x01\x02\x03 hello back")},
	}
}

const (
	request = "GET /chat HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Origin: https://example.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	begun = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
	hello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" // what follows does not come
)

// field is a segment full of one header line.
var field = "X-Endless: " + strings.Repeat("a", 1300) + "\r\n"

func flood(w io.Writer, size int64) error {
	c := newCapture(w)
	for i := range size {
		c.conn(i).syn()
	}
	return c.close()
}

func answered(w io.Writer, size int64) error {
	c := newCapture(w)
	for i := range size {
		f := c.conn(i)
		f.syn()
		f.synAck()
	}
	return c.close()
}

// parts is how many parts of each endless connection are written: the analyzer
// keeps at most 64 KiB of a head, so that more would change nothing.
const parts = 60

func endless(w io.Writer, size int64) error {
	return interleaved(w, size, func(f *conn) {
		f.open()
		f.says(client, begun)
	}, func(f *conn) { f.says(client, field) })
}

func endlessAnswer(w io.Writer, size int64) error {
	return interleaved(w, size, func(f *conn) {
		f.open()
		f.says(client, request)
		f.says(server, "HTTP/1.1 403 Forbidden\r\n")
	}, func(f *conn) { f.says(server, field) })
}

// holes opens connections whose first octet is missing.
func holes(w io.Writer, size int64) error {
	return interleaved(w, size, func(f *conn) {
		f.open()
		f.seq[client]++
	}, func(f *conn) { f.says(client, field) })
}

// interleaved begins size connections and then goes round them.
func interleaved(w io.Writer, size int64, begin, part func(*conn)) error {
	c := newCapture(w)
	conns := make([]conn, size)
	for i := range conns {
		conns[i] = *c.conn(int64(i))
		begin(&conns[i])
	}
	for range parts {
		for i := range conns {
			part(&conns[i])
		}
		if c.err != nil {
			break
		}
	}
	return c.close()
}

// state opens connections on which both sides say something, or nothing.
func state(asked, answer string) func(io.Writer, int64) error {
	return func(w io.Writer, size int64) error {
		c := newCapture(w)
		for i := range size {
			f := c.conn(i)
			f.open()
			f.says(client, asked)
			f.says(server, answer)
		}
		return c.close()
	}
}

func stream(kind benchgen.Kind) func(io.Writer, int64) error {
	return func(w io.Writer, size int64) error {
		return benchgen.Write(w, benchgen.Options{Kind: kind, Bytes: size, Seed: 1})
	}
}

// long writes one session whose server never stops.
func long(w io.Writer, size int64) error {
	c := newCapture(w)
	f := c.conn(0)
	f.open()
	f.says(client, request)
	f.says(server, accepted)
	frame := "\x82\x7e\x05\x00" + strings.Repeat("a", 0x500)
	for c.written < size && c.err == nil {
		f.says(server, frame)
	}
	return c.close()
}
