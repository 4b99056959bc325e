package diagnosis_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/handshark/handshark/capture"
)

// talk writes packets of TCP connections made up on the spot, so that captures
// of any size cost neither disk nor memory. It is an io.Reader of a pcap file.
type talk struct {
	t    testing.TB
	buf  bytes.Buffer
	w    *capture.PcapWriter
	now  int64
	next func(i int) bool // writes more packets; false = the end
	i    int
	done bool
}

func newTalk(t testing.TB, next func(*talk, int) bool) *talk {
	k := &talk{t: t, now: 1_700_000_000e9}
	w, err := capture.NewPcapWriter(&k.buf, capture.LinkRaw, true, 0)
	if err != nil {
		t.Fatal(err)
	}
	k.w, k.next = w, func(i int) bool { return next(k, i) }
	return k
}

func (k *talk) Read(b []byte) (int, error) {
	for k.buf.Len() < len(b) && !k.done {
		k.done = !k.next(k.i)
		k.i++
	}
	n, err := k.buf.Read(b)
	if err == io.EOF && !k.done {
		err = nil
	}
	return n, err
}

// all reads everything.
func (k *talk) all() []byte {
	b, err := io.ReadAll(k)
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}

// packet writes an IPv4 packet, step nanoseconds after the one before.
func (k *talk) packet(ip []byte) {
	const step = 20_000
	k.now += step
	if err := k.w.WritePacket(k.now, len(ip), ip); err != nil {
		k.t.Fatal(err)
	}
}

// TCP flags.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

// flow is one TCP connection of a talk. Its client is 10.x.y.z by number.
type flow struct {
	k              *talk
	number         uint32
	port           uint16
	client, server uint32 // next sequence numbers
}

func (k *talk) flow(number int) *flow {
	return &flow{k: k, number: uint32(number), port: 80, client: 1000, server: 5000}
}

// segment writes one packet of a side.
func (f *flow) segment(fromClient bool, flags byte, seq, acked uint32, data []byte) {
	client := binary.BigEndian.AppendUint32(nil, 10<<24|f.number>>14)
	cport, server := 40000+uint16(f.number&0x3fff), octets("c0000202")
	src, dst, sport, dport := client, server, cport, f.port
	if !fromClient {
		src, dst, sport, dport = dst, src, dport, sport
	}
	head := join(octets("45 00"), u16(40+len(data)), octets("0001 4000 40 06 0000"), src, dst)
	tcp := join(u16(int(sport)), u16(int(dport)), binary.BigEndian.AppendUint32(nil, seq),
		binary.BigEndian.AppendUint32(nil, acked), []byte{0x50, flags}, octets("7fff 0000 0000"))
	f.k.packet(join(head, tcp, data))
}

// open writes the three packets that open the connection.
func (f *flow) open() *flow {
	f.segment(true, syn, f.client, 0, nil)
	f.segment(false, syn|ack, f.server, f.client+1, nil)
	f.client++
	f.server++
	f.segment(true, ack, f.client, f.server, nil)
	return f
}

// largest is the most bytes of one segment that a talk sends.
const largest = 1400

// says writes bytes of a side.
func (f *flow) says(fromClient bool, text string) {
	seq, other := &f.client, f.server
	if !fromClient {
		seq, other = &f.server, f.client
	}
	for data := []byte(text); len(data) > 0; {
		n := min(len(data), largest)
		f.segment(fromClient, psh|ack, *seq, other, data[:n])
		*seq += uint32(n)
		data = data[n:]
	}
}

func (f *flow) asks(text string)    { f.says(true, text) }
func (f *flow) answers(text string) { f.says(false, text) }

// closes writes FIN from both sides.
func (f *flow) closes() {
	f.segment(true, fin|ack, f.client, f.server, nil)
	f.segment(false, fin|ack, f.server, f.client+1, nil)
	f.segment(true, ack, f.client+1, f.server+1, nil)
}

// upgrade gives a request head with further field lines.
func upgrade(target, fields string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + fields + "\r\n"
}

const (
	accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
)
